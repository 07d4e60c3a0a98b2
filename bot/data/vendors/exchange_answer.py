"""Compare an exchange's answer with its question: the pair and the interval of its candles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

from bot.core.plural import counted
from bot.data.vendors.exchange_values import DAY_MS
from bot.infra.vendor_errors import WrongAnswer

_PAIR_KEYS = frozenset(["symbol", "s", "instId", "product_id", "currency_pair"])
"""Fields in which the listed venues name the pair of an answer."""
_WRAPPERS = ("result", "data", "pricebook")
"""Fields that hold the answer itself, inside of status and time."""
_SPOT = "spot"
_KRAKEN_EXTRA = "last"
_KLINE_COLUMNS = 12
"""Columns of Binance's candle. The first is its opening time, the seventh its closing time, both in milliseconds."""


def refuse_another_pair(answer: object, market: Mapping[str, Any], where: str) -> None:
    """Raise WrongAnswer if an answer names another pair than was asked for. Some answers omit the pair.

    Parameters
    ----------
    answer : object
        JSON of the response.
    market : mapping
        ccxt's market of the pair that was asked for.
    where : str
        Name for errors.
    """
    info = market.get("info")
    names = {str(market.get("id")), str(market.get("symbol"))}
    if isinstance(info, dict):
        # Kraken has three names of a pair and may answer with any of them.
        names |= {str(info[key]) for key in ("altname", "wsname") if key in info}
    for named in _named_pairs(answer):
        if named not in names:
            raise WrongAnswer(
                "the answer is about another pair", where=where, expected=str(market.get("id")), was=named[:40]
            )
    result = answer.get("result") if isinstance(answer, dict) else None
    category = result.get("category", _SPOT) if isinstance(result, dict) else _SPOT
    # Bybit's futures have the same names as its spot pairs.
    if category != _SPOT:
        raise WrongAnswer("the answer is about another market", where=where, expected=_SPOT, was=str(category)[:40])


def refuse_another_length(answer: object, where: str) -> None:
    """Raise WrongAnswer if every candle differs from a day in length. Binance's candles state their closing time."""
    rows = answer if isinstance(answer, list) else []
    lengths = {length for row in rows if (length := _stated_length(row)) > 0}
    # One of another length among them is an outage of the venue.
    if lengths and DAY_MS not in lengths:
        raise _wrong_interval(where, f"{min(lengths) / DAY_MS:g} days")


def refuse_another_interval(days: Collection[int], where: str) -> None:
    """Raise WrongAnswer if candles lie more than a day apart, as those of weeks and months do.

    Parameters
    ----------
    days : collection of int
        Days of the candles since 1970-01-01.
    where : str
        Name for errors.
    """
    ordered = sorted(days)
    gaps = [later - earlier for earlier, later in pairwise(ordered)]
    # Of daily candles with missing days at least two are neighbours. Weekly ones all begin at 00:00 UTC too.
    if gaps and min(gaps) > 1:
        raise _wrong_interval(where, f"at least {counted(min(gaps), 'day')}")


def _wrong_interval(where: str, was: str) -> WrongAnswer:
    return WrongAnswer("the candles have another interval than was asked for", where=where, expected="1 day", was=was)


def _stated_length(row: object) -> int:
    """Return the length of a Binance candle in milliseconds, or 0 if that is unknown."""
    if not isinstance(row, list) or len(row) != _KLINE_COLUMNS:
        return 0
    try:
        return int(row[6]) + 1 - int(row[0])
    except (TypeError, ValueError):
        return 0


def _named_pairs(answer: object) -> Iterator[str]:
    """Return the pairs that an answer names: at its top, inside of its wrappers, or in the rows of its list."""
    if isinstance(answer, list):
        for row in answer:
            if isinstance(row, dict):
                yield from _named_pairs(row)
        return
    if not isinstance(answer, dict):
        return
    for key in _PAIR_KEYS:
        if isinstance(name := answer.get(key), str):
            yield name
    for wrapper in (*_WRAPPERS, "list"):
        if wrapper in answer:
            yield from _named_pairs(answer[wrapper])
    if isinstance(answer.get("error"), list) and isinstance(answer.get("result"), dict):
        yield from (name for name in answer["result"] if name != _KRAKEN_EXTRA)
