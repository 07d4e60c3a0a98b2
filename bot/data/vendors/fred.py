"""Macro series from the St. Louis Fed, as the CSV files behind its charts: no key, no account."""

from __future__ import annotations

import re
from datetime import date
from http import HTTPStatus

import numpy as np

from bot.core.errors import DataError
from bot.data.vendors.raw_bars import RawBars
from bot.infra.public_http import PublicSession
from bot.infra.vendor_errors import NotListed, Unreachable

FRED_HOST = "fred.stlouisfed.org"
_ADDRESS = f"https://{FRED_HOST}/graph/fredgraph.csv"
_MISSING = {".", ""}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SHOWN = 60


class Fred:
    """Asks FRED for one series at a time."""

    def __init__(self, session: PublicSession) -> None:
        self._session = session

    def rows(self, symbol: str, series_id: str, since: date | None) -> RawBars:
        """The values of a series from a date on, or all of them; days that FRED marks as missing are no rows.

        Raises NotListed where the series is unknown or has no value in that time, Unreachable where the answer is
        no table, DataError where the table is broken.
        """
        if not re.fullmatch(r"[A-Za-z0-9_]+", series_id):
            raise NotListed("is no id of a series", where=f"FRED {series_id!r}", expected="letters and digits")
        where = f"FRED {series_id}"
        asked = {"id": series_id} | ({"cosd": since.isoformat()} if since else {})
        answer = self._session.get(_ADDRESS, params=asked)
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
            raise NotListed("has no such series", where=where, was=f"HTTP {answer.status_code}")
        if answer.status_code != HTTPStatus.OK:
            raise Unreachable("gave no table", where=where, was=f"HTTP {answer.status_code}")
        try:
            lines = answer.content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise Unreachable("gave no table", where=where, was="bytes that are no text") from None
        return _fetched(symbol, series_id, where, lines)


def _fetched(symbol: str, series_id: str, where: str, lines: list[str]) -> RawBars:
    expected = f"observation_date,{series_id}"
    header = lines[0].strip() if lines else ""
    if header.lower() != expected.lower():
        raise Unreachable("gave no table", where=where, expected=expected, was=header[:_SHOWN] or "nothing")
    days: list[str] = []
    values: list[float] = []
    for number, line in enumerate(lines[1:], start=2):
        day, value = _cells(line, f"{where} line {number}")
        if days and day <= days[-1]:
            raise DataError("dates must ascend, one row each", where=f"{where} line {number}", was=day)
        if value is not None:
            days.append(day)
            values.append(value)
    if not days:
        raise NotListed("has no value in the time asked for", where=where)
    unknown = np.full(len(days), np.nan)
    return RawBars(
        symbol,
        f"fred {series_id}",
        np.array(days, "datetime64[D]"),
        unknown,
        unknown,
        unknown,
        np.array(values),
        unknown,
    )


def _cells(line: str, where: str) -> tuple[str, float | None]:
    """The date and the value of one line; None is a value that is missing."""
    fault = DataError(
        "is no row of the table", where=where, expected="YYYY-MM-DD,number", was=line[:_SHOWN] or "nothing"
    )
    day, comma, text = (part.strip() for part in line.partition(","))
    try:
        # fromisoformat alone would take 20240103 and weeks too.
        known = bool(comma and _DAY.fullmatch(day) and date.fromisoformat(day))
        value = None if text in _MISSING else float(text)
    except ValueError:
        raise fault from None
    if not known or (value is not None and not np.isfinite(value)):
        raise fault
    return day, value
