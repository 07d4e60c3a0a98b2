"""The synthetic demo market."""
