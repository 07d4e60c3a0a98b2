"""Codecs of single values: from an event's attribute to the JSON of a ledger row and back, and to a CSV cell.

Moments are ISO-8601 in UTC to the second, money is decimal text. A value is read only in the form in which it is
written: a ledger with a right chain of hashes may still have been written by another program.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Generic, TypeVar

from bot.core.moments import iso

_MOST = 1_000_000_000
Value = TypeVar("Value")
Code = TypeVar("Code", bound=StrEnum)


class ColumnType(Enum):
    """Type of a CSV column when it is read into a DataFrame."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Codec(Generic[Value]):
    """Write a value as JSON, read it back, and format its JSON as a CSV cell.

    `read` raises TypeError or ValueError for JSON of another form than `write` makes.
    """

    write: Callable[[Value], object]
    read: Callable[[object], Value]
    column: ColumnType
    cell: Callable[[object], object] = lambda value: value


def plain(number: Decimal) -> str:
    """Format a decimal as plain text: all digits written out, trailing zeros removed."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# A hundred places hold every exact product of a price and a quantity; an exponent, NaN or Infinity has no such form.
_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,100})?", re.ASCII)
_MOMENT_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_DAY_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEARS = range(1900, 2262)
"""Years of a day or moment: NumPy's and pandas' times, and the days before and after, exist for each of them."""
_SHOWN = 60


def _wrong(expected: str, value: object) -> TypeError:
    return TypeError(f"{expected} is expected, was {ascii(value)[:_SHOWN]}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _wrong("a text", value)
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong("true or false", value)
    return value


def _whole(value: object) -> int:
    # Python counts true as 1.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise _wrong("a whole number from 0 to a billion", value)
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise _wrong("a finite number", value)
    return value


def _positive(value: object) -> float:
    if not _number(value) > 0:
        raise _wrong("a number above zero", value)
    return _number(value)


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong("an object", value)
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong("a list", value)
    return tuple(map(_text, value))


def _money(value: object) -> Decimal:
    # Decimal also accepts a float, whose binary digits are not those that were written.
    if not isinstance(value, str) or _PLAIN_DECIMAL.fullmatch(value) is None:
        raise _wrong("a plain decimal text", value)
    return Decimal(value)


def _money_from_zero(value: object) -> Decimal:
    money = _money(value)
    if money < 0:
        raise _wrong("a decimal text of at least zero", value)
    return money


def _money_above_zero(value: object) -> Decimal:
    money = _money(value)
    if money <= 0:
        raise _wrong("a decimal text above zero", value)
    return money


def _amounts(value: object) -> dict[str, Decimal]:
    return {name: _money(amount) for name, amount in _mapping(value).items()}


def _amounts_from_zero(value: object) -> dict[str, Decimal]:
    return {name: _money_from_zero(amount) for name, amount in _mapping(value).items()}


def _plain_values(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: plain(amount) for name, amount in amounts.items()}


def read_moment(value: object) -> datetime:
    """Read a moment in the one form in which it is written. Raises TypeError or ValueError."""
    # fromisoformat also reads moments of other zones and without one, which do not compare with those of the ledger.
    if not isinstance(value, str) or _MOMENT_FORM.fullmatch(value) is None or int(value[:4]) not in _YEARS:
        raise _wrong("a moment such as 2024-03-01T00:00:00Z", value)
    return datetime.fromisoformat(value)


def _day(value: object) -> date:
    if not isinstance(value, str) or _DAY_FORM.fullmatch(value) is None or int(value[:4]) not in _YEARS:
        raise _wrong("a date such as 2024-03-01", value)
    return date.fromisoformat(value)


def _joined(value: object) -> object:
    return ";".join(_texts(value))


def _shares(value: object) -> dict[str, float]:
    return {name: _number(one) for name, one in _mapping(value).items()}


def _rounded_returns(returns: Mapping[str, float | None]) -> dict[str, object]:
    return {name: "" if value is None else round(value, 8) for name, value in returns.items()}


def _returns(value: object) -> dict[str, float | None]:
    return {name: None if one == "" else _number(one) for name, one in _mapping(value).items()}


def optional(codec: Codec[Value]) -> Codec[Value | None]:
    """Make a codec that writes a missing value as empty text."""

    def write(value: Value | None) -> object:
        return "" if value is None else codec.write(value)

    def read(value: object) -> Value | None:
        return None if value == "" else codec.read(value)

    return Codec(write, read, codec.column)


def code_of(codes: type[Code]) -> Codec[Code]:
    """Make the codec of an enum whose values are the ledger's codes."""
    # A dictionary is three times faster than calling the enum, and a review of a long ledger reads millions of codes.
    by_text: dict[object, Code] = {str(code): code for code in codes}
    return Codec(str, by_text.__getitem__, ColumnType.TEXT)


