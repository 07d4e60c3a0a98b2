"""Errors of the bot and their exit codes.

    BotError
    ├── ConfigError   2   a config file, an option or a strategy file is wrong
    ├── DataError     3   a series is missing, faulty, short or old; a vendor or quote is missing; a check found faults
    ├── BrokerError   4   an exchange could not be dealt with safely
    │   ├── NotPublic       only anonymous reads of known hosts: refused before sending
    │   ├── NotSandbox      only requests to a pinned testnet: refused before sending
    │   ├── OrderRejected   the venue, or a check before it, refused the order
    │   ├── OutcomeUnknown  the order has an unknown status: look it up by its client id
    │   ├── TestnetUnavailable  the testnet is out of reach or refuses requests: tick again
    │   └── KeysRefused     the venue refuses the testnet keys
    ├── LedgerError   5   a run folder or ledger cannot be written, read or trusted
    ├── StoreError    5   the market store cannot be written, read or trusted
    │   └── InUse           another process writes a store or ledger
    └── ClusterError  6   a scheduler or a worker of a sweep is absent, differs or failed

Exit code 130 is an interruption by the user; 1 is a bug, and worth a report.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from bot.core.text import printable

_LONGEST = 160
"""Characters of a value or a place that an error shows."""


def _shortened(text: str | None) -> str | None:
    """Return the beginning of a long text: a value may be a whole file, and its beginning is enough to find it."""
    return f"{text[:_LONGEST]}... ({len(text)} characters)" if text is not None and len(text) > 2 * _LONGEST else text


class BotError(Exception):
    """An error of one line: what, where, what was expected, what it was, and how to mend it."""

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        was: str | None = None,
        mend: str | None = None,
    ) -> None:
        where, was = _shortened(where), _shortened(was)
        self.what, self.where, self.expected, self.was, self.mend = what, where, expected, was, mend
        comparison = ", ".join(
            part for part in (expected and f"expected {expected}", was is not None and f"was {was}") if part
        )
        line = f"{where}: {what}" if where else what
        for part in (comparison, mend):
            line += f"; {part}" if part else ""
        # Cleaned here: errors reach terminals, logs and notices by many ways, with names and messages from outside.
        super().__init__(printable(" ".join(line.split())))

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the error as data, for `--json`."""
        return {
            "type": type(self).__name__,
            "message": str(self),
            "where": self.where,
            "expected": self.expected,
            "was": self.was,
            "mend": self.mend,
            "exit_code": self.exit_code,
        }


class ConfigError(BotError):
    """A config file, an option or a strategy file is wrong."""

    exit_code = 2


class DataError(BotError):
    """A series is missing, faulty or too short."""

    exit_code = 3


class BrokerError(BotError):
    """An order or a request to an exchange failed a safety check, or its answer did."""

    exit_code = 4


class NotPublic(BrokerError):
    """A request was refused before sending: only anonymous reads of known hosts are allowed."""


class NotSandbox(BrokerError):
    """A request was refused before sending: only requests to a pinned testnet are allowed."""


class OrderRejected(BrokerError):
    """The venue, or a check before it, refused an order; `code` is the venue's own, "" before it was sent."""

    def __init__(self, what: str, *, code: str = "", **parts: str | None) -> None:
        super().__init__(what, **parts)
        self.code = code


class OutcomeUnknown(BrokerError):
    """A request was sent and its answer is missing or invalid, so its effect is unknown."""


class TestnetUnavailable(BrokerError):
    """The testnet is out of reach, limits requests, or refuses them: the next tick continues."""

    __test__ = False  # pytest takes it for a test by its name


class KeysRefused(BrokerError):
    """The venue refuses the testnet keys, and the request with them."""


class LedgerError(BotError):
    """A run folder or ledger fails to be written or read, or is damaged."""

    exit_code = 5


class StoreError(BotError):
    """The market store fails to be written or read, or is damaged."""

    exit_code = 5


class MachineError(BotError):
    """The machine lacks room, memory, open files or processes, or the current folder."""

    exit_code = 5


class ClusterError(BotError):
    """A scheduler or a worker of a sweep is absent, differs from this machine, or failed."""

    exit_code = 6


class InUse(StoreError):
    """Another process, the `holder`, writes the store or ledger."""

    def __init__(self, holder: str, **parts: str | None) -> None:
        super().__init__(f"is in use by {holder}", **parts)
        self.holder = holder


def did_you_mean(word: str, known: Iterable[str], before: str = "", after: str = "") -> str | None:
    """Suggest the known word nearest to a misspelt one, between two texts, if one is near and differs."""
    folded = {name.casefold(): name for name in known if name != word}
    nearest = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f"did you mean {before + folded[nearest[0]] + after!r}?" if nearest else None
