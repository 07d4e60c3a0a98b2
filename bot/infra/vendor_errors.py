"""How asking a vendor can fail, told apart by what to do next.

DataError
├── RateLimited   the vendor says "too often": leave it alone, go on later with the same command
├── Unreachable   no sound answer after all tries: go on later
├── Blocked       the vendor does not serve this place: ask another
└── NotListed     the vendor does not know the symbol: ask another, or mend the symbol table
"""

from __future__ import annotations

from bot.core.errors import DataError


class RateLimited(DataError):
    """The vendor asks to be left alone for longer than it is worth waiting."""


class Unreachable(DataError):
    """The vendor gave no sound answer in the tries that it was given."""


class WrongClock(DataError):
    """This machine's clock is so far from a vendor's that no bar can be called final by it."""


class Blocked(DataError):
    """The vendor does not serve this place (HTTP 451, or 403 for a country)."""


class NotListed(DataError):
    """The vendor has no such symbol, or no row of it."""
