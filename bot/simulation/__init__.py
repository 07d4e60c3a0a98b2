"""Simulate runs of the rotation over arrays, in floats and whole lots, with compiled code."""
