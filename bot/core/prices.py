"""The coins of a run on its own calendar of UTC days, as plain lists: a run asks a hundred thousand times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.core.market import Floats, Market, Series


@dataclass(frozen=True, slots=True)
class CoinDays:
    """One coin by day: the newest close up to it (NaN before the first), whether the day has a row of its own, the
    open of that row (NaN without), and the newest median volume.
    """

    close: list[float]
    fresh: list[bool]
    open: list[float]
    median_volume: list[float]


class Prices:
    """The days from the one before `first` to `last`; coins are laid out when they are first asked for.

    `median_volume` gives a value for each row of a coin's series.
    """

    def __init__(self, market: Market, median_volume: Callable[[Series], Floats], first: date, last: date) -> None:
        self._market, self._median_volume = market, median_volume
        self._before = first.toordinal() - 1
        self._days = np.arange(np.datetime64(first, "D") - 1, np.datetime64(last, "D") + 1)
        self._coins: dict[str, CoinDays] = {}

    def index(self, day: date) -> int:
        """The place of a day in the lists of a coin."""
        return day.toordinal() - self._before

    def of(self, symbol: str) -> CoinDays:
        """A coin's days. Raises DataError for a symbol that the market does not have."""
        if symbol not in self._coins:
            self._coins[symbol] = self._laid_out(symbol)
        return self._coins[symbol]

    def _laid_out(self, symbol: str) -> CoinDays:
        series = self._market[symbol]
        newest = np.searchsorted(series.dates, self._days, side="right") - 1
        if not len(series):
            unknown = [float("nan")] * len(self._days)
            return CoinDays(unknown, [False] * len(self._days), unknown, unknown)
        row, begun = np.maximum(newest, 0), newest >= 0
        fresh = begun & (series.dates[row] == self._days)
        return CoinDays(
            np.where(begun, series.close[row], np.nan).tolist(),
            fresh.tolist(),
            np.where(fresh, series.open[row], np.nan).tolist(),
            np.where(begun, self._median_volume(series)[row], np.nan).tolist(),
        )
