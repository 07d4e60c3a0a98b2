"""The test of the test: synthetic worlds whose truth is known, the rule of the verdict run on each."""
