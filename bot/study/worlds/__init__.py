"""The test of the test: planted worlds whose truth is known, the rule of the verdict run on each."""
