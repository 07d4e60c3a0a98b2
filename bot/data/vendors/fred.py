"""Macro series from FRED (St. Louis Fed), from the public CSV files behind its charts."""

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
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""float() alone accepts 1_5 and digits of other scripts too."""
_SHOWN = 60
_FRED_PAGE = re.compile(rb"St\. Louis Fed|\bFRED\b|series does not exist", re.IGNORECASE)
"""FRED answers an unknown id with a page of its own."""


class Fred:
    """Client of FRED, one series a request."""

    def __init__(self, session: PublicSession) -> None:
        self._session = session

    def rows(self, symbol: str, series_id: str, since: date | None) -> RawBars:
        """Fetch the values of a series.

        Parameters
        ----------
        series_id
            FRED's name of the series.
        since
            First date, if only a part of the history is wanted.

        Returns
        -------
        RawBars
            Closes in FRED's unit; the other columns are NaN. Days that FRED marks as missing are dropped.

        Raises
        ------
        NotListed
            The series is unknown, or empty in that time.
        Unreachable
            The answer is another page than the table.
        DataError
            The table has a faulty line.
        """
        if not re.fullmatch(r"[A-Za-z0-9_]+", series_id):
            raise NotListed("is no id of a series", where=f"FRED {series_id!r}", expected="letters and digits")
        where = f"FRED {series_id}"
        params = {"id": series_id} | ({"cosd": since.isoformat()} if since else {})
        answer = self._session.get(_ADDRESS, params=params)
        _require_table(answer.status_code, answer.content, where)
        try:
            text = answer.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Unreachable("gave no table", where=where, was="bytes that are no text") from None
        return _parse_table(symbol, series_id, where, text.rstrip("\r\n").split("\n"))


def _require_table(status: int, body: bytes, where: str) -> None:
    """Accept a response by status and body together.

    | status | body | result |
    |---|---|---|
    | 200 | any | accepted; the header is compared with the id next |
    | 400, 404 | empty, or a page of FRED | NotListed |
    | any other | any | Unreachable |
    """
    if status == HTTPStatus.OK:
        return
    was = f"HTTP {status}"
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST):
        if not body.strip() or _FRED_PAGE.search(body):
            raise NotListed("has no such series", where=where, was=was)
        # A page of a proxy or of a maintenance, which states nothing about the series.
        was += ", another page"
    raise Unreachable("gave no table", where=where, was=was)


def _parse_table(symbol: str, series_id: str, where: str, lines: list[str]) -> RawBars:
    expected = f"observation_date,{series_id}"
    header = lines[0].strip() if lines else ""
    if header.lower() != expected.lower():
        raise Unreachable("gave no table", where=where, expected=expected, was=header[:_SHOWN] or "nothing")
    days: list[str] = []
    values: list[float] = []
    for number, line in enumerate(lines[1:], start=2):
        day, value = _parse_line(line, f"{where} line {number}")
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


def _parse_line(line: str, where: str) -> tuple[str, float | None]:
    """Return the date and the value of one line; a missing value is None."""
    error = DataError(
        "is no row of the table", where=where, expected="YYYY-MM-DD,number", was=line[:_SHOWN] or "nothing"
    )
    day, comma, text = (part.strip() for part in line.partition(","))
    try:
        # fromisoformat alone accepts 20240103 and week dates too.
        is_date = bool(comma and _DAY.fullmatch(day) and date.fromisoformat(day))
        value = None if text in _MISSING else float(text) if _NUMBER.fullmatch(text) else np.nan
    except ValueError:
        raise error from None
    if not is_date or (value is not None and not np.isfinite(value)):
        raise error
    return day, value
