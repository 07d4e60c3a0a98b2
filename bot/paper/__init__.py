"""Forward trading on paper: daemon, tick, trader, reconciliation, replay, notices, health."""
