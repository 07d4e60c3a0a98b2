"""Outcomes: log returns over a horizon, from the first price after each session of an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats, Market, Series
from bot.core.moments import Days
from bot.core.series_kind import SeriesKind

Price = Literal["open", "close"]


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeSeries:
    """Log returns by session of an index; NaN where the first or the last price is unknown.

    Attributes
    ----------
    name
        The series, the ratio or the basket.
    values
        Shape (N,), one entry a session of the index.
    horizon
        Sessions.
    """

    name: str
    values: Floats
    horizon: int

    @property
    def first(self) -> int:
        """The first row with a known outcome."""
        return int(np.flatnonzero(~np.isnan(self.values))[0])

    @property
    def last(self) -> int:
        """The last row with a known outcome."""
        return int(np.flatnonzero(~np.isnan(self.values))[-1])

    @property
    def known(self) -> Floats:
        """The known outcomes on consecutive sessions, shape (T,)."""
        return self.values[self.first : self.last + 1]


def outcome_of(market: Market, name: str, sessions: Days, horizon: int, price: Price) -> OutcomeSeries:
    """Compute the outcome of a series, or of a ratio "A/B", on the sessions of an index.

    The entry is the first price after a session: a coin's on the next UTC day, that of a fund or an index on the next
    session. The exit is the same price `horizon` sessions later.

    Parameters
    ----------
    market
        The market.
    name
        A symbol, or two with a slash.
    sessions
        Dates of the index, shape (N,).
    horizon
        Sessions.
    price
        "open" or "close". An index is read at its close, since its open mixes old and new prices.

    Raises
    ------
    DataError
        If a price inside is missing, fewer sessions than the horizon have one, or the series is macro data.
    """
    logs = log_prices(market, name, sessions, price)
    return outcome_from(name, logs, sessions, horizon, f"market {market.name}")


def log_prices(market: Market, name: str, sessions: Days, price: Price) -> Floats:
    """Return the log of the first price after each session, of a series or of a ratio "A/B"; NaN where it is missing.

    Parameters as in `outcome_of`.
    """
    parts = [_log_prices(market, symbol, sessions, price) for symbol in name.split("/")]
    return parts[0] - parts[1] if len(parts) == 2 else parts[0]


def outcome_from(name: str, logs: Floats, sessions: Days, horizon: int, where: str) -> OutcomeSeries:
    """Compute an outcome from the log price at which a holding begins after each session.

    Raises DataError, with `where` as its place.
    """
    known = np.flatnonzero(~np.isnan(logs))
    if len(known) <= horizon:
        raise DataError(
            f"{name} has too few prices on the sessions of the index, {sessions[0]} to {sessions[-1]}",
            where=where,
            expected=f"more than {horizon} sessions",
            was=str(len(known)),
        )
    holes = np.flatnonzero(np.isnan(logs[known[0] : known[-1] + 1])) + known[0]
    if len(holes):
        raise DataError(
            f"{name} lacks a price inside",
            where=where,
            expected="one after each session",
            was=f"none after {sessions[holes[0]]}",
            mend=f"complete {name.replace('/', ' and ')}",
        )
    values = np.full(len(sessions), np.nan)
    values[:-horizon] = logs[horizon:] - logs[:-horizon]
    return OutcomeSeries(name, values, horizon)


def _log_prices(market: Market, symbol: str, sessions: Days, price: Price) -> Floats:
    series = market[symbol]
    if series.kind is SeriesKind.MACRO:
        raise DataError(f"{symbol} is macro data without prices", where=f"market {market.name}", expected="prices")
    if series.kind.is_coin:
        return _log(_at(series, sessions + 1, price))
    by_session = _at(series, sessions, "close" if series.kind is SeriesKind.INDEX else price)
    return _log(np.append(by_session[1:], np.nan))


def _log(prices: Floats) -> Floats:
    logs: Floats = np.log(prices)
    return logs


def _at(series: Series, days: Days, price: Price) -> Floats:
    """Return the prices of a series on some dates, NaN where a row is missing."""
    found = np.full(len(days), np.nan)
    rows = np.searchsorted(series.dates, days)
    rows = np.minimum(rows, max(len(series) - 1, 0))
    there = series.dates[rows] == days if len(series) else np.zeros(len(days), bool)
    column: Floats = getattr(series, price)
    found[there] = column[rows[there]]
    return found
