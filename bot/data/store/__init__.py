"""The SQLite store of prices, and how it is updated."""
