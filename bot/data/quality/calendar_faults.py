"""Missing rows, rows on days without a session, and series that fell silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Market, Series
from bot.core.moments import Times, newest, utc
from bot.core.plural import counted
from bot.core.series_kind import SeriesKind
from bot.core.session_calendar import Sessions
from bot.data.quality.thresholds import QualityRules

_OF_SESSIONS = (SeriesKind.INDEX, SeriesKind.ETF_ADJUSTED, SeriesKind.ETF_RAW)
_LEAST_SERIES = 2
"""Series that must lack a session before it is proposed as a closure: one alone is a row that its vendor lost."""

_NAMED = 8
"""Proposed closures that a sentence names before it counts the rest."""


def proposed_closures(market: Market) -> list[date]:
    """Return the sessions on which every US series lacks its row, oldest first: New York may have been closed.

    A series counts on the sessions between its first and its last row.
    """
    dates = market.sessions.dates
    expected, present = np.zeros(len(dates), np.int64), np.zeros(len(dates), np.int64)
    for series in market.values():
        if series.kind in _OF_SESSIONS and len(series):
            expected += (dates >= series.dates[0]) & (dates <= series.dates[-1])
            present += np.isin(dates, series.dates)
    found: list[date] = dates[(expected >= _LEAST_SERIES) & (present == 0)].tolist()
    return found


def closure_proposal(days: Sequence[date]) -> str:
    """Return the sentence that proposes closures, with the setting that declares them."""
    shown = ", ".join(map(str, days[:_NAMED])) + (f" and {len(days) - _NAMED} more" if len(days) > _NAMED else "")
    declared = ", ".join(map(str, days[:_NAMED]))
    return (
        f"US series have no row of {shown}, not one of them: if New York was closed, "
        f"declare it: calendar: {{closures: [{declared}]}}"
    )


def find_missing_rows(series: Series, sessions: Sessions, rules: QualityRules) -> list[DataFault]:
    """Find each gap between two rows, known when the row after it was known."""
    absent = np.diff(np.searchsorted(series.due, series.known_at)) - 1
    # A macro series has holidays of its own, which New York's calendar lacks: short gaps are normal.
    least = rules.macro_gap if series.kind is SeriesKind.MACRO else 0
    faults = []
    for i in np.flatnonzero(absent > least):
        first, last = _dates_between(series, sessions, series.dates[i], series.dates[i + 1])
        rows, known = int(absent[i]), utc(series.known_at[i + 1])
        text = f"{counted(rows, 'row')} missing from {first} to {last}"
        faults.append(DataFault(series.symbol, FaultKind.MISSING, Severity.WARNED, first, last, rows, known, text))
    return faults


def _dates_between(
    series: Series, sessions: Sessions, before: np.datetime64, after: np.datetime64
) -> tuple[date, date]:
    """Return the first and last date between two rows on which a row was due."""
    if series.kind.is_coin or series.kind is SeriesKind.MACRO:
        days = np.array([before + 1, after - 1])
    else:
        first_place = sessions.dates.searchsorted(before, side="right")
        days = sessions.dates[[first_place, sessions.dates.searchsorted(after) - 1]]
    first, last = days.tolist()
    return first, last


def find_off_session_rows(series: Series) -> list[DataFault]:
    """Make one fault for each row that was left out because its date has no session."""
    return [
        DataFault(
            series.symbol,
            FaultKind.WITHOUT_SESSION,
            Severity.WARNED,
            day,
            day,
            1,
            utc(moment),
            f"a row on {day}, when no session was held, is ignored",
        )
        for day, moment in zip(series.off_session.tolist(), series.off_session_known_at, strict=True)
    ]


def find_silence(series: Series, now: np.datetime64, rules: QualityRules) -> list[DataFault]:
    """Find each time that due rows stayed away for `silent_days` days, up to the time `now`.

    A fault is known at the end of these days. An ended series and a pause have the same text: while it lasts, they
    look the same.
    """
    patience = np.timedelta64(rules.silent_days, "D").astype("timedelta64[s]")
    # After the last row comes the row that would arrive just after `now`.
    following: Times = np.append(series.known_at[1:], now + np.timedelta64(1, "s"))
    noticed_at = series.known_at + patience
    expected = newest(series.due, noticed_at) - newest(series.due, series.known_at)
    faults = []
    for i in np.flatnonzero((following > noticed_at) & (noticed_at <= now) & (expected > 0)):
        last: date = series.dates[i].item()
        text = f"no row for {rules.silent_days} days after {last}"
        known = utc(noticed_at[i])
        faults.append(
            DataFault(series.symbol, FaultKind.SILENT, Severity.WARNED, last, last, int(expected[i]), known, text)
        )
    return faults
