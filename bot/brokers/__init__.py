"""Fill orders: simulated at historical or live quotes, or on an exchange's testnet."""
