"""The report of a study as one HTML page with static drawings, made from its figures alone."""
