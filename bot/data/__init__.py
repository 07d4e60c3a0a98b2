"""Prices: vendors fetch, the store keeps, quality checks, the demo generates."""
