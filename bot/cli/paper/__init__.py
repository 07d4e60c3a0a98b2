"""The commands of `bot paper`."""
