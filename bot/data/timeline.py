"""Release rules: the UTC time from which a row of each kind of series may be used."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from bot.core.listing import Release
from bot.core.moments import Days, Times
from bot.core.session_calendar import Sessions
from bot.data.exchange_days import in_utc, sessions_between

_DAYS_AHEAD = 400
"""Days that the calendars reach past the last row, so that a silent series counts as late."""


@lru_cache(maxsize=16)
def us_sessions(first: date, last: date, closures: tuple[date, ...] = ()) -> Sessions:
    """Return the sessions of the New York Stock Exchange, special closures left out.

    Parameters
    ----------
    first, last
        Dates in New York; the calendar reaches 400 days past `last`.
    closures
        Closures that are newer than the calendar of the pinned package; a day that has no session changes nothing.

    Returns
    -------
    Sessions
        Dates, closes in UTC, and the half days.
    """
    whole = sessions_between(first, last + timedelta(days=_DAYS_AHEAD))
    is_open = ~np.isin(whole.dates, np.array(closures, "datetime64[D]"))
    return Sessions(whole.dates[is_open], whole.closes[is_open], whole.half_days[is_open])


def known_at(dates: Days, release: Release, sessions: Sessions) -> Times:
    """Return the time from which a row of each date may be used.

    Parameters
    ----------
    dates
        datetime64[D]; for Release.SESSION every date must be a session.
    release
        Release rule of the series.
    sessions
        US sessions with their closes in UTC.

    Returns
    -------
    array of datetime64[s]
        UTC, one entry a date.
    """
    match release:
        case Release.UTC_DAY:
            return (dates + 1).astype("datetime64[s]")
        case Release.SESSION | Release.SAME_DAY:
            return _close_on_or_after(dates, sessions)
        case Release.NEXT_SESSION:
            return _close_on_or_after(dates + 1, sessions)
        case Release.THURSDAY:
            # FRED's weekly rows are dated Wednesday and released on Thursday at 16:30 New York time; a day later
            # where Thursday is a holiday.
            thursdays = dates + 1
            is_open = np.isin(thursdays, sessions.dates)
            return _new_york(np.where(is_open, thursdays, thursdays + 1), hours=16, minutes=30)


def due(dates: Days, release: Release, sessions: Sessions) -> Times:
    """Return the times at which rows are due, from the first row to 400 days past the last one.

    Parameters
    ----------
    dates
        Dates of the rows, datetime64[D], ascending.

    Returns
    -------
    array of datetime64[s]
        UTC, ascending; empty if `dates` is empty.
    """
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
    midnights: Times = dates.astype("datetime64[s]")
    return in_utc(midnights + np.timedelta64(hours * 60 + minutes, "m"))
