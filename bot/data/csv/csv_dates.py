"""Dates of cells: ISO, Unix times in seconds, milliseconds or microseconds, and the forms that web pages write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.core.errors import DataError
from bot.data.csv.csv_table import CsvTable

Moments = npt.NDArray[np.datetime64]

_OFFSET = r"Z| ?UTC| ?GMT|([+-])(\d{2})(?::?(\d{2}))?"
_ISO = re.compile(
    rf"(\d{{4}}-\d{{2}}-\d{{2}})(?:[T ](\d{{2}}:\d{{2}}(?::\d{{2}})?)(?:\.\d+)?(?:{_OFFSET})?)?", re.ASCII
)
_TWELVE_HOURS = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2})-(AM|PM)", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+", re.ASCII)
_UNITS = {10: 1, 13: 10**3, 16: 10**6}
"""Units a second of a Unix time, by its digits: seconds, milliseconds, or the microseconds of Binance since 2025."""
_SHORTEST = np.timedelta64(20, "h")
"""Time between two daily rows; a day on which clocks change has 23 hours."""
_LONGEST = np.timedelta64(5, "D")
_DAY, _BEFORE, _AFTER = 86400, 60, 3600
"""Seconds of a day, and seconds before and after 00:00 UTC within which its rows lie.

A row at 23:59:59 has the time of its day's end. One at 23:00 is the start of a day in Berlin or London.
"""
_FEW = 0.1
"""Share of rows that may have another time: the last row of a download often has that of the download."""


class RowTimes(NamedTuple):
    """Times of the rows of a file, datetime64[s], shape (rows,): as written, and in UTC.

    A time without an offset is the same in both.
    """

    local: Moments
    utc: Moments


def parse_times(table: CsvTable, texts: Sequence[str]) -> RowTimes:
    """Parse the dates or times of a column.

    Parameters
    ----------
    texts
        Cells, one a row. The local date of a time with an offset is the session of the row.

    Returns
    -------
    RowTimes
        In the order of the file.

    Raises
    ------
    DataError
        A cell has a fault, or day and month of the file are ambiguous.
    """
    day_first = _is_day_first(table, texts)
    moments = []
    for row, text in enumerate(texts):
        try:
            moments.append(_moment(text, day_first))
        except (ValueError, OverflowError):
            if _ROUNDED.fullmatch(text):
                mend = "a spreadsheet has shortened it: take the file as it was downloaded"
                where, expected = table.place(row), "all its digits"
                raise DataError("has a rounded time", where=where, expected=expected, was=text, mend=mend) from None
            raise DataError("is not a date", where=table.place(row), was=text or "blank") from None
    local = np.array(moments, "datetime64[s]")
    return RowTimes(local, local - np.array([_offset(text) for text in texts], "timedelta64[s]"))


def _offset(text: str) -> int:
    """Return the UTC offset of a time in seconds, positive east of Greenwich; 0 if none is written."""
    found = _ISO.fullmatch(text)
    if found is None or found[3] is None:
        return 0
    seconds = int(found[4]) * 3600 + int(found[5] or 0) * 60
    return seconds if found[3] == "+" else -seconds


def _moment(text: str, day_first: bool) -> np.datetime64:
    if text.isdecimal() and len(text) in _UNITS:
        return np.datetime64(int(text) // _UNITS[len(text)], "s")
    if found := _ISO.fullmatch(text):
        return np.datetime64(f"{found[1]}T{found[2] or '00:00'}", "s")
    if found := _TWELVE_HOURS.fullmatch(text):
        hour = int(found[2]) % 12 + (12 if found[3] == "PM" else 0)
        return np.datetime64(f"{found[1]}T{hour:02d}:00", "s")
    if found := _NUMBERS.fullmatch(text):
        day, month = (found[1], found[2]) if day_first else (found[2], found[1])
        return np.datetime64(f"{found[3]}-{int(month):02d}-{int(day):02d}", "s")
    return np.datetime64(datetime.strptime(text, "%b %d, %Y"), "s")  # noqa: DTZ007 a date without a time


def _is_day_first(table: CsvTable, texts: Sequence[str]) -> bool:
    """Return True for dates such as 31/01/2024, False for 01/31/2024. Raises DataError if the rows fit both."""
    found = [match for text in texts if (match := _NUMBERS.fullmatch(text))]
    firsts, seconds = {int(match[1]) for match in found}, {int(match[2]) for match in found}
    if not found:
        return False
    if max(firsts) > 12 and max(seconds) > 12:
        raise DataError("has dates with the day first and others with the month first", where=str(table.path))
    if max(firsts) <= 12 and max(seconds) <= 12:
        raise DataError(
            "has dates of which the day and the month cannot be distinguished",
            where=table.place(0),
            was=texts[0],
            mend="export a longer time, or write the dates as YYYY-MM-DD",
        )
    return max(firsts) > 12


def require_daily(table: CsvTable, moments: Moments, is_weekly_known: bool = False) -> None:
    """Raise DataError for rows of another interval than a day.

    Parameters
    ----------
    moments
        datetime64[s], shape (rows,), ascending.
    is_weekly_known
        True for a series of which longer gaps are usual.
    """
    gaps = np.diff(moments)
    if not len(gaps):
        return
    usual = np.median(gaps.astype(np.int64))
    for is_wrong, unit, name in (
        (usual < _SHORTEST.astype("timedelta64[s]").astype(int), 3600, "hours"),
        (
            usual > _LONGEST.astype("timedelta64[s]").astype(int) and not is_weekly_known,
            86400,
            "days",
        ),
    ):
        if is_wrong and usual > 0:
            was = f"rows {usual / unit:g} {name} apart"
            raise DataError("is not daily", where=str(table.path), expected="one row a day", was=was)


def require_utc_days(table: CsvTable, moments: Moments) -> None:
    """Require that the days of a coin start or end at about 00:00 UTC.

    Parameters
    ----------
    moments
        UTC times of the rows, datetime64[s], shape (rows,).

    Raises
    ------
    DataError
        If more than a tenth of the rows are over a minute before or an hour after 00:00 UTC.
    """
    # A day of another zone ends hours after the UTC day of its date: a decision would use a close of the future.
    seconds = (moments - moments.astype("datetime64[D]")).astype(np.int64)
    beside = (seconds + _DAY // 2) % _DAY - _DAY // 2
    early = int(np.quantile(beside, _FEW, method="higher"))
    late = int(np.quantile(beside, 1 - _FEW, method="lower"))
    if early < -_BEFORE or late > _AFTER:
        usual = (early if early < -_BEFORE else late) % _DAY
        raise DataError(
            "has days of another time zone",
            where=str(table.path),
            expected="days from 00:00 to 24:00 UTC",
            was=f"rows at {usual // 3600:02d}:{usual % 3600 // 60:02d} UTC",
            mend="export days that start at 00:00 UTC",
        )
