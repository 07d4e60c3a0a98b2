"""Infrastructure: SQLite files, clock, rate limits and HTTP sessions."""
