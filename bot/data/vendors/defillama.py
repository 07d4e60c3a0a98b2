"""Stablecoin supply from DefiLlama, from the public JSON behind its charts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus

import numpy as np

from bot.core.errors import DataError
from bot.data.vendors.raw_bars import RawBars
from bot.infra.public_http import PublicSession
from bot.infra.vendor_errors import NotListed, Unreachable, WrongAnswer

DEFILLAMA_HOST = "stablecoins.llama.fi"
_ADDRESS = f"https://{DEFILLAMA_HOST}/stablecoincharts/"
_CHAIN = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_TOTAL, _PEG = "totalCirculatingUSD", "peggedUSD"
"""Amounts in dollars, and of them the coins pegged to the dollar: other pegs move with their currency."""
_DAY_SECONDS = 86_400
_LARGEST_SECOND = 32_503_680_000
"""The year 3000: a time in milliseconds is beyond it."""
_EVERYTHING = "all"
_COMPLETE_SINCE = date(2020, 7, 1)
"""Before it DefiLlama's history lacks whole coins."""
_LEAST, _MOST = 5e9, 1e14
"""Dollars: all stablecoins were 11 thousand million in July 2020; 100 million million is the world's broad money."""
_SHOWN = 60


class DefiLlama:
    """Client of DefiLlama's stablecoin charts, one chain a request."""

    def __init__(self, session: PublicSession) -> None:
        self._session = session

    def rows(self, symbol: str, chain: str, since: date | None) -> RawBars:
        """Fetch the supply of dollar stablecoins by day.

        Parameters
        ----------
        chain
            DefiLlama's name of a chain, or "all".
        since
            First date, if only a part of the history is wanted. The answer has the whole history in any case.

        Returns
        -------
        RawBars
            Closes in dollars by UTC day; the other columns are NaN. The newest point is dropped: it is rewritten
            until the next day has one.

        Raises
        ------
        NotListed
            The chain is unknown, or its closed days all lie before that time.
        Unreachable
            The answer is another page than the chart.
        WrongAnswer
            A total of all chains is out of the plausible range.
        DataError
            The chart has a faulty point.
        """
        where = f"DefiLlama {chain}"
        if not _CHAIN.fullmatch(chain):
            raise NotListed("is no name of a chain", where=f"DefiLlama {chain!r}", expected="letters and digits")
        answer = self._session.get(_ADDRESS + chain)
        found = _parse(_points(answer.status_code, answer.content, where), where)
        if chain == _EVERYTHING:
            _require_plausible(found, where)
        kept = {day: value for day, value in found.items() if since is None or day >= since}
        if not kept:
            raise NotListed("has no closed day in the time asked for", where=where)
        unknown = np.full(len(kept), np.nan)
        return RawBars(
            symbol,
            f"defillama {chain}",
            np.array(list(kept), "datetime64[D]"),
            unknown,
            unknown,
            unknown,
            np.array(list(kept.values())),
            unknown,
        )


def _points(status: int, body: bytes, where: str) -> Sequence[object]:
    """Return the points of a chart.

    | status | body | result |
    |---|---|---|
    | 200 | a list | its members |
    | 200 | an empty list | NotListed: so it answers for an unknown chain |
    | 400, 404 | empty or JSON | NotListed |
    | any other | any | Unreachable |
    """
    was = f"HTTP {status}"
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    is_unknown = status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST) and (answer is not None or not body.strip())
    if is_unknown or (status == HTTPStatus.OK and answer == []):
        raise NotListed("has no such chain", where=where, was=was)
    if status != HTTPStatus.OK or not isinstance(answer, list):
        raise Unreachable("gave no chart", where=where, was=f"{was}, another page")
    return answer


def _parse(points: Sequence[object], where: str) -> dict[date, float]:
    """Return the value of each closed day that has one."""
    found: dict[date, float] = {}
    last: date | None = None
    for number, point in enumerate(points[:-1]):
        here = f"{where} point {number}"
        day, value = _parse_point(point, here)
        if last is not None and day <= last:
            raise DataError("dates must ascend, one point each", where=here, was=str(day))
        last = day
        if value is not None:
            found[day] = value
    return found


def _parse_point(point: object, where: str) -> tuple[date, float | None]:
    error = DataError(
        "is no point of the chart",
        where=where,
        expected=f'{{"date": seconds at 00:00 UTC, "{_TOTAL}": {{"{_PEG}": dollars}}}}',
        was=str(point)[:_SHOWN],
    )
    totals = point.get(_TOTAL) if isinstance(point, Mapping) else None
    if not isinstance(point, Mapping) or not isinstance(totals, Mapping):
        raise error
    text, amount = str(point.get("date")), totals.get(_PEG)
    # The second is a text in the chart of a chain, a number in others of the same vendor.
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST_SECOND))):
        raise error
    second = int(text)
    if second % _DAY_SECONDS or second >= _LARGEST_SECOND:
        raise error
    day = datetime.fromtimestamp(second, UTC).date()
    if amount is None:
        return day, None
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise error
    try:
        value = float(amount)
    except OverflowError:
        raise error from None
    if not np.isfinite(value) or value < 0:
        raise error
    return day, value


def _require_plausible(found: Mapping[date, float], where: str) -> None:
    """Raise WrongAnswer for a total outside the range of all stablecoins, such as one in millions."""
    for day, value in found.items():
        if day >= _COMPLETE_SINCE and not _LEAST <= value <= _MOST:
            raise WrongAnswer(
                "the total is out of range",
                where=f"{where} {day}",
                expected=f"{_LEAST:.0e} to {_MOST:.0e} dollars",
                was=f"{value:g}",
            )
