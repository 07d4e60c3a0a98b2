"""The errors that a user can cause or meet, and the exit code of each.

    BotError
    ├── ConfigError   2   a config file, an option or a strategy file is wrong
    ├── DataError     3   a series is missing, faulty or too short; a vendor gave none; a check found faults
    ├── BrokerError   4   an exchange could not be dealt with safely
    │   ├── NotPublic       a request was no anonymous question, and was not sent
    │   ├── NotSandbox      a request was not one for a pinned testnet, and was not sent
    │   ├── OrderRejected   the order certainly does not stand: the venue, or a check before it, refused it
    │   ├── OutcomeUnknown  the order may or may not stand: look it up by its client id
    │   └── KeysRefused     the venue does not take the testnet keys, or takes them no more
    ├── LedgerError   5   a run folder or ledger cannot be written, read or trusted
    └── StoreError    5   the market store cannot be written, read or trusted
        └── InUse           another process writes a store or ledger

130 is an interruption by the user. Exit code 1 is none of these: it is a bug, and worth a report.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BotError(Exception):
    """A fault told in one line: what, where, what was expected, what it was, and how to mend it."""

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
        self.what, self.where, self.expected, self.was, self.mend = what, where, expected, was, mend
        comparison = ", ".join(
            part for part in (expected and f"expected {expected}", was is not None and f"was {was}") if part
        )
        line = f"{where}: {what}" if where else what
        for part in (comparison, mend):
            line += f"; {part}" if part else ""
        super().__init__(" ".join(line.split()))

    def as_dict(self) -> dict[str, str | int | None]:
        """The fault as data, for `--json`."""
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
    """An exchange could not be dealt with safely."""

    exit_code = 4


class NotPublic(BrokerError):
    """A request was no anonymous question to a known host, and was refused before it was sent."""


class NotSandbox(BrokerError):
    """A request was not one that may go to a pinned testnet, or a seal was broken; nothing was sent."""


class OrderRejected(BrokerError):
    """An order certainly does not stand; `code` is the venue's own, empty where it was never asked."""

    def __init__(self, what: str, *, code: str = "", **parts: str | None) -> None:
        super().__init__(what, **parts)
        self.code = code


class OutcomeUnknown(BrokerError):
    """A request that changes something was sent and not soundly answered: it may or may not have been obeyed."""


class KeysRefused(BrokerError):
    """A venue refuses the testnet keys; a request that was refused so changed nothing."""


class LedgerError(BotError):
    """A run folder or ledger cannot be written, read or trusted."""

    exit_code = 5


class StoreError(BotError):
    """The market store cannot be written, read or trusted."""

    exit_code = 5


class InUse(StoreError):
    """Another process, the `holder`, writes a store or ledger."""

    def __init__(self, holder: str, **parts: str | None) -> None:
        super().__init__(f"is in use by {holder}", **parts)
        self.holder = holder


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest known word, in capitals or not, or None where nothing is near."""
    folded = {name.casefold(): name for name in known}
    nearest = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f"did you mean {folded[nearest[0]]!r}?" if nearest else None
