"""Vendors on this machine: servers on the loopback that speak as Yahoo, FRED and a Binance-like exchange do.

Each is a context manager with a `url`, a list `asked` of what it was asked, a mutable book of what it answers, and
`faults`, by the beginning of a path: each is answered once, in order, before the book is opened again.
"""
