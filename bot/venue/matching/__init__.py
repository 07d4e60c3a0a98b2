"""Order matching, accounts and prices of the local exchange."""
