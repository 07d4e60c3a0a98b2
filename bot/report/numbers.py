"""Number formats of every report, page, notice and command: money, price, percent, quantity and count.

Figures on pages have thousands separators and a true minus sign; `to_ascii` turns them into what a terminal shows.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import TypeAlias

NOTHING = "\N{EN DASH}"
"""Text of a figure that is not defined."""
TIMES = "\N{MULTIPLICATION SIGN}"
_MINUS = "\N{MINUS SIGN}"
_LARGE = 10.0  # from a total return of +1,000% on, a decimal says nothing
_LONG_AXIS = 10_000  # from here on an axis has 25k instead of 25,000
_QUANTITY_DIGITS = 8
_COUNTS = frozenset({"participation", "supercycle", "closes_above"})
_ASCII = str.maketrans({NOTHING: "-", TIMES: "x", _MINUS: "-"})

Number: TypeAlias = float | Decimal | str | None
"""A figure: a number, money as decimal text, NaN, or None for one that is not defined."""


def number(value: Number) -> float | None:
    """Return a figure as a float.

    Returns
    -------
    float or None
        None for None, NaN and NaT.
    """
    # NaN and pandas' NaT are the values that differ from themselves; pandas itself would be heavy to import here.
    return None if value is None or value != value else float(value)


def money(value: Number) -> str:
    """Format an amount: whole from 100 on, below that with cents.

    Parameters
    ----------
    value : number or decimal text
        Amount in the quote currency; Undefined figures give a dash.
    """
    amount = number(value)
    if amount is None:
        return NOTHING
    return minus(f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:z,.2f}")


def cents(value: Number) -> str:
    """Format an amount in the quote currency with cents, whatever its size."""
    amount = number(value)
    return NOTHING if amount is None else minus(f"{amount:z,.2f}")


def short_money(value: float) -> str:
    """Format an amount for an axis: 9,500, 25k, 1.2m.

    Parameters
    ----------
    value : float
        Amount in the quote currency.
    """
    for size, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= max(size, _LONG_AXIS):
            return minus(f"{value / size:,.4g}{letter}")
    return money(value)


def dollars(value: float) -> str:
    """Format US dollars with two decimals: $7.12tn, -$350.00bn, $12.00."""
    for unit, letters in ((1e12, "tn"), (1e9, "bn"), (1e6, "m")):
        if abs(value) >= unit:
            return f"${value / unit:,.2f}{letters}".replace("$-", "-$")
    return f"${value:,.2f}".replace("$-", "-$")


def percent(value: Number, decimals: int = 1) -> str:
    """Format a share as a percentage.

    Parameters
    ----------
    value : number or decimal text
        Share of one: 0.123 gives 12.3%. Undefined figures give a dash.
    decimals : int
        Digits after the point.
    """
    share = number(value)
    return NOTHING if share is None else minus(f"{_tidy(share * 100, decimals):,.{decimals}f}%")


def whole_percent(value: float) -> str:
    """Format a share as a whole percentage: 0.12 gives 12%."""
    return f"{value:.0%}"


def share_of_cases(share: float) -> str:
    """Format a share of many cases in whole percent: 0.12 gives 12%, 0.003 gives "under 1%", 0 gives "none"."""
    return "none" if share == 0 else "under 1%" if share < 0.005 else whole_percent(share)


def change(value: Number, decimals: int = 1) -> str:
    """Format a return as a percentage with its sign; zero stays 0.0%.

    Parameters
    ----------
    value : number or decimal text
        Simple return as a share: 0.05 gives +5.0%. Undefined figures give a dash.
    """
    text = percent(value, decimals)
    # The rounded text decides: a return of +0.01% is shown as 0.0%, which has the sign of neither side.
    return text if text in (NOTHING, percent(0, decimals)) or text[0] == _MINUS else f"+{text}"


def growth(total_return: Number) -> str:
    """Format a total return as a signed percentage: with one decimal, whole from +1,000% on.

    Parameters
    ----------
    total_return : number or decimal text
        Simple return as a share: 0.5 gives +50.0%, 15.2 gives +1,520%.
    """
    share = number(total_return)
    # A return, never a multiple beside it: the figures of a column have one unit.
    return change(share, 1 if share is None or round(share, 3) < _LARGE else 0)


def share_text(share: float) -> str:
    """Format the size of a distance as a percentage, with a second decimal below 0.1%."""
    size = abs(share) * 100
    return f"{size:.2f}%" if 0 < size < 0.1 else f"{size:.1f}%"


def ratio(value: Number, decimals: int = 2) -> str:
    """Format a plain figure with two decimals, or with as many as are given."""
    plain = number(value)
    return NOTHING if plain is None else minus(f"{_tidy(plain, decimals):,.{decimals}f}")


def times(value: Number) -> str:
    """Format a factor with two decimals and the multiplication sign."""
    return NOTHING if number(value) is None else f"{ratio(value)}{TIMES}"


def count(value: Number) -> str:
    """Format a whole number."""
    whole = number(value)
    return NOTHING if whole is None else minus(f"{whole:,.0f}")


def price(value: Number) -> str:
    """Format a price or quantity: two decimals, more below 100 so that four digits are always seen."""
    amount = number(value)
    if amount is None:
        return NOTHING
    # Coins cost from a millionth to a hundred thousand: the digits follow the size of the price.
    size = math.floor(math.log10(abs(amount))) if amount else 1
    return minus(f"{amount:,.{max(2, 3 - size)}f}")


def quantity(amount: str | Decimal) -> str:
    """Format a quantity of a coin with eight digits and separators: 12,340,000; 0.00001234; trailing zeros are cut."""
    value = Decimal(amount)
    # Digits rather than decimals: 0.00001234 of one coin is worth as much as 12,340,000 of another.
    text = f"{value:,.{max(_QUANTITY_DIGITS - 1 - value.adjusted(), 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def figure(name: str, value: float | None) -> str:
    """Format the value of a reading by the reading's name: counts whole, breadth in per cent, levels as quoted."""
    if number(value) is None or value is None:
        return NOTHING
    if name in _COUNTS or name.startswith("sessions_"):
        return minus(f"{value:.0f}")
    if name == "breadth":
        return minus(whole_percent(value))
    if abs(value) >= 100_000:
        return count(value)
    # Readings are copied into a config, whose numbers have no thousands separators.
    text = price(value).replace(",", "")
    decimals = len(text.partition(".")[2])
    return text.rstrip("0").rstrip(".") if decimals > 2 or value == round(value) else text


def size(bytes_: Number) -> str:
    """Format a number of bytes: 512 bytes, 1.5 MB."""
    amount = number(bytes_)
    if amount is None:
        return NOTHING
    for unit, letters in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if amount >= unit:
            return f"{amount / unit:,.1f} {letters}"
    return f"{amount:,.0f} bytes"


def day(value: date | None) -> str:
    """Format a date, or the date of a moment, as YYYY-MM-DD."""
    return NOTHING if value is None or value != value else f"{value:%Y-%m-%d}"


def minus(text: str) -> str:
    """Return a text with true minus signs."""
    return text.replace("-", _MINUS)


def to_ascii(text: str) -> str:
    """Return a formatted figure as a terminal shows it: `-` for minus and for the dash, `x` for times."""
    return text.translate(_ASCII)


def _tidy(value: float, decimals: int) -> float:
    """Round, and turn a negative zero into zero."""
    return round(value, decimals) or 0.0
