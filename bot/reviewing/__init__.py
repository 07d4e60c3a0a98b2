"""Review that needs a market: episodes, the odds of the past, and a backtest to hold a ledger against."""
