"""Decisions: stage, target weights and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bot.core.instrument import ZERO, exact_weights
from bot.core.stop_levels import exact_levels


class Trade(StrEnum):
    """Time at which the portfolio is traded towards a decision's weights."""

    NOW = "now"
    BAND = "band"
    HOLD = "hold"


_EXACT = frozenset({Decimal})


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of a strategy at one UTC midnight. The rest of equity beside `weights` stays in the stablecoin.

    `weights` are shares of equity, each at least 0, at most 1 in sum; `to_weight` converts floats. `trade` sends orders
    at once, only for coins outside the rebalancing band, or only for retries. `reduce_only` allows sales only.
    `readings` has the value, threshold and verdict of each reading. `stops` are prices by symbol at which the whole
    holding of a coin is sold during the day that begins, until the next decision.
    """

    at: datetime
    stage: str
    previous: str
    weights: Mapping[str, Decimal]
    reasons: tuple[str, ...]
    trade: Trade = Trade.NOW
    reduce_only: bool = False
    readings: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    stops: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Of a time of NumPy too, such as one of `market.decision_times`, which has no time zone.
        if getattr(self.at, "tzinfo", None) is None:
            raise ValueError(f"a decision needs an aware time, as in market.decision_moments; was {self.at}")
        if self.stops:
            object.__setattr__(self, "stops", exact_levels(self.stops))
        if not self.weights:  # most days of most strategies
            return
        # By their types, because a run makes tens of thousands of decisions, most of them with decimals.
        if not _EXACT.issuperset(map(type, self.weights.values())):
            object.__setattr__(self, "weights", exact_weights(self.weights))
        total = ZERO
        for weight in self.weights.values():
            if not weight.is_finite() or weight < 0:
                raise _weight_error(self.weights)
            total += weight
        if total > 1:
            raise ValueError(f"no leverage: weights must be at most 1 in sum, was {total}")


def _weight_error(weights: Mapping[str, Decimal]) -> Exception:
    """Return the error of the first weight that is NaN, infinite or negative."""
    for symbol, weight in weights.items():
        if not weight.is_finite():
            return ValueError(f"the weight of {symbol} is {'NaN' if weight.is_nan() else 'infinite'}")
    symbol, weight = next((symbol, weight) for symbol, weight in weights.items() if weight < 0)
    return ValueError(f"long only: weights must be at least 0, that of {symbol} is {weight}")
