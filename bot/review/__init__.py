"""Read a ledger: story, reasons, comparison, lists, integrity. It writes nothing."""
