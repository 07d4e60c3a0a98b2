"""Levels of stop orders: checked, exact, and compared with a day's prices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from bot.core.python_value import python_value


def exact_levels(levels: Mapping[str, Decimal | float]) -> dict[str, Decimal]:
    """Convert stop levels to decimals that read back as the same float.

    Parameters
    ----------
    levels
        Price in the quote currency by symbol.

    Returns
    -------
    dict
        Price by symbol, in the shortest digits of its float.

    Raises
    ------
    TypeError
        If the levels are no mapping of text to numbers.
    ValueError
        If a level is zero, below zero, NaN or infinite.
    """
    if not isinstance(levels, Mapping):
        raise TypeError(f"stops must be a mapping from symbol to price, was {levels!r}")
    exact = {}
    for symbol, level in levels.items():
        try:
            price = float(level)
        except (TypeError, ValueError):
            raise TypeError(f"the stop of {symbol} must be a number, was {level!r}") from None
        if isinstance(python_value(level), str | bool):
            raise TypeError(f"the stop of {symbol} must be a number, was {level!r}")
        if not (math.isfinite(price) and price > 0):
            raise ValueError(f"sell stops only: the stop of {symbol} must be a price above 0, was {level}")
        exact[symbol] = exact_level(price)
    return exact


def exact_level(level: Decimal | float) -> Decimal:
    """Convert a level above 0 to the shortest decimal that reads back as the same float, as a ledger keeps it."""
    # Engines compare levels with prices, which are floats; a restart reads the same digits.
    price = float(level)
    return Decimal(int(price)) if price.is_integer() else Decimal(repr(price))


def trigger_price(level: Decimal, open_price: float, low: float) -> float | None:
    """Find the price at which a sell stop is triggered on a day, before costs.

    Parameters
    ----------
    level
        Level of the stop, in the quote currency.
    open_price, low
        Open and low of the day in the quote currency, NaN if unknown.

    Returns
    -------
    float or None
        The open if it is at or below the level (a gap), the level if the low reaches it, else None. The stop waits on a
        day that has only an unknown open: the market was halted.
    """
    at = float(level)
    if open_price <= at:
        return open_price
    return at if open_price > at and low <= at else None
