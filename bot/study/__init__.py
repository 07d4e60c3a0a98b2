"""Test whether the thesis holds: a plan, its verdict, and the evidence for it."""
