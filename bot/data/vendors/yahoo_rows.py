"""Check the rows of Yahoo's chart before yfinance drops or completes some of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from bot.core.errors import DataError
from bot.infra.vendor_errors import WrongAnswer

_DAY = 86_400
_SHORTEST_GAP = 12 * 3_600
"""Seconds between two daily rows, at least: a day that the clocks change has 23 hours, a live row its own time."""


def require_rows(chart: Mapping[str, Any], *, is_fund: bool, where: str) -> None:
    """Accept rows of days with a time each.

    Parameters
    ----------
    chart : mapping
        Yahoo's result with at least one time.
    is_fund : bool
        Require adjusted closes. yfinance writes raw closes in their place where they are missing.
    where : str
        Name for errors.

    Raises
    ------
    WrongAnswer
        The rows are hours, weeks or longer, whatever the chart says of its interval.
    DataError
        A row lacks its time, two rows of a finished day differ, or a fund has no adjusted close.
    """
    times = chart["timestamp"]
    if not isinstance(times, list) or not all(type(time) is int for time in times):
        raise DataError("a row lacks its time", where=where, expected="seconds since 1970")
    # The last row may be the live one, which has a time of its own.
    _refuse_another_interval(sorted(set(times[:-1])), where)
    indicators = chart.get("indicators")
    columns = indicators if isinstance(indicators, dict) else {}
    closes, adjusted = _column(columns, "quote", "close"), _column(columns, "adjclose", "adjclose")
    # Of two rows of a time yfinance keeps one.
    seen: dict[int, object] = {}
    for time, close in zip(times, closes, strict=False):
        if seen.setdefault(time, close) != close:
            raise DataError("two rows of one day differ", where=where, was=f"{seen[time]} and {close}")
    has_close = any(close is not None for close in closes)
    if is_fund and has_close and all(close is None for close in adjusted):
        raise DataError("the adjusted closes are missing", where=where)


def _refuse_another_interval(times: list[int], where: str) -> None:
    gaps = [later - earlier for earlier, later in pairwise(times)]
    # Of daily rows with holidays at least two are neighbours.
    if gaps and not (_SHORTEST_GAP <= min(gaps) <= 4 * _DAY):
        raise WrongAnswer(
            "the rows have another interval than was asked for",
            where=where,
            expected="1 day",
            was=f"{min(gaps) / 3_600:g} hours",
        )


def _column(indicators: Mapping[str, Any], group: str, name: str) -> list[Any]:
    rows = indicators.get(group)
    first = rows[0] if isinstance(rows, list) and rows else None
    values = first.get(name) if isinstance(first, dict) else None
    return values if isinstance(values, list) else []
