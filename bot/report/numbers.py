"""Numbers as a reader wants them: rounded, with thousands separators and a true minus sign."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

NOTHING = "\N{EN DASH}"
"""What stands where a figure is not defined."""
TIMES = "\N{MULTIPLICATION SIGN}"
_MINUS = "\N{MINUS SIGN}"
_LARGE = 9.0  # from a total return of +900% on, a multiple reads better than a percentage


def number(value: Any) -> float | None:
    """A figure as a float, or None if it is absent; money arrives as decimal text."""
    return None if value is None or pd.isna(value) else float(value)


def money(value: Any) -> str:
    """An amount in the quote currency, without cents from a hundred on."""
    amount = number(value)
    if amount is None:
        return NOTHING
    return minus(f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:z,.2f}")


def percent(value: Any) -> str:
    """A share as a percentage with one decimal."""
    share = number(value)
    return NOTHING if share is None else minus(f"{_tidy(share * 100, 1):,.1f}%")


def change(value: Any) -> str:
    """A return as a percentage with its sign."""
    text = percent(value)
    return text if text == NOTHING or text == "0.0%" or text[0] == _MINUS else f"+{text}"


def growth(total_return: Any) -> str:
    """A total return: as a signed percentage, from tenfold on as the end's multiple of the start."""
    share = number(total_return)
    if share is None or share < _LARGE:
        return change(share)
    return multiple(1 + share)


def multiple(value: float) -> str:
    """A multiple of the start: 0.64, 9.7 or 779 and the multiplication sign."""
    decimals = 2 if value < 1 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}{TIMES}"


def ratio(value: Any) -> str:
    """A plain figure with two decimals."""
    figure = number(value)
    return NOTHING if figure is None else minus(f"{_tidy(figure, 2):,.2f}")


def times(value: Any) -> str:
    """A plain figure that something is multiplied by."""
    return NOTHING if number(value) is None else f"{ratio(value)}{TIMES}"


def count(value: Any) -> str:
    """A whole number."""
    figure = number(value)
    return NOTHING if figure is None else minus(f"{figure:,.0f}")


def price(value: Any) -> str:
    """A price or quantity: two decimals, more below 100 so that four digits are always seen."""
    figure = number(value)
    if figure is None:
        return NOTHING
    size = math.floor(math.log10(abs(figure))) if figure else 1
    return minus(f"{figure:,.{max(2, 3 - size)}f}")


def day(value: Any) -> str:
    """A date or the date of a moment."""
    return NOTHING if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"


def minus(text: str) -> str:
    """A text with true minus signs."""
    return text.replace("-", _MINUS)


def _tidy(value: float, decimals: int) -> float:
    """Rounded, and never a negative zero."""
    return round(value, decimals) or 0.0
