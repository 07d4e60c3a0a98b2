"""Forward trading on paper: ledgers by name, the tick, the daemon, its notices and its health."""
