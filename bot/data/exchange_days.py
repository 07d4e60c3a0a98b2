"""Sessions of the New York Stock Exchange, from a file of the days that differ from its rule.

The exchange calendar's library computes the same sessions in 0.4 s, and is asked for days outside the file alone.
`make sessions` writes the file again after an update of the library.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.core.moments import Days, Times
from bot.core.session_calendar import Sessions

FIRST, LAST = date(1927, 1, 3), date(2135, 12, 31)
"""Days of the file; the first is that of the longest index."""
NAME = "exchange_days.txt"
_NEW_YORK = "America/New_York"
_CLOSED = -1
_USUAL_CLOSE = 16 * 60
"""Close of a session in minutes of New York's day."""


def sessions_between(first: date, last: date) -> Sessions:
    """Return the sessions of a span of days, from the file, or from the library for days outside it."""
    if first >= FIRST and last <= LAST:
        return _from_file(first, last)
    return from_library(first, last)


def from_library(first: date, last: date) -> Sessions:
    """Compute the sessions of a span of days with the library."""
    # Imported here: they take half a second, which days of the file need not pay.
    import exchange_calendars
    import pandas as pd

    calendar = exchange_calendars.get_calendar("XNYS", start=pd.Timestamp(first), end=pd.Timestamp(last))
    dates = calendar.sessions.to_numpy().astype("datetime64[D]")
    closes = calendar.closes.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    early = np.isin(dates, calendar.early_closes.to_numpy().astype("datetime64[D]"))
    return Sessions(dates, closes, early)


def in_utc(moments: Times) -> Times:
    """Convert moments from New York time to UTC."""
    import pandas as pd

    local = pd.DatetimeIndex(moments).tz_localize(_NEW_YORK)
    return local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")


def in_new_york(moments: Times) -> Times:
    """Convert moments from UTC to New York time."""
    import pandas as pd

    local = pd.DatetimeIndex(moments).tz_localize("UTC")
    return local.tz_convert(_NEW_YORK).tz_localize(None).to_numpy().astype("datetime64[s]")


@cache
def _days_of_file() -> tuple[Days, npt.NDArray[np.int64]]:
    """Return the days of the file, and their closes in minutes of New York's day; -1 for a day without a session."""
    lines = (files("bot.data") / NAME).read_text(encoding="ascii").split("\n")[:-1]
    days = np.array([line[:10] for line in lines], "datetime64[D]")
    closes = [int(line[11:13]) * 60 + int(line[14:16]) if line[10:] else _CLOSED for line in lines]
    return days, np.array(closes)


def _from_file(first: date, last: date) -> Sessions:
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    closes = _usual_closes(days)
    odd, odd_closes = _days_of_file()
    inside = (odd >= days[0]) & (odd <= days[-1])
    closes[(odd[inside] - days[0]).astype(int)] = odd_closes[inside]
    is_open = closes != _CLOSED
    days, closes = days[is_open], closes[is_open]
    moments = days.astype("datetime64[s]") + closes * np.timedelta64(60, "s")
    return Sessions(days, in_utc(moments), closes < _USUAL_CLOSE)


def _usual_closes(days: Days) -> npt.NDArray[np.int64]:
    """Return the closes of an ordinary week in minutes of New York's day; -1 for Saturday and Sunday."""
    return np.where(np.is_busday(days), _USUAL_CLOSE, _CLOSED)


def _lines(sessions: Sessions) -> list[str]:
    """Return the lines of the file: each day whose close differs from the ordinary week's."""
    days = np.arange(np.datetime64(FIRST, "D"), np.datetime64(LAST, "D") + 1)
    closes = np.full(len(days), _CLOSED)
    local = in_new_york(sessions.closes)
    places = (sessions.dates - days[0]).astype(int)
    closes[places] = (local - sessions.dates.astype("datetime64[s]")).astype(int) // 60
    odd = closes != _usual_closes(days)
    return [
        str(day) if close == _CLOSED else f"{day} {close // 60:02}:{close % 60:02}"
        for day, close in zip(days[odd], closes[odd].tolist(), strict=True)
    ]


if __name__ == "__main__":
    text = "\n".join(_lines(from_library(FIRST, LAST))) + "\n"
    Path(__file__).with_name(NAME).write_text(text, encoding="ascii")
