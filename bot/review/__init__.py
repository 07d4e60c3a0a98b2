"""Review: what a ledger tells of what was done, why, and why nothing was done. It writes nothing."""
