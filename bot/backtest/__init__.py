"""Run a strategy over history and write the run folder."""
