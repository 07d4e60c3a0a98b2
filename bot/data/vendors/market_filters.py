"""Check the filters of a Binance pair before rules are made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bot.core.text import printable
from bot.infra.vendor_errors import InvalidRules

_REQUIRED = ("PRICE_FILTER", "LOT_SIZE")
_NUMBERS = ("tickSize", "stepSize", "minQty", "maxQty", "minNotional")
_SHOWN = 40


def require_filters(market: Mapping[str, Any], where: str) -> None:
    """Accept the filters of a pair, or those of a venue that has none.

    Parameters
    ----------
    market : mapping
        ccxt's market of the pair.
    where : str
        Name for errors.

    Raises
    ------
    InvalidRules
        A filter is missing, listed twice with different values, has an unreadable or negative number, or a largest
        quantity under the least. ccxt takes the last of two, and reads no bound from such a number.
    """
    info = market.get("info")
    if not isinstance(info, dict) or not isinstance(rows := info.get("filters"), list):
        return
    found: dict[str, dict[str, Any]] = {}
    for row in (row for row in rows if isinstance(row, dict)):
        name = str(row.get("filterType"))
        if found.setdefault(name, row) != row:
            raise InvalidRules("a filter of the pair is listed twice with different values", where=where, was=name)
        _require_numbers(row, f"{where} {printable(name)[:_SHOWN]}")
    if missing := [name for name in _REQUIRED if name not in found]:
        raise InvalidRules("a filter of the pair is missing", where=where, expected=missing[0])


def _require_numbers(row: Mapping[str, Any], where: str) -> None:
    numbers: dict[str, float] = {}
    for name in (name for name in _NUMBERS if name in row):
        try:
            numbers[name] = float(row[name])
        except (TypeError, ValueError, OverflowError):
            numbers[name] = math.nan
        if not 0 <= numbers[name] < math.inf:
            was = printable(str(row[name]))[:_SHOWN]
            raise InvalidRules(f"{name} of a filter is invalid", where=where, expected="a number from 0 on", was=was)
    least, most = numbers.get("minQty", 0.0), numbers.get("maxQty", 0.0)
    # 0 states no bound.
    if 0 < most < least:
        raise InvalidRules("maxQty of a filter is under its minQty", where=where, was=f"{most:g} < {least:g}")
