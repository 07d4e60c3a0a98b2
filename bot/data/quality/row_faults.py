"""Rows of a vendor that cannot be believed: screened out before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.core.market import SeriesKind
from bot.data.vendors.raw_bars import COLUMNS, PRICES, RawBars


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that cannot be believed: its place, its date, and the first reason."""

    row: int
    day: date
    why: str


def row_faults(fetched: RawBars, kind: SeriesKind) -> list[RowFault]:
    """The rows that cannot be believed, ascending, each once.

    NaN is unknown and no fault, but for a close. Macro series may be zero or below.
    """
    reasons: dict[int, str] = {}

    def note(bad: np.ndarray[tuple[int], np.dtype[np.bool_]], why: str) -> None:
        for row in np.flatnonzero(bad).tolist():
            reasons.setdefault(row, why)

    dates = fetched.dates
    note(np.append(False, dates[1:] <= np.maximum.accumulate(dates)[:-1])[: len(dates)], "its date came before")
    note(np.isnan(fetched.close), "it has no close")
    for name in COLUMNS:
        note(np.isinf(getattr(fetched, name)), f"{name} is infinite")
    if kind is not SeriesKind.MACRO:
        for name in PRICES:
            note(getattr(fetched, name) <= 0, f"{name} is not above zero")
        note(fetched.volume < 0, "volume is negative")
    if kind.is_coin:
        note(fetched.high < fetched.low, "high is under low")
    return [RowFault(row, dates[row].item(), reasons[row]) for row in sorted(reasons)]


def screened(fetched: RawBars, kind: SeriesKind) -> tuple[RawBars, list[RowFault]]:
    """The rows that can be believed, and the faults of those that were left out."""
    faults = row_faults(fetched, kind)
    keep = np.ones(len(fetched), bool)
    keep[[fault.row for fault in faults]] = False
    return fetched.where(keep), faults
