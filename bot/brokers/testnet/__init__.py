"""Orders on an exchange's testnet through ccxt, with the guard that blocks every other host."""
