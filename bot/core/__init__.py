"""Pure value types and arithmetic: market, decision, order, fill, book."""
