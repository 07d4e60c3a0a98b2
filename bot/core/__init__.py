"""Value types and pure arithmetic: market, decision, order, fill, book. I/O and clocks lie outside."""
