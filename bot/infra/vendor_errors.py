"""Errors of data vendors, by what to do next.

DataError
├── RateLimited   too many requests: pause, then repeat the command
├── Unreachable   all tries failed: repeat the command later
│   └── EmptyAccount   the testnet account has no asset: claim test coins
├── WrongClock    this machine's clock is wrong: set it
├── Blocked       the vendor refuses this country: use another vendor
├── Refused       the vendor refuses the request: correct it, the same request gets the same answer
├── InvalidRules  a venue's step or tick of a pair is unusable: the prices are stored, the rules stay as they were
├── WrongAnswer   the answer is about something else than was asked: correct the symbol table, or repeat later
└── NotListed     the symbol is unknown to the vendor: use another vendor, or correct the symbol table
"""

from __future__ import annotations

from bot.core.errors import DataError


class RateLimited(DataError):
    """The vendor asks for a pause that is too long to wait for."""


class Unreachable(DataError):
    """All tries failed."""


class EmptyAccount(Unreachable):
    """The testnet account has no asset to trade with."""


class WrongClock(DataError):
    """This machine's clock differs too much from a vendor's to separate final bars from open ones."""


class Blocked(DataError):
    """The vendor refuses this country (HTTP 451, or 403 with such a text)."""


class Refused(DataError):
    """The vendor states in its own format that it refuses the request. It is sent once."""


class InvalidRules(DataError):
    """The step or the tick of a pair is missing, zero or invalid."""


class WrongAnswer(DataError):
    """The answer names another symbol, interval, currency or kind than the request asked for."""


class NotListed(DataError):
    """The symbol is unknown to the vendor, or has zero rows there."""
