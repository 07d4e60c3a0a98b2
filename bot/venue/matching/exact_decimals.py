"""Exact decimal arithmetic, and the exchange's number format."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from functools import wraps
from typing import ParamSpec, TypeVar

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")
_EIGHT_DECIMALS = Decimal("1e-8")
_DIGITS = 60
"""More digits than sums of price times quantity times fee can have."""


def exact(function: Callable[_Params, _Result]) -> Callable[_Params, _Result]:
    """Decorate a function so that its sums and products of money are exact.

    Python's default of 28 digits rounds the sum of a large balance and the fee on a coin of tiny price.
    """

    @wraps(function)
    def run(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        with localcontext(Context(prec=_DIGITS)):
            return function(*args, **kwargs)

    return run


@exact
def format_decimal(number: Decimal) -> str:
    """Format a number with at least eight decimals, and with more if they differ from zero."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -8:
        number = number.normalize()
        exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -8:
        number = number.quantize(_EIGHT_DECIMALS)
    return f"{number:f}"
