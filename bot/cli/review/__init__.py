"""The commands of `bot review`."""
