"""Requests and answers of each testnet, one venue a file. Pure functions."""
