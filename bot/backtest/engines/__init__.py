"""Two engines that must agree: backtrader, and an exact engine in decimals."""
