"""The read-only dashboard: HTML pages, JSON and metrics."""
