"""From values to places on a drawing, and round values for its ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class AxisScale:
    """A linear scale: the value `low` lies at the place `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; one outside lies at the nearer end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 4) -> list[float]:
        """Return about so many round values inside the scale."""
        rough = (self.high - self.low) / count
        size: float = 10.0 ** math.floor(math.log10(rough))
        step = next(size * factor for factor in _STEPS if size * factor >= rough * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(i * step, 10) for i in range(first, last + 1)]


def scale_of(values: Iterable[float | None], start: float, end: float, *, room: float = 0.05) -> AxisScale:
    """Return a scale that shows all values, zero among them, with some room at both ends."""
    shown = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min([0.0, *shown]), max([0.0, *shown])
    space = (high - low) * room or 1.0
    return AxisScale(low - space, high + space, start, end)
