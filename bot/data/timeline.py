"""When each row becomes known: the release rules of every kind of series, in UTC."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from bot.core.market import Release, Sessions
from bot.core.moments import Days, Times

_NEW_YORK = "America/New_York"
_DAYS_AHEAD = 400
"""How far past the last row the calendars reach, so that a series that falls silent is seen to be late."""


@lru_cache(maxsize=16)
def us_sessions(first: date, last: date) -> Sessions:
    """The New York Stock Exchange's sessions from `first` to beyond `last`, special closures included."""
    import exchange_calendars

    calendar = exchange_calendars.get_calendar(
        "XNYS", start=pd.Timestamp(first), end=pd.Timestamp(last) + pd.Timedelta(days=_DAYS_AHEAD)
    )
    dates = calendar.sessions.to_numpy().astype("datetime64[D]")
    closes = calendar.closes.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    return Sessions(dates, closes, np.isin(dates, calendar.early_closes.to_numpy().astype("datetime64[D]")))


def known_at(dates: Days, release: Release, sessions: Sessions) -> Times:
    """The moment from which a row of each date may be used; for SESSION, every date must be a session."""
    match release:
        case Release.UTC_DAY:
            return (dates + 1).astype("datetime64[s]")
        case Release.SESSION | Release.SAME_DAY:
            return _close_on_or_after(dates, sessions)
        case Release.NEXT_SESSION:
            return _close_on_or_after(dates + 1, sessions)
        case Release.THURSDAY:
            thursdays = dates + 1
            is_open = np.isin(thursdays, sessions.dates)
            return _new_york(np.where(is_open, thursdays, thursdays + 1), hours=16, minutes=30)


def due(dates: Days, release: Release, sessions: Sessions) -> Times:
    """Every moment from the first row on at which a row is to be expected, beyond the last one too."""
    if not len(dates):
        return np.array([], "datetime64[s]")
    expected: Days
    match release:
        case Release.SESSION | Release.SAME_DAY | Release.NEXT_SESSION:
            expected = sessions.dates[sessions.dates >= dates[0]][:-1]
        case Release.UTC_DAY:
            expected = np.arange(dates[0], dates[-1] + _DAYS_AHEAD)
        case Release.THURSDAY:
            expected = np.arange(dates[0], dates[-1] + _DAYS_AHEAD, 7)
    return known_at(expected, release, sessions)


def _close_on_or_after(dates: Days, sessions: Sessions) -> Times:
    i = np.searchsorted(sessions.dates, dates)
    return sessions.closes[np.minimum(i, len(sessions.closes) - 1)]


def _new_york(dates: Days, hours: int, minutes: int) -> Times:
    local = pd.DatetimeIndex(dates.astype("datetime64[s]")) + pd.Timedelta(hours=hours, minutes=minutes)
    moments = local.tz_localize(_NEW_YORK).tz_convert("UTC").tz_localize(None)
    return moments.to_numpy().astype("datetime64[s]")
