"""Overlay of two equity curves: their relative difference and the tracking difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from bot.core.market import Floats
from bot.report.metrics import PERIODS_PER_YEAR


@dataclass(frozen=True)
class Overlay:
    """Two equity curves over the same days, both 1 on the first.

    Attributes
    ----------
    days
        UTC dates, ascending.
    first, second
        Equity at each day's close over that of the first day, shape (days,).
    """

    days: Sequence[date]
    first: Floats
    second: Floats

    @cached_property
    def difference(self) -> Floats:
        """Second over first, less one, at each close; shape (days,)."""
        difference: Floats = self.second / self.first - 1
        return difference

    @cached_property
    def moves(self) -> Floats:
        """Simple daily return of the second less that of the first; shape (days,), 0 on the first day."""
        moves: Floats = _returns(self.second) - _returns(self.first)
        return moves

    @property
    def tracking(self) -> float | None:
        """Tracking difference: standard deviation of daily return differences, times the root of 365."""
        return _deviation(self.moves[1:])

    @property
    def running_tracking(self) -> list[float | None]:
        """Tracking difference of all days up to each one."""
        return [_deviation(self.moves[1 : i + 1]) for i in range(len(self.days))]

    def largest(self, count: int) -> list[int]:
        """Find the days with the largest differences of returns.

        Parameters
        ----------
        count
            Largest number of days.

        Returns
        -------
        list
            Positions in `days`, the largest difference first; days with equal returns are left out.
        """
        order = np.argsort(-np.abs(self.moves), kind="stable")[:count]
        return [int(i) for i in order if abs(self.moves[i]) > _NOTHING]

    def as_dict(self) -> dict[str, Any]:
        """Format the figures as JSON, all as shares."""
        if not len(self.days):
            return {"days": 0}
        widest = int(np.argmax(np.abs(self.difference)))
        return {
            "days": len(self.days),
            "first_day": str(self.days[0]),
            "last_day": str(self.days[-1]),
            "difference_at_the_end": _rounded(self.difference[-1]),
            "largest_difference": _rounded(self.difference[widest]),
            "largest_difference_on": str(self.days[widest]),
            "tracking_difference": None if self.tracking is None else _rounded(self.tracking),
            "periods_per_year": PERIODS_PER_YEAR,
        }


_NOTHING = 1e-12
"""A daily difference below this is a float's last digit."""


def overlay(first: Mapping[date, Decimal], second: Mapping[date, Decimal]) -> Overlay:
    """Rebase two equity curves to 1 on the first day on which both are above zero.

    Parameters
    ----------
    first, second
        Equity at the close by UTC date, in the quote currency.

    Returns
    -------
    Overlay
        Of the days on which both curves are above zero: from an equity of zero no return can be computed.
    """
    days = sorted(day for day in first.keys() & second.keys() if first[day] > 0 and second[day] > 0)
    curves = [np.array([float(curve[day]) for day in days]) for curve in (first, second)]
    rebased = [curve / curve[0] if len(curve) else curve for curve in curves]
    return Overlay(days, *rebased)


def _returns(curve: Floats) -> Floats:
    """Compute the simple return of each day, 0 on the first."""
    returns = np.zeros(len(curve))
    returns[1:] = curve[1:] / curve[:-1] - 1
    return returns


def _deviation(moves: Floats) -> float | None:
    """Annualize the sample standard deviation of at least two daily differences."""
    return float(np.std(moves, ddof=1)) * math.sqrt(PERIODS_PER_YEAR) if len(moves) > 1 else None


def _rounded(value: float) -> float:
    return round(float(value), 10)
