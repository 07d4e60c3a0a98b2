"""Errors of data vendors, by what to do next.

DataError
├── RateLimited   too many requests: pause, then repeat the command
├── Unreachable   no valid response after all tries: repeat the command later
├── WrongClock    this machine's clock is wrong: set it
├── Blocked       the vendor does not serve this country: use another vendor
└── NotListed     the vendor does not know the symbol: use another vendor, or correct the symbol table
"""

from __future__ import annotations

from bot.core.errors import DataError


class RateLimited(DataError):
    """The vendor asks for a pause that is too long to wait for."""


class Unreachable(DataError):
    """All tries ended without a valid response."""


class WrongClock(DataError):
    """This machine's clock differs so much from a vendor's that final bars cannot be determined."""


class Blocked(DataError):
    """The vendor does not serve this country (HTTP 451, or 403 with such a text)."""


class NotListed(DataError):
    """The vendor has no such symbol, or no rows of it."""
