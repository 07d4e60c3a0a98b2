"""Prices at any moment, made from daily bars, and the candles known at that moment.

A bar has four prices and leaves their times open. Here the path of a day is fixed: the open at 00:00 UTC, the low at
08:00 and the high at 16:00 (the high first if the day closes below its open), the close at 24:00, with straight lines
between them. Volume is spread evenly over the day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from bot.core.market import Market, Series
from bot.core.moments import midnight
from bot.core.orders import Side

_ONE_DAY = timedelta(days=1)
_Point = tuple[float, float]
"""Elapsed share of the day, from 0 to 1, and a price."""


def share_of_day(moment: datetime) -> float:
    """Return the elapsed share of a moment's UTC day.

    Parameters
    ----------
    moment : datetime
        Time in UTC.

    Returns
    -------
    float
        From 0 at midnight to below 1.
    """
    return (moment - midnight(moment.date())) / _ONE_DAY


@dataclass(frozen=True, slots=True)
class DayBar:
    """One coin's day. Prices and volume are in the quote currency; an unknown volume is NaN."""

    symbol: str
    date: date
    path: tuple[_Point, ...]
    volume: float

    @property
    def open(self) -> float:
        """Price at 00:00 UTC."""
        return self.path[0][1]

    def moment(self, share: float) -> datetime:
        """Return the UTC time of an elapsed share of the day, to the millisecond."""
        return midnight(self.date) + timedelta(milliseconds=round(share * 86_400_000))

    def price(self, share: float) -> float:
        """Return the price at a moment of the day.

        Parameters
        ----------
        share : float
            Elapsed share of the day, 0 to 1.

        Returns
        -------
        float
            Price in the quote currency, on a straight line between two points of the path.
        """
        for (start, start_price), (end, end_price) in pairwise(self.path):
            if share <= end:
                return _interpolate(start, start_price, end, end_price, share)
        return self.path[-1][1]

    def extremes(self, since: float, until: float) -> tuple[float, float]:
        """Return the lowest and highest price between two moments of the day.

        Parameters
        ----------
        since, until : float
            Elapsed shares of the day, 0 to 1.
        """
        prices = [price for _, price in self._path_between(since, until)]
        return min(prices), max(prices)

    def first_touch(self, side: Side, limit: float, since: float, until: float) -> float | None:
        """Return the share of the day at which the price first meets a resting order.

        Parameters
        ----------
        side : Side
            A purchase is met at its limit or below, a sale at its limit or above.
        limit : float
            Limit price.
        since, until : float
            Shares of the day to search between.

        Returns
        -------
        float or None
            Share of the day, None for an order out of reach.
        """
        sign = 1.0 if side is Side.BUY else -1.0
        for (start, start_price), (end, end_price) in pairwise(self.path):
            first = max(start, since)
            if end < since or first > until:
                continue
            if sign * self.price(first) <= sign * limit:
                return first
            if sign * end_price <= sign * limit:
                # Computed from the whole segment, so that the result is the same however many steps a day is cut into.
                meeting = max(first, start + (end - start) * (limit - start_price) / (end_price - start_price))
                return meeting if meeting <= until else None
        return None

    def _path_between(self, since: float, until: float) -> list[_Point]:
        inner = [point for point in self.path if since < point[0] < until]
        return [(since, self.price(since)), *inner, (until, self.price(until))]


def _interpolate(start: float, start_price: float, end: float, end_price: float, share: float) -> float:
    # The end point is returned as it is: interpolation could miss it by one bit, and with it an order at that price.
    return end_price if share == end else start_price + (end_price - start_price) * (share - start) / (end - start)


@dataclass(frozen=True, slots=True)
class Candle:
    """A daily candle with volume in the quote currency. One that is still forming holds the day so far."""

    date: date
    open: float
    high: float
    low: float
    close: float
    volume: float


class PricePath:
    """Prices of some coins of a market at any moment."""

    def __init__(self, market: Market, symbols: Iterable[str]) -> None:
        self._series = {symbol: market[symbol] for symbol in symbols}
        self._days: dict[tuple[str, date], DayBar | None] = {}

    def is_listed(self, symbol: str, moment: datetime) -> bool:
        """Return True if the coin's first day has begun."""
        dates = self._series[symbol].dates
        return bool(len(dates)) and dates[0].item() <= moment.date()

    def day(self, symbol: str, day: date) -> DayBar | None:
        """Return a coin's day, or None where its row or its open is missing."""
        # Kept, since every request of a day asks for it again.
        key = symbol, day
        if key not in self._days:
            self._days[key] = _day(self._series[symbol], day)
        return self._days[key]

    def candles(
        self, symbol: str, moment: datetime, since: date | None = None, until: date | None = None, count: int = 1000
    ) -> list[Candle]:
        """Return the closed candles that were known at a moment, and the one that was forming, oldest first.

        Parameters
        ----------
        symbol : str
            Coin.
        moment : datetime
            UTC time at which the candles are read.
        since, until : date, optional
            First and last day.
        count : int
            Most candles: the first ones from `since` on; by default the newest ones.
        """
        known = self._series[symbol].until(np.datetime64(moment.replace(tzinfo=None), "s"))
        today = moment.date()
        first = 0 if since is None else int(np.searchsorted(known.dates, np.datetime64(since, "D")))
        last_closed = min(until or today, today - _ONE_DAY)
        end = int(np.searchsorted(known.dates, np.datetime64(last_closed, "D"), side="right"))
        has_today = (since or today) <= today <= (until or today)
        forming = self.forming(symbol, moment) if has_today else None
        if since is None:
            first = max(first, end - count + (forming is not None))
        closed = [_candle(known, i) for i in range(first, min(end, first + count))]
        return [*closed, forming] if forming is not None and len(closed) < count else closed

    def forming(self, symbol: str, moment: datetime) -> Candle | None:
        """Return the candle of a moment's own day so far; None on a day whose open is missing."""
        day, share = self.day(symbol, moment.date()), share_of_day(moment)
        if day is None:
            return None
        low, high = day.extremes(0.0, share)
        return Candle(day.date, day.open, high, low, day.price(share), day.volume * share)

    def last_price(self, symbol: str, moment: datetime) -> float | None:
        """Return the price at a moment; the last known close on a day whose open is missing."""
        day = self.day(symbol, moment.date())
        if day is not None:
            return day.price(share_of_day(moment))
        known = self._series[symbol].until(np.datetime64(moment.replace(tzinfo=None), "s"))
        return float(known.close[-1]) if len(known) else None


def _day(series: Series, day: date) -> DayBar | None:
    i = series.row(np.datetime64(day, "D"))
    if i is None or math.isnan(series.open[i]):
        return None
    open_ = float(series.open[i])
    # A bar may contradict itself; the path must stay inside its own low and high.
    close = _value_or(series.close[i], open_)
    low = min(_value_or(series.low[i], open_), open_, close)
    high = max(_value_or(series.high[i], open_), open_, close)
    # The turn against the day's direction comes first, which makes the shortest path through all four prices.
    first, second = (low, high) if close >= open_ else (high, low)
    path = ((0.0, open_), (1 / 3, first), (2 / 3, second), (1.0, close))
    return DayBar(series.symbol, day, path, float(series.volume[i]))


def _value_or(number: float, other: float) -> float:
    return other if math.isnan(number) else float(number)


def _candle(series: Series, i: int) -> Candle:
    close = float(series.close[i])
    open_, high, low = (_value_or(column[i], close) for column in (series.open, series.high, series.low))
    return Candle(series.dates[i].item(), open_, high, low, close, float(series.volume[i]))
