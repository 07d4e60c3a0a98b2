"""Check a strategy: look-ahead, warm-up, reproducibility and purity."""
