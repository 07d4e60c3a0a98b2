"""Build ready objects from a config: markets, vendors, the plan of a run, signals and checks."""
