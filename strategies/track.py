"""A value that changes as rows of some series come to be known, and its sampling at decision times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats, Market, Series
from bot.core.moments import Times


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A value that changes with the rows of some series, and the moments at which it did."""

    known_at: Times
    values: Floats
    sources: tuple[Series, ...]

    def sampled(self, times: Times) -> Floats:
        """The newest value at each time; NaN where there is none yet."""
        i = np.searchsorted(self.known_at, times, side="right") - 1
        if not len(self.values):
            return np.full(len(times), np.nan)
        return np.where(i >= 0, self.values[np.maximum(i, 0)], np.nan)


def ratio(market: Market, numerator: str, denominator: str) -> Track | None:
    """The ratio of two closes on the dates that both have; None where either series is absent."""
    if numerator not in market or denominator not in market:
        return None
    a, b = market[numerator], market[denominator]
    _, i, j = np.intersect1d(a.dates, b.dates, assume_unique=True, return_indices=True)
    return Track(np.maximum(a.known_at[i], b.known_at[j]), a.close[i] / b.close[j], (a, b))


def closes(market: Market, symbol: str) -> Track | None:
    if symbol not in market:
        return None
    series = market[symbol]
    return Track(series.known_at, series.close, (series,))
