"""Rows that did not come, rows that should not have come, and series that fell silent."""

from __future__ import annotations

from datetime import date

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Series, SeriesKind, Sessions
from bot.core.moments import Times, newest, utc
from bot.data.quality.thresholds import QualityRules


def missing(series: Series, sessions: Sessions, rules: QualityRules) -> list[DataFault]:
    """Each gap between two rows, known when the row after it came.

    A macro series' own holidays are not New York's: gaps of up to `macro_gap` rows are left alone.
    """
    absent = np.diff(np.searchsorted(series.due, series.known_at)) - 1
    least = rules.macro_gap if series.kind is SeriesKind.MACRO else 0
    faults = []
    for i in np.flatnonzero(absent > least):
        first, last = _between(series, sessions, series.dates[i], series.dates[i + 1])
        rows, known = int(absent[i]), utc(series.known_at[i + 1])
        told = f"{rows} row(s) did not come from {first} to {last}"
        faults.append(DataFault(series.symbol, FaultKind.MISSING, Severity.WARNED, first, last, rows, known, told))
    return faults


def _between(series: Series, sessions: Sessions, before: np.datetime64, after: np.datetime64) -> tuple[date, date]:
    """The first and the last date between two rows' on which a row was to be expected."""
    if series.kind.is_coin or series.kind is SeriesKind.MACRO:
        days = np.array([before + 1, after - 1])
    else:
        first_place = sessions.dates.searchsorted(before, side="right")
        days = sessions.dates[[first_place, sessions.dates.searchsorted(after) - 1]]
    first, last = days.tolist()
    return first, last


def without_session(series: Series) -> list[DataFault]:
    """The rows that were left out, since no session was held on their dates."""
    known = series.off_session_known_at
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
        for day, moment in zip(series.off_session.tolist(), known, strict=True)
    ]


def silence(series: Series, now: np.datetime64, rules: QualityRules) -> list[DataFault]:
    """Each time that rows fell due for `silent_days` days and none came, up to a moment; known at the end of them.

    An end is no different from a pause while it lasts, so both are told in the same words.
    """
    patience = np.timedelta64(rules.silent_days, "D").astype("timedelta64[s]")
    following: Times = np.append(series.known_at[1:], now + np.timedelta64(1, "s"))
    told_at = series.known_at + patience
    expected = newest(series.due, told_at) - newest(series.due, series.known_at)
    faults = []
    for i in np.flatnonzero((following > told_at) & (told_at <= now) & (expected > 0)):
        last: date = series.dates[i].item()
        told = f"no row for {rules.silent_days} days after {last}"
        known = utc(told_at[i])
        faults.append(
            DataFault(series.symbol, FaultKind.SILENT, Severity.WARNED, last, last, int(expected[i]), known, told)
        )
    return faults
