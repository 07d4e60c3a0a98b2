"""Read a ledger: story, reasons, comparison, lists, integrity. Read-only."""
