"""Two engines with equal results: backtrader, and an exact engine in decimals."""
