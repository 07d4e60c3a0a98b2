"""SQLite files, clock, rate limit and HTTP session: the parts that know no trading."""
