"""Two runs side by side, and a ledger against its backtest."""
