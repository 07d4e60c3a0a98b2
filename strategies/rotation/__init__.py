"""The small-cap rotation: readings, stages, target weights."""
