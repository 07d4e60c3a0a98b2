"""Comparisons of prices and ratios with a limit as decimals: 4.10 - 3.35 is 0.75, though not as binary floats.

A product or a difference of decimals is off by a few units in the sixteenth digit. Two numbers that differ by less than
`TIE` of the larger are the same decimal: prices have at most ten digits. A comparison with NaN is False.
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from bot.core.market import Floats
from strategies.indicators import Bools

TIE = 1e-12
"""Relative difference up to which two floats are one decimal."""
ABSOLUTE_PLACES = 9
"""Decimal places of a difference: the data have fewer."""


@overload
def is_above(value: float, limit: float) -> bool: ...
@overload
def is_above(value: Floats, limit: Floats | float) -> Bools: ...
def is_above(value: Any, limit: Any) -> Any:
    """Return True where a value is above a limit; False at the limit, and where either is NaN."""
    return value - limit > TIE * abs(limit)


@overload
def is_below(value: float, limit: float) -> bool: ...
@overload
def is_below(value: Floats, limit: Floats | float) -> Bools: ...
def is_below(value: Any, limit: Any) -> Any:
    """Return True where a value is below a limit; False at the limit, and where either is NaN."""
    return limit - value > TIE * abs(limit)


@overload
def is_at_least(value: float, limit: float) -> bool: ...
@overload
def is_at_least(value: Floats, limit: Floats | float) -> Bools: ...
def is_at_least(value: Any, limit: Any) -> Any:
    """Return True where a value is at a limit or above; False where either is NaN."""
    return value - limit >= -TIE * abs(limit)


@overload
def is_at_most(value: float, limit: float) -> bool: ...
@overload
def is_at_most(value: Floats, limit: Floats | float) -> Bools: ...
def is_at_most(value: Any, limit: Any) -> Any:
    """Return True where a value is at a limit or below; False where either is NaN."""
    return limit - value >= -TIE * abs(limit)


def difference(a: Floats, b: Floats) -> Floats:
    """Subtract decimals: the result has `ABSOLUTE_PLACES` places, so that it is the decimal that it stands for."""
    return np.round(a - b, ABSOLUTE_PLACES)