TEXT = Codec(str, _text, ColumnType.TEXT)
"""Text as it is."""
TEXT_OR_NULL: Codec[str | None] = Codec(
    lambda value: value,
    lambda value: None if value is None else _text(value),
    ColumnType.TEXT,
    lambda value: value or "",
)
"""Text, or null; an empty cell for null."""
FLAG = Codec(bool, _flag, ColumnType.TEXT)
"""True or false."""
WHOLE: Codec[int] = Codec(lambda value: value, _whole, ColumnType.NUMBER)
"""A whole number of at least zero."""
POSITIVE: Codec[float] = Codec(lambda value: value, _positive, ColumnType.NUMBER)
"""A float above zero as JSON writes it."""
MONEY = Codec(plain, _money, ColumnType.NUMBER)
"""A Decimal as plain text."""
MONEY_FROM_ZERO = Codec(plain, _money_from_zero, ColumnType.NUMBER)
"""A Decimal of at least zero as plain text."""
MONEY_ABOVE_ZERO = Codec(plain, _money_above_zero, ColumnType.NUMBER)
"""A Decimal above zero as plain text."""
BPS: Codec[Decimal] = Codec(lambda value: plain(value.quantize(Decimal("0.0001"))), _money, ColumnType.NUMBER)
"""Basis points as decimal text, to four places."""
AMOUNTS: Codec[Mapping[str, Decimal]] = Codec(_plain_values, _amounts, ColumnType.JSON, json.dumps)
"""Decimals by name."""
AMOUNTS_FROM_ZERO: Codec[Mapping[str, Decimal]] = Codec(_plain_values, _amounts_from_zero, ColumnType.JSON, json.dumps)
"""Decimals of at least zero by name."""
CODES: Codec[tuple[str, ...]] = Codec(list, _texts, ColumnType.TEXT, _joined)
"""Codes as a list; joined by `;` in a cell."""
JOINED: Codec[tuple[str, ...]] = Codec(
    ";".join, lambda value: tuple(_text(value).split(";")) if value else (), ColumnType.TEXT
)
"""Codes as one text, joined by `;`."""
SYMBOLS: Codec[frozenset[str]] = Codec(sorted, lambda value: frozenset(_texts(value)), ColumnType.TEXT)
"""Coins as a sorted list."""
DAY: Codec[date] = Codec(date.isoformat, _day, ColumnType.DATE)
"""A date, YYYY-MM-DD."""
MOMENT: Codec[datetime] = Codec(iso, read_moment, ColumnType.MOMENT)
"""A moment in UTC, to the second."""
READINGS: Codec[Mapping[str, object]] = Codec(dict, _mapping, ColumnType.JSON, json.dumps)
"""Each reading's value, threshold and verdict by name."""
RETURNS: Codec[Mapping[str, float | None]] = Codec(_rounded_returns, _returns, ColumnType.NUMBER)
"""Simple returns by name, to eight places; empty if unknown."""
SHARES: Codec[Mapping[str, float]] = Codec(dict, _shares, ColumnType.JSON, json.dumps)
"""Shares by name, as JSON writes floats."""
