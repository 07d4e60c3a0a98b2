"""SQLite store of daily bars, and its update from vendors."""
