"""SQLite files, clock, rate limit and HTTP session. It knows nothing of trading."""
