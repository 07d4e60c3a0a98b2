"""Numbers as a reader wants them: rounded, with thousands separators and a true minus sign."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

NOTHING = "–"  # noqa: RUF001
"""What stands where a figure is not defined."""
_LARGE = 9.0  # from a total return of +900% on, a multiple reads better than a percentage


def number(value: Any) -> float | None:
    """A figure as a float, or None if it is absent; money arrives as decimal text."""
    return None if value is None or pd.isna(value) else float(value)


def money(value: Any) -> str:
    """An amount in the quote currency, without cents from a thousand on."""
    amount = number(value)
    if amount is None:
        return NOTHING
    return _minus(f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:,.2f}")


def percent(value: Any, *, signed: bool = False) -> str:
    """A share as a percentage with one decimal."""
    share = number(value)
    if share is None:
        return NOTHING
    rounded = round(share * 100, 1) or 0.0  # never -0.0
    return _minus(f"{rounded:+,.1f}%" if signed and rounded else f"{rounded:,.1f}%")


def growth(total_return: Any) -> str:
    """A total return: as a signed percentage, from tenfold on as the end's multiple of the start."""
    share = number(total_return)
    if share is None or share < _LARGE:
        return percent(share, signed=True)
    return multiple(1 + share)


def multiple(value: float) -> str:
    """A multiple of the start: `0.64x`, `9.7x`, `779x`, with a multiplication sign."""
    decimals = 2 if value < 1 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}×"  # noqa: RUF001


def ratio(value: Any) -> str:
    """A plain figure with two decimals."""
    figure = number(value)
    return NOTHING if figure is None else _minus(f"{round(figure, 2) or 0.0:,.2f}")


def count(value: Any) -> str:
    """A whole number."""
    figure = number(value)
    return NOTHING if figure is None else _minus(f"{figure:,.0f}")


def price(value: Any) -> str:
    """A price or quantity: two decimals, more below 100 so that four digits are always seen."""
    figure = number(value)
    if figure is None:
        return NOTHING
    size = math.floor(math.log10(abs(figure))) if figure else 0
    return _minus(f"{figure:,.{max(2, 3 - size)}f}")


def day(value: Any) -> str:
    """A date or the date of a moment."""
    return NOTHING if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
