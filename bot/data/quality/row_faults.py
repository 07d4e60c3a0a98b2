"""Faulty rows of a vendor, dropped before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.core.series_kind import SeriesKind
from bot.data.quality.fault_spells import Bools
from bot.data.vendors.raw_bars import COLUMNS, LARGEST_VOLUME, PRICE_RANGE, PRICES, RawBars


@dataclass(frozen=True, slots=True)
class RowFault:
    """Faulty row: its position, its date, and the first reason found."""

    row: int
    day: date
    why: str


def find_row_faults(bars: RawBars, kind: SeriesKind) -> list[RowFault]:
    """Find the faulty rows.

    Returns
    -------
    list of RowFault
        Ascending by row, one a row. NaN is an unknown value, and a fault for a close only. Macro values may be zero or
        negative.
    """
    reasons: dict[int, str] = {}

    def add(faulty: Bools, why: str) -> None:
        for row in np.flatnonzero(faulty).tolist():
            reasons.setdefault(row, why)

    dates = bars.dates
    add(np.append(False, dates[1:] <= np.maximum.accumulate(dates)[:-1])[: len(dates)], "its date came before")
    add(np.isnan(bars.close), "it has no close")
    for name in COLUMNS:
        add(np.isinf(getattr(bars, name)), f"{name} is infinite")
    least, most = PRICE_RANGE
    if kind is SeriesKind.MACRO:
        add(np.abs(bars.close) > most, "close is out of range")
    else:
        for name in PRICES:
            prices = getattr(bars, name)
            add(prices <= 0, f"{name} is not above zero")
            add((prices < least) | (prices > most), f"{name} is out of range")
        add(bars.volume < 0, "volume is negative")
        add(bars.volume > LARGEST_VOLUME, "volume is out of range")
    if kind.is_coin:
        add(bars.high < bars.low, "high is under low")
    return [RowFault(row, dates[row].item(), reasons[row]) for row in sorted(reasons)]


def drop_faulty_rows(bars: RawBars, kind: SeriesKind) -> tuple[RawBars, list[RowFault]]:
    """Return the valid rows, and the faults of the rows that were dropped."""
    faults = find_row_faults(bars, kind)
    keep = np.ones(len(bars), bool)
    keep[[fault.row for fault in faults]] = False
    return bars.where(keep), faults
