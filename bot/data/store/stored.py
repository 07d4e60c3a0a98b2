"""Records that the store returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bot.core.moments import Days
from bot.data.vendors.raw_bars import RawBars


class RowVersion(StrEnum):
    """Version of a bar to read: the first value that a vendor gave, or the latest."""

    FIRST_SEEN = "first seen"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Appended:
    """Counts of a write to the store.

    `new` rows are added, `revised` rows differ from an earlier value of the same vendor. `disagreeing` rows come from
    another vendor and lie over 2% from the stored close. `vintage` is the reason for a new vintage, if one was opened.
    """

    new: int = 0
    revised: int = 0
    disagreeing: int = 0
    vintage: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Stored range of a symbol: dates as ISO text, `last_seen_at` in seconds since 1970.

    `source_changes` are the first dates of each further source, with its name.
    """

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
    """Later value of a stored bar: both closes, and the names of the changed columns."""

    symbol: str
    date: str
    seen_at: int
    close: float
    close_before: float
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """Time at which a final bar was first seen; `revision` is above 0 for a later value of it.

    `known_at` is the time at which its day could be known by its calendar. Both are in seconds since 1970.
    """

    symbol: str
    date: str
    known_at: int
    seen_at: int
    revision: int


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows of a symbol, and each source with the first date of its rows."""

    rows: RawBars
    sources: tuple[tuple[str, str], ...]

    @property
    def source_changes(self) -> Days:
        """First dates of every source after the first one."""
        return np.array([day for day, _ in self.sources[1:]], "datetime64[D]")


class NeedsWholeHistory(Exception):
    """The vendor restated a fund's past: fetch its whole history and append that."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
