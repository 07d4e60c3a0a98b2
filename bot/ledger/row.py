"""Rows of a ledger, as stored and as read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.core.events import Event

RawRow = tuple[int, str, str, str, str]
"""Sequence, kind, moment, body as JSON, and hash, as stored in the file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as stored in the ledger: `at` is ISO-8601 UTC, money in `body` is decimal text.

    `event` is the decoded event of a row that was read from a file; None for a row that was made of its parts. `body`
    is empty in a row that a process keeps for its event (see `KnownRows`).
    """

    sequence: int
    kind: str
    at: str
    body: dict[str, Any]
    event: Event | None = field(default=None, compare=False, repr=False)
