"""Read candles, prices and steps from ccxt's values, and refuse invalid ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from bot.core.errors import DataError
from bot.core.instrument import to_decimal
from bot.infra.vendor_errors import InvalidRules

DAY_MS = 86_400_000
"""Milliseconds of a day."""
_FIRST_STAMP, _LAST_STAMP = 1_230_768_000_000, 4_102_444_800_000
"""Milliseconds since 1970 of 2009-01-01, before the first coin, and of 2100-01-01."""
Candle5 = tuple[float, float, float, float, float]
"""Open, high, low and close in the quote currency, and volume in the base currency."""


@dataclass(frozen=True, slots=True)
class Ticker:
    """Best bid, best ask and last price of a pair, in the quote currency."""

    pair: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Price and quantity of the best bids, highest first, and asks, lowest first."""

    pair: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    at: datetime


def read_candle(row: object, where: str) -> tuple[int, Candle5]:
    """Read a candle of ccxt: a time in milliseconds, four prices and a volume.

    Returns
    -------
    tuple of int and Candle5
        Day since 1970-01-01, and the numbers; an unknown price is 0.
    """
    if not isinstance(row, list | tuple) or len(row) < 6 or not isinstance(row[0], int | float):
        raise DataError("a candle has another shape", where=where, expected="a time, four prices and a volume")
    stamp, *numbers = row[:6]
    # Seconds, microseconds and endless numbers are no day that an exchange traded on.
    if not _FIRST_STAMP <= stamp < _LAST_STAMP:
        raise DataError("a candle's time is invalid", where=where, expected="milliseconds since 1970", was=f"{stamp:g}")
    when = str(np.datetime64(int(stamp), "ms"))
    if stamp % DAY_MS:
        raise DataError("a daily candle does not begin at 00:00 UTC", where=where, was=when)
    if not all(isinstance(number, int | float) and math.isfinite(number) and number >= 0 for number in numbers):
        raise DataError("a candle lacks a number", where=f"{where} {when[:10]}", was=str(numbers))
    open_, high, low, close, volume = (float(number) for number in numbers)
    return int(stamp) // DAY_MS, (open_, high, low, close, volume)


SIGNIFICANT_DIGITS, _DECIMAL_PLACES, _TICK_SIZE = 3, 2, 4
"""Values of ccxt's `precisionMode`, which differs by venue."""


def increment(precision: object, mode: int, price: float | None, where: str) -> Decimal:
    """Return the exact step of a price or quantity from a venue's precision.

    Parameters
    ----------
    precision : int or float
        Precision as ccxt gives it: a step, a count of decimals or a count of significant digits.
    mode : int
        ccxt's `precisionMode` of the venue.
    price : float, optional
        Current price in the quote currency: with significant digits the tick depends on it.
    where : str
        Name for errors.

    Raises
    ------
    InvalidRules
        The precision is missing, zero ("disabled" on Binance) or invalid.
    """
    if not isinstance(precision, int | float) or not math.isfinite(precision):
        raise InvalidRules("the venue states no precision", where=where, was=str(precision))
    if mode == _TICK_SIZE:
        step = to_decimal(precision)
    elif mode == _DECIMAL_PLACES or (mode == SIGNIFICANT_DIGITS and price is None):
        step = Decimal(1).scaleb(-int(precision))
    elif mode == SIGNIFICANT_DIGITS and price is not None and price > 0:
        step = Decimal(1).scaleb(to_decimal(price).adjusted() + 1 - int(precision))
    else:
        raise InvalidRules("unknown precision mode of the venue", where=where, was=str(mode))
    if step <= 0:
        raise InvalidRules("the venue's smallest step must be above zero", where=where, was=str(step))
    return plain(step)


def plain(number: Decimal) -> Decimal:
    """Return the same number with its trailing zeros removed and all integer digits written out."""
    return Decimal(f"{number.normalize():f}")


def read_positive(number: object, where: str) -> Decimal:
    """Read a price or quantity above zero."""
    if not isinstance(number, int | float) or not math.isfinite(number) or number <= 0:
        raise DataError("invalid price or quantity", where=where, expected="a number above zero", was=str(number))
    return to_decimal(number)


def read_levels(side: object, where: str) -> tuple[tuple[Decimal, Decimal], ...]:
    """Read one side of an order book as prices and quantities."""
    if not isinstance(side, list) or not side:
        raise DataError("the order book is empty on this side", where=where)
    # A quantity of zero is a level that was taken away; the others stay valid.
    levels = [level for level in side if not _is_empty(level)]
    if not levels:
        raise DataError("the order book is empty on this side", where=where)
    return tuple((read_positive(level[0], where), read_positive(level[1], where)) for level in levels)


def _is_empty(level: object) -> bool:
    return isinstance(level, list | tuple) and len(level) > 1 and level[1] == 0


def refuse_crossed(where: str, bid: Decimal, ask: Decimal) -> None:
    """Raise DataError if the best bid is above the best ask."""
    if bid > ask:
        raise DataError("the best bid is above the best ask", where=where, was=f"{bid} > {ask}")
