"""What the store tells of what it has, and of what became of a vendor's rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bot.core.moments import Days
from bot.data.vendors.raw_bars import RawBars


class RowVersion(StrEnum):
    """Which of a bar's values is read."""

    FIRST_SEEN = "first seen"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a vendor's rows.

    `new` rows were not there before, `revised` ones differ from what the same vendor said before; `vintage` is why a
    whole new history was opened, if it was; `disagreeing` rows of another vendor lie over 2% from what is kept.
    """

    new: int = 0
    revised: int = 0
    disagreeing: int = 0
    vintage: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the store has of a symbol; `source_changes` are the dates from which another source tells it."""

    symbol: str
    source: str
    first: str
    last: str
    rows: int
    revisions: int
    vintages: int
    last_seen_at: int
    source_changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """A bar of which a vendor later said something else: the close then and before, and which columns changed."""

    symbol: str
    date: str
    seen_at: int
    close: float
    close_before: float
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """When a final bar, or another value of it (`revision` above 0), was first seen, in seconds since 1970.

    `known_at` is when its day could be known by its calendar.
    """

    symbol: str
    date: str
    known_at: int
    seen_at: int
    revision: int


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The rows of a symbol, and each source with the date from which it tells them."""

    rows: RawBars
    sources: tuple[tuple[str, str], ...]

    @property
    def source_changes(self) -> Days:
        """The dates from which another source tells the rows than the day before."""
        return np.array([day for day, _ in self.sources[1:]], "datetime64[D]")


class NeedsWholeHistory(Exception):
    """A fund's past was restated: only its whole history makes sense of the new rows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
