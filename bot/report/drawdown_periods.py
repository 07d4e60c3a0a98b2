"""Drawdowns of an equity curve as periods: from a peak over its low to the recovery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.report.metrics import drawdowns


@dataclass(frozen=True, slots=True)
class DrawdownPeriod:
    """Drawdown from a peak.

    Attributes
    ----------
    peak, low
        UTC days of the peak's close and of the lowest close.
    recovered
        First UTC day whose close is at the peak or above; None while it lasts.
    depth
        Negative share of the peak.
    days
        Days from the peak to the recovery, or to the last day.
    days_to_low
        Days from the peak to the low.
    """

    peak: date
    low: date
    recovered: date | None
    depth: float
    days: int
    days_to_low: int


def worst_drawdowns(curve: pd.Series, start: float, count: int = 10) -> list[DrawdownPeriod]:
    """Find the deepest drawdowns of an equity curve.

    Parameters
    ----------
    curve : Series, shape (days,)
        Equity at each UTC day's close.
    start : float
        Equity before the first day: a fall on the first day counts from there, with the day before as its peak.
    count : int
        Number of drawdowns at most.

    Returns
    -------
    list of DrawdownPeriod
        The deepest first.
    """
    first = pd.Timestamp(curve.index[0])
    days = [first - pd.Timedelta(days=1), *pd.DatetimeIndex(curve.index)]
    falls = drawdowns(np.concatenate(([start], curve.to_numpy(float))))
    return sorted(_periods(days, falls), key=lambda period: period.depth)[:count]


def _periods(days: list[pd.Timestamp], falls: Floats) -> Iterator[DrawdownPeriod]:
    """Return each drawdown in the order of time."""
    under = np.concatenate(([False], falls < 0, [False]))
    begins, ends = np.flatnonzero(under[1:] & ~under[:-1]), np.flatnonzero(under[:-1] & ~under[1:])
    for begin, end in zip(begins, ends, strict=True):
        low, peak = begin + int(np.argmin(falls[begin:end])), begin - 1
        lasts = end == len(falls)
        until = days[-1] if lasts else days[end]
        yield DrawdownPeriod(
            peak=days[peak].date(),
            low=days[low].date(),
            recovered=None if lasts else until.date(),
            depth=float(falls[low]),
            days=(until - days[peak]).days,
            days_to_low=(days[low] - days[peak]).days,
        )
