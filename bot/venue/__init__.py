"""A Binance-like exchange on this machine: `matching` decides, `http` serves."""
