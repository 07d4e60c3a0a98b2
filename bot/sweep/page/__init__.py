"""The report of a sweep as one HTML page with static drawings, made from its file alone."""
