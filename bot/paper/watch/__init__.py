"""Alerts of a market alone: stage changes, near misses, stale data and study looks, each sent once."""
