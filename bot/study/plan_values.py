"""Types of values in a plan, with their ranges."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, Strict

from bot.study.baskets import BASKETS, is_basket

Seed = Annotated[int, Strict(), Field(ge=0, lt=2**32)]
Name = Annotated[str, Field(min_length=1, max_length=60)]
"""Name on screen."""
_SYMBOLS = r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,29}(/[A-Za-z0-9][A-Za-z0-9_.\-]{0,29})?"
_T = TypeVar("_T")


def span_of(text: str) -> tuple[date, date]:
    """Return the first and the last day of a span "FIRST/LAST". Raises ValueError."""
    try:
        first, last = (date.fromisoformat(part) for part in text.split("/"))
    except ValueError:
        raise ValueError("is not a span of dates; expected FIRST/LAST, such as 2020-03-01/2020-03-31") from None
    if first > last:
        raise ValueError("the span ends before it begins")
    return first, last


def _checked_span(text: str) -> str:
    span_of(text)
    return text


def _outcome_name(text: str) -> str:
    if not is_basket(text) and re.fullmatch(_SYMBOLS, text) is None:
        raise ValueError(f"is not an outcome; expected a symbol, a ratio A/B, or one of {', '.join(BASKETS)}")
    return text


def _effect(text: str) -> str:
    try:
        is_finite = math.isfinite(float(text))
    except ValueError:
        is_finite = False
    if not is_finite:
        raise ValueError(f"{text!r} is not a log return, such as 0.35")
    return text


def _distinct(values: list[_T]) -> list[_T]:
    if double := [value for value in values if values.count(value) > 1]:
        raise ValueError(f"names {double[0]} twice")
    return values


Outcome = Annotated[str, AfterValidator(_outcome_name)]
"""A symbol, a ratio of two, or a basket."""
Effect = Annotated[str, AfterValidator(_effect)]
"""A log return as the key of a table."""
Distinct = Annotated[list[_T], AfterValidator(_distinct)]
"""A list without repeated values: each would be counted twice."""
Span = Annotated[str, AfterValidator(_checked_span)]
"""First and last day as "FIRST/LAST"."""
Event = Literal["breakout", "confirmed"]
Spacing = Literal["front", "back", "none"]
