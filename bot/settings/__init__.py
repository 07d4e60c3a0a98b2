"""Load and validate the YAML config."""
