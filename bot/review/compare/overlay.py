"""Two equities over the same days, laid over each other: how far apart they are, and how they parted."""

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
    """Two curves that begin at 1 on the first of some days.

    `apart` is how far the second stands above the first, as a share; `moves` is by how much its return of each day was
    the larger one, 0 on the first.
    """

    days: Sequence[date]
    first: Floats
    second: Floats

    @cached_property
    def apart(self) -> Floats:
        """How far the second stands above the first at each close, as a share."""
        apart: Floats = self.second / self.first - 1
        return apart

    @cached_property
    def moves(self) -> Floats:
        """The second's return less the first's, day by day."""
        moves: Floats = _returns(self.second) - _returns(self.first)
        return moves

    @property
    def tracking(self) -> float | None:
        """The tracking difference: the standard deviation of daily differences, for a year of 365 days."""
        return _deviation(self.moves[1:])

    @property
    def running_tracking(self) -> list[float | None]:
        """The tracking difference up to each day."""
        return [_deviation(self.moves[1 : i + 1]) for i in range(len(self.days))]

    def largest(self, count: int) -> list[int]:
        """The places of the days on which they parted most, the largest first; days without a difference are none."""
        order = np.argsort(-np.abs(self.moves), kind="stable")[:count]
        return [int(i) for i in order if abs(self.moves[i]) > _NOTHING]

    def as_dict(self) -> dict[str, Any]:
        """The figures of the overlay as plain data; shares, not per cent."""
        if not len(self.days):
            return {"days": 0}
        widest = int(np.argmax(np.abs(self.apart)))
        return {
            "days": len(self.days),
            "first_day": str(self.days[0]),
            "last_day": str(self.days[-1]),
            "difference_at_the_end": _rounded(self.apart[-1]),
            "largest_difference": _rounded(self.apart[widest]),
            "largest_difference_on": str(self.days[widest]),
            "tracking_difference": None if self.tracking is None else _rounded(self.tracking),
            "periods_per_year": PERIODS_PER_YEAR,
        }


_NOTHING = 1e-12
"""A daily difference below this is a float's last digit."""


def overlay(first: Mapping[date, Decimal], second: Mapping[date, Decimal]) -> Overlay:
    """Two equities over the days that both have, each divided by its own on the first of them."""
    days = sorted(first.keys() & second.keys())
    curves = [np.array([float(curve[day]) for day in days]) for curve in (first, second)]
    rebased = [curve / curve[0] if len(curve) else curve for curve in curves]
    return Overlay(days, *rebased)


def _returns(curve: Floats) -> Floats:
    """The simple return of each day, 0 on the first."""
    returns = np.zeros(len(curve))
    returns[1:] = curve[1:] / curve[:-1] - 1
    return returns


def _deviation(moves: Floats) -> float | None:
    """The standard deviation of daily moves, for a year; None of fewer than two."""
    return float(np.std(moves, ddof=1)) * math.sqrt(PERIODS_PER_YEAR) if len(moves) > 1 else None


def _rounded(value: float) -> float:
    return round(float(value), 10)
