"""Markets for a check: later rows removed or made absurd, and a start that is removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from bot.core.market import Market, Series

ABSURD = 1000.0
"""Factor of a poisoned value; every second row is divided by it instead."""

_VALUES = ("open", "high", "low", "close", "volume")


def poisoned(market: Market, moment: datetime) -> Market:
    """Make every value absurd that is unknown at a UTC time; dates, calendars and known values stay."""
    cut = _seconds(moment)
    return replace(market, series={symbol: _poisoned(series, cut) for symbol, series in market.items()})


def _poisoned(series: Series, cut: np.datetime64) -> Series:
    known = int(np.searchsorted(series.known_at, cut, side="right"))
    # Up and down in turn: a rule that compares with the row before sees a change on each day.
    factors = np.where(np.arange(len(series) - known) % 2 == 0, ABSURD, 1 / ABSURD)
    columns = {name: getattr(series, name).copy() for name in _VALUES}
    for column in columns.values():
        column[known:] *= factors
    return replace(series, **columns)


def without_start(market: Market, start: datetime) -> Market:
    """Remove the rows that are known at a UTC time, as if the history began then."""
    cut = _seconds(start)
    return replace(market, series={symbol: _without_start(series, cut) for symbol, series in market.items()})


def _without_start(series: Series, cut: np.datetime64) -> Series:
    kept = slice(int(np.searchsorted(series.known_at, cut, side="right")), None)
    day = cut.astype("datetime64[D]")
    return replace(
        series,
        due=series.due[series.due > cut],
        off_session=series.off_session[series.off_session >= day],
        source_changes=series.source_changes[series.source_changes >= day],
        **{name: getattr(series, name)[kept] for name in ("dates", *_VALUES, "known_at")},
    )


def _seconds(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "s")
