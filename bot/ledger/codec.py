"""Codecs of single values: from an event's attribute to the JSON of a ledger row and back, and to a CSV cell.

Moments are ISO-8601 in UTC to the second, money is decimal text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Generic, TypeVar

from bot.core.moments import iso

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


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, was {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is expected, was {value!r}")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a whole number is expected, was {value!r}")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"a number is expected, was {value!r}")
    return value


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is expected, was {value!r}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"a list is expected, was {value!r}")
    return tuple(map(_text, value))


def _money(value: object) -> Decimal:
    # Decimal also accepts a float, whose binary digits are not those that were written.
    return Decimal(_text(value))


def _amounts(value: object) -> dict[str, Decimal]:
    return {name: Decimal(_text(amount)) for name, amount in _mapping(value).items()}


def _plain_values(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: plain(amount) for name, amount in amounts.items()}


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(_text(value))


def _day(value: object) -> date:
    return date.fromisoformat(_text(value))


def _joined(value: object) -> object:
    return ";".join(_texts(value))


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
"""A whole number."""
NUMBER: Codec[float] = Codec(lambda value: value, _number, ColumnType.NUMBER)
"""A float as JSON writes it."""
MONEY = Codec(plain, _money, ColumnType.NUMBER)
"""A Decimal as plain text."""
BPS: Codec[Decimal] = Codec(lambda value: plain(value.quantize(Decimal("0.0001"))), _money, ColumnType.NUMBER)
"""Basis points as decimal text, to four places."""
AMOUNTS: Codec[Mapping[str, Decimal]] = Codec(_plain_values, _amounts, ColumnType.JSON, json.dumps)
"""Decimals by name."""
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
MOMENT: Codec[datetime] = Codec(iso, _moment, ColumnType.MOMENT)
"""A moment in UTC, to the second."""
READINGS: Codec[Mapping[str, object]] = Codec(dict, _mapping, ColumnType.JSON, json.dumps)
"""Each reading's value, threshold and verdict by name."""
RETURNS: Codec[Mapping[str, float | None]] = Codec(_rounded_returns, _returns, ColumnType.NUMBER)
"""Simple returns by name, to eight places; empty if unknown."""
