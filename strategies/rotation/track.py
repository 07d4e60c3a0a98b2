"""A value on the calendar of some series, and its sampling at decision times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.core.market import Floats, Market, Series
from bot.core.moments import Times, newest


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A value for each time at which rows of some series fall due; NaN where a row is missing."""

    due: Times
    values: Floats
    sources: tuple[Series, ...]

    def sampled(self, times: Times) -> Floats:
        """Return the value of the newest due row at each time; NaN before the first."""
        return values_at(self.values, newest(self.due, times))


def values_at(values: Floats, rows: npt.NDArray[np.intp]) -> Floats:
    """Look up values by row.

    Parameters
    ----------
    values
        Values by row.
    rows
        Row numbers, shape (times,); -1 for none.

    Returns
    -------
    array of float
        Shape (times,); NaN where the row is -1.
    """
    if not len(values):
        return np.full(len(rows), np.nan)
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)


def closes(market: Market, symbol: str, column: str = "close") -> Track | None:
    """Return a series' closes, or another column, on its calendar, if the market has the series."""
    if symbol not in market:
        return None
    series = market[symbol]
    return Track(series.due, series.on_calendar(column), (series,))


def ratio(market: Market, numerator: str, denominator: str) -> Track | None:
    """Return the ratio of two series' closes on their common calendar, if the market has both."""
    a, b = closes(market, numerator), closes(market, denominator)
    if a is None or b is None:
        return None
    # Both series must be due at a time: an ETF and an index of one session are, a coin and a fund are not.
    due, i, j = np.intersect1d(a.due, b.due, assume_unique=True, return_indices=True)
    return Track(due, a.values[i] / b.values[j], (*a.sources, *b.sources))
