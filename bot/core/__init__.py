"""Value types and pure arithmetic: market, decision, order, fill, book. No I/O, no clock."""
