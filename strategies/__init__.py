"""Trading rules: the rotation, benchmarks, indicators and examples."""
