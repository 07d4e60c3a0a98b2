"""The price of every moment, made from daily bars, and what was known of them then.

A bar tells four prices and not when they were paid. Here a day always goes the same way: the open at 00:00, the low
at 08:00 and the high at 16:00 if it closes at or above its open, the high first if it closes below, the close at 24:00,
and straight lines between them. The day's volume is traded evenly over the day.
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
"""A share of the day gone by, from 0 to 1, and a price."""


def share_of_day(moment: datetime) -> float:
    """How much of its UTC day has gone by at a moment, from 0 to below 1."""
    return (moment - midnight(moment.date())) / _ONE_DAY


@dataclass(frozen=True, slots=True)
class DayBar:
    """One coin's day: prices in the quote currency; `volume` too, NaN where it is unknown."""

    symbol: str
    date: date
    path: tuple[_Point, ...]
    volume: float

    @property
    def open(self) -> float:
        """The price at 00:00."""
        return self.path[0][1]

    def moment(self, share: float) -> datetime:
        """The moment at which so much of the day has gone by, to the millisecond."""
        return midnight(self.date) + timedelta(milliseconds=round(share * 86_400_000))

    def price(self, share: float) -> float:
        """The price at a share of the day."""
        for (start, before), (end, after) in pairwise(self.path):
            if share <= end:
                return _between(start, before, end, after, share)
        return self.path[-1][1]

    def extremes(self, since: float, until: float) -> tuple[float, float]:
        """The lowest and the highest price between two shares of the day."""
        prices = [price for _, price in self._piece(since, until)]
        return min(prices), max(prices)

    def touch(self, side: Side, limit: float, since: float, until: float) -> float | None:
        """The first share of the day, of those given, at which an order of a side that rests at a limit is met.

        A buying order is met when the price is at its limit or below; None if it is not met at all.
        """
        sign = 1.0 if side is Side.BUY else -1.0
        for (start, before), (end, after) in pairwise(self.path):
            first = max(start, since)
            if end < since or first > until:
                continue
            if sign * self.price(first) <= sign * limit:
                return first
            if sign * after <= sign * limit:
                # From the whole piece of the path, so that it does not matter in how many steps a day goes by.
                meeting = max(first, start + (end - start) * (limit - before) / (after - before))
                return meeting if meeting <= until else None
        return None

    def _piece(self, since: float, until: float) -> list[_Point]:
        inner = [point for point in self.path if since < point[0] < until]
        return [(since, self.price(since)), *inner, (until, self.price(until))]


def _between(start: float, before: float, end: float, after: float, share: float) -> float:
    # Written so that the ends are met to the last bit.
    return after if share == end else before + (after - before) * (share - start) / (end - start)


@dataclass(frozen=True, slots=True)
class Candle:
    """A day as it is told: prices, and the volume in the quote currency, so far if it is still forming."""

    date: date
    open: float
    high: float
    low: float
    close: float
    volume: float


class PricePath:
    """The prices of some coins of a market, at any moment."""

    def __init__(self, market: Market, symbols: Iterable[str]) -> None:
        self._series = {symbol: market[symbol] for symbol in symbols}
        self._days: dict[tuple[str, date], DayBar | None] = {}

    def is_listed(self, symbol: str, moment: datetime) -> bool:
        """Whether the coin's first day has begun."""
        dates = self._series[symbol].dates
        return bool(len(dates)) and dates[0].item() <= moment.date()

    def day(self, symbol: str, day: date) -> DayBar | None:
        """A coin's day, None where it was not traded: no row, or no open."""
        key = symbol, day
        if key not in self._days:
            self._days[key] = _day(self._series[symbol], day)
        return self._days[key]

    def candles(
        self, symbol: str, moment: datetime, since: date | None = None, until: date | None = None, count: int = 1000
    ) -> list[Candle]:
        """The days that were known at a moment, and the one that was forming, oldest first.

        The first `count` from a day on; without that day the newest.
        """
        known = self._series[symbol].until(np.datetime64(moment.replace(tzinfo=None), "s"))
        today = moment.date()
        first = 0 if since is None else int(np.searchsorted(known.dates, np.datetime64(since, "D")))
        last_closed = min(until or today, today - _ONE_DAY)
        end = int(np.searchsorted(known.dates, np.datetime64(last_closed, "D"), side="right"))
        is_wanted = (since or today) <= today <= (until or today)
        forming = self.forming(symbol, moment) if is_wanted else None
        if since is None:
            first = max(first, end - count + (forming is not None))
        found = [_candle(known, i) for i in range(first, min(end, first + count))]
        return [*found, forming] if forming is not None and len(found) < count else found

    def forming(self, symbol: str, moment: datetime) -> Candle | None:
        """The candle of a moment's own day, as far as it had come."""
        day, share = self.day(symbol, moment.date()), share_of_day(moment)
        if day is None:
            return None
        low, high = day.extremes(0.0, share)
        return Candle(day.date, day.open, high, low, day.price(share), day.volume * share)

    def last_price(self, symbol: str, moment: datetime) -> float | None:
        """The price of a moment, or the last close that was known if the coin was not traded then."""
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
    close = _or(series.close[i], open_)
    low = min(_or(series.low[i], open_), open_, close)
    high = max(_or(series.high[i], open_), open_, close)
    first, second = (low, high) if close >= open_ else (high, low)
    path = ((0.0, open_), (1 / 3, first), (2 / 3, second), (1.0, close))
    return DayBar(series.symbol, day, path, float(series.volume[i]))


def _or(number: float, other: float) -> float:
    return other if math.isnan(number) else float(number)


def _candle(series: Series, i: int) -> Candle:
    close = float(series.close[i])
    open_, high, low = (_or(column[i], close) for column in (series.open, series.high, series.low))
    return Candle(series.dates[i].item(), open_, high, low, close, float(series.volume[i]))
