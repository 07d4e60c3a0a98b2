"""Prices of a run's coins and funds on its UTC days, as plain lists for the engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.core.market import Floats, Market, Series
from bot.core.moments import Days


# Lists, because engines read single days: a read takes 0.09 us from a list and 0.59 us as a float from an array, and
# a run of ten years makes about a hundred thousand. `Series` stays the column store; these are its values by day.
@dataclass(frozen=True, slots=True)
class CoinDays:
    """Prices of one coin or fund by UTC day, as lists.

    `close` is the newest close up to the day (NaN before the first), `fresh` is True if that close is of the day, of a
    fund if it is of the newest session up to the day. `open` and `low` are those of the day (NaN if missing),
    `median_volume` is the newest median of the value traded a day, `volatility` the newest standard deviation of daily
    log returns. `closed` is True on a fund's weekends and holidays, `quarantined` if it is in quarantine at the
    midnight that begins the day.
    """

    close: list[float]
    fresh: list[bool]
    open: list[float]
    low: list[float]
    median_volume: list[float]
    volatility: list[float]
    closed: list[bool]
    quarantined: list[bool]


class CoinColumns(NamedTuple):
    """The values of `CoinDays` as arrays of shape (days,)."""

    close: Floats
    fresh: npt.NDArray[np.bool_]
    open: Floats
    low: Floats
    median_volume: Floats
    volatility: Floats
    closed: npt.NDArray[np.bool_]
    quarantined: npt.NDArray[np.bool_]


ByRow = Callable[[Series], Floats]
"""Computes a value for each row of a series."""


class Prices:
    """Prices of coins from the day before `first` to `last`; a coin is prepared at its first use.

    `median_volume` and `volatility` compute a value for each row of a coin's series. Rows from a quarantine on count as
    missing.
    """

    def __init__(self, market: Market, median_volume: ByRow, volatility: ByRow, first: date, last: date) -> None:
        self._market, self._median_volume, self._volatility = market, median_volume, volatility
        self._before = first.toordinal() - 1
        self._days = np.arange(np.datetime64(first, "D") - 1, np.datetime64(last, "D") + 1)
        self._coins: dict[str, CoinDays] = {}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Coins and funds whose days were read."""
        return tuple(self._coins)

    def index(self, day: date) -> int:
        """Return the index of a day in the lists of a coin."""
        return day.toordinal() - self._before

    def of(self, symbol: str) -> CoinDays:
        """Return the days of a coin. Raises DataError for a symbol that the market lacks."""
        if symbol not in self._coins:
            self._coins[symbol] = CoinDays(*(column.tolist() for column in self.columns(symbol)))
        return self._coins[symbol]

    def _opens(
        self, symbol: str, series: Series, row: npt.NDArray[np.intp], is_of_day: npt.NDArray[np.bool_]
    ) -> Floats:
        """Return the opens by day, with that of the first quarantined row if it is still in the old unit."""
        opens, whole, n = np.where(is_of_day, series.open[row], np.nan), self._market[symbol], len(series)
        if n < len(whole):
            before, open_, after = series.close[-1], whole.open[n], whole.close[n]
            # Nearer to the close before than to its own close, as a ratio.
            if abs(np.log(open_ / before)) <= abs(np.log(open_ / after)):
                opens[self._days == whole.dates[n]] = open_
        return opens

    def columns(self, symbol: str) -> CoinColumns:
        """Return the days of a coin as arrays. Raises DataError for a symbol that the market lacks."""
        series = self._market.priced(symbol)
        newest = np.searchsorted(series.dates, self._days, side="right") - 1
        due = self._newest_due(series)
        closed = due != self._days
        quarantined = self._market.is_quarantined(symbol, self._days.astype("datetime64[s]"))
        if not len(series):
            unknown = np.full(len(self._days), np.nan)
            never = np.zeros(len(self._days), bool)
            return CoinColumns(unknown, never, unknown, unknown, unknown, unknown, closed, quarantined)
        row, begun = np.maximum(newest, 0), newest >= 0
        is_of_day = begun & (series.dates[row] == self._days)
        return CoinColumns(
            np.where(begun, series.close[row], np.nan),
            begun & (series.dates[row] == due),
            self._opens(symbol, series, row, is_of_day),
            np.where(is_of_day, series.low[row], np.nan),
            np.where(begun, self._median_volume(series)[row], np.nan),
            np.where(begun, self._volatility(series)[row], np.nan),
            closed,
            quarantined,
        )

    def _newest_due(self, series: Series) -> Days:
        """Return the date of the newest row that should be there by each day: the day, or a fund's last session."""
        if series.kind.is_coin:
            return self._days
        sessions = self._market.sessions.dates
        last = np.searchsorted(sessions, self._days, side="right") - 1
        return np.where(last >= 0, sessions[np.maximum(last, 0)], np.datetime64("NaT"))
