"""Trading rules: the rotation, benchmarks and indicators; `examples/` has files as users write them, loaded by path."""
