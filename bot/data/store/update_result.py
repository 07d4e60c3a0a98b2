"""Result of an update, and the settings that it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.core.errors import DataError
from bot.core.listing import Release


class UpdateStatus(StrEnum):
    """Result of a symbol's update."""

    NEW = "new rows"
    NOTHING_NEW = "nothing new"
    UP_TO_DATE = "up to date"
    NOT_LISTED = "not listed"
    GONE = "no longer listed"
    FAILED = "failed"
    LATER = "left for later"


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """Update of one symbol: rows added and revised, last stored date, notes for the user, and the error if any."""

    symbol: str
    vendor: str
    status: UpdateStatus
    new: int = 0
    revised: int = 0
    last: str | None = None
    notes: tuple[str, ...] = ()
    problem: DataError | None = None


@dataclass(frozen=True, slots=True)
class UpdatePolicy:
    """Settings of an update.

    `settle` is the time after its release until a row is final, `overlap` the time before the last row that is fetched
    again, `clock_tolerance` the greatest difference from vendors' clocks in seconds.
    """

    settle: Mapping[Release, timedelta]
    overlap: timedelta
    clock_tolerance: float
