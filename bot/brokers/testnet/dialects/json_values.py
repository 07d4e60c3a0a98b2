"""Read exact values from a venue's JSON. Each reader raises TypeError or ValueError for another shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

Json = Mapping[str, object]
"""A JSON object."""
PARSE_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Errors that readers raise for a response of another shape."""
_LARGEST_EXPONENT, _LONGEST_NAME = 40, 100
"""Largest power of ten of a number, of either sign, and characters of the longest name."""


def describe(problem: Exception) -> str:
    """Describe an error of a reader in a few words, without parts of the response."""
    # Only texts of this project's own readers are shown: others may repeat the response.
    return str(problem) if type(problem) is ValueError else type(problem).__name__


def member(data: Json, key: str) -> Json:
    """Return the object under a key. Raises ValueError with the key's name if it is missing or of another type."""
    value = data.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key} is missing")
    return value


def json_object(data: object) -> Json:
    """Return a JSON object as a mapping."""
    if not isinstance(data, dict):
        raise TypeError("not a JSON object")
    return data


def json_list(data: object) -> list[object]:
    """Return a JSON list."""
    if not isinstance(data, list):
        raise TypeError("not a JSON list")
    return data


def json_objects(data: object) -> list[Json]:
    """Return a JSON list of objects."""
    return [json_object(item) for item in json_list(data)]


def number(value: object) -> Decimal:
    """Read a number of zero or more from a text, an int or a Decimal.

    Raises
    ------
    ValueError
        The value is negative, infinite, NaN or of another type; floats are refused, since they are not exact.
    """
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        raise ValueError("not a number of zero or more")
    result = _finite(value)
    if result < 0:
        raise ValueError("not a number of zero or more")
    return result


def signed_number(value: object) -> Decimal:
    """Read a finite number such as a fee, which is negative for a rebate."""
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        raise ValueError("not a number")
    return _finite(value)


def _finite(value: str | int | Decimal) -> Decimal:
    try:
        result = Decimal(value)
    except InvalidOperation:
        raise ValueError("not a number") from None
    # Written out, 1E+99999999 has a hundred million digits, and 1E-99999999 becomes a step of zero.
    if not result.is_finite() or (result and abs(result.adjusted()) > _LARGEST_EXPONENT):
        raise ValueError("not a number of an amount or a price")
    return result


def positive(value: object, name: str = "") -> Decimal:
    """Read a number above zero; an error says the `name` of the field."""
    if (result := number(value)) <= 0:
        raise ValueError(f"{name or 'a number'} is zero" if result == 0 else "not a number above zero")
    return result


def bound(value: object) -> Decimal | None:
    """Read a smallest or largest quantity; absent, empty and 0 are None."""
    result = number(value or "0")
    return plain(result) if result else None


def integer(value: object) -> int:
    """Read a whole number, such as a count of decimals, of either sign."""
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        raise TypeError("not a whole number")
    result = _finite(value)
    if result != int(result) or abs(result) > _LARGEST_EXPONENT:
        raise ValueError("not a count of decimals")
    return int(result)


def plain(value: Decimal) -> Decimal:
    """Return the same number without trailing zeros and without an exponent."""
    return Decimal(f"{value.normalize():f}")


def identifier(value: object) -> str:
    """Read an identifier: a text of 1 to 100 printable characters, or a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("not an identifier")
    text = str(value)
    if not 0 < len(text) <= _LONGEST_NAME or not text.isprintable():
        raise ValueError("not an identifier")
    return text


def name_of(value: object) -> str:
    """Read a text that is the key of a table, such as a status."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def moment(milliseconds: object) -> datetime:
    """Read a UTC time from milliseconds since 1970, which some venues write with a fraction."""
    return datetime.fromtimestamp(int(number(milliseconds)) / 1000, UTC)
