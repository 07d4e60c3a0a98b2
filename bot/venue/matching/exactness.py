"""Arithmetic that rounds nothing, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from functools import wraps
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")
_EIGHT = Decimal("1e-8")
_DIGITS = 60
"""More than a price times a quantity times a fee, summed over a life of orders, can have."""


def exactly(function: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
    """Run a function with so many digits that sums and products of money are exact.

    The usual 28 digits round the sum of a large balance and the fee on a coin of tiny price.
    """

    @wraps(function)
    def run(*given: _Given.args, **named: _Given.kwargs) -> _Answer:
        with localcontext(Context(prec=_DIGITS)):
            return function(*given, **named)

    return run


@exactly
def written(number: Decimal) -> str:
    """A number as the exchange writes it: at least eight decimals, more only where they are not zero."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -8:
        number = number.normalize()
        exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -8:
        number = number.quantize(_EIGHT)
    return f"{number:f}"
