"""The story of a run in sentences."""
