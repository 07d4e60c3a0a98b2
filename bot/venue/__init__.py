"""A Binance-like exchange on this machine."""
