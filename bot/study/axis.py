"""The axis of a study: the sessions of an index, which have a row each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats, Market
from bot.core.moments import Days
from bot.core.series_kind import SeriesKind


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Closes of a series on consecutive sessions.

    Attributes
    ----------
    symbol
        The series.
    sessions
        Dates, datetime64[D], shape (N,).
    closes
        Shape (N,).
    """

    symbol: str
    sessions: Days
    closes: Floats


def index_of(market: Market, symbol: str) -> Index:
    """Return a US series as an index.

    Parameters
    ----------
    market
        The market.
    symbol
        Series of the index.

    Raises
    ------
    DataError
        If a session of the calendar lacks its row: all later counts would be a session off. Or for macro data, whose
        dates are those of the observation: it was released later.
    """
    series = market[symbol]
    if series.kind is SeriesKind.MACRO:
        raise DataError(
            f"{symbol} is macro data, released after its date", where=f"market {market.name}", expected="prices"
        )
    if not len(series):
        raise DataError(f"{symbol} has no rows", where=f"market {market.name}")
    calendar = market.sessions.dates
    inside = calendar[(calendar >= series.dates[0]) & (calendar <= series.dates[-1])]
    is_there = np.isin(inside, series.dates[~np.isnan(series.close)])
    if not is_there.all():
        missing = inside[~is_there]
        raise DataError(
            f"{symbol} lacks {len(missing)} of {len(inside)} sessions",
            where=f"market {market.name}",
            expected="a close on each session",
            was=f"none on {', '.join(str(day) for day in missing[:3])}",
            mend="complete the series, or name a closure in `calendar.closures`",
        )
    return Index(symbol, series.dates, series.close)


def sampled(market: Market, symbol: str, index: Index) -> Index:
    """Return a series on the sessions of an index: a coin as `sampled_coin`, others at their own close.

    Raises DataError for a hole inside.
    """
    if market[symbol].kind.is_coin:
        return sampled_coin(market, symbol, index)
    other = index_of(market, symbol)
    common = np.isin(other.sessions, index.sessions)
    return Index(symbol, other.sessions[common], other.closes[common])


def sampled_coin(market: Market, symbol: str, index: Index) -> Index:
    """Return a coin's closes on the sessions of an index, each as it was known at the close of the session.

    The UTC day of a session ends after its close, so that the day before is the newest that is known.

    Parameters
    ----------
    market
        The market.
    symbol
        A coin.
    index
        Gives the sessions; those before the coin's first row and after its last are left out.

    Raises
    ------
    DataError
        If a day inside lacks its row.
    """
    coin = market[symbol]
    days = index.sessions - 1
    rows = np.searchsorted(coin.dates, days)
    inside = (days >= coin.dates[0]) & (days <= coin.dates[-1])
    days, rows = days[inside], rows[inside]
    holes = days[coin.dates[rows] != days]
    if len(holes):
        raise DataError(
            f"{symbol} lacks a row", where=f"market {market.name}", expected="a close a day", was=f"none on {holes[0]}"
        )
    return Index(symbol, index.sessions[inside], coin.close[rows])
