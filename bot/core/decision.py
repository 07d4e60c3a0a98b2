"""A decision: the stage, the target weights, and every reason for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Trade(StrEnum):
    """When a decision's weights are traded towards."""

    NOW = "now"
    BAND = "band"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a strategy wants at one UTC midnight; what is not in `weights` is the stablecoin.

    `weights` are shares of equity, none below zero, at most 1 together. `trade` says whether orders go out at
    once, only for coins outside the rebalancing band, or not at all; `reduce_only` forbids buying. `readings`
    holds each reading with its threshold and verdict.
    """

    at: datetime
    stage: str
    previous: str
    weights: Mapping[str, Decimal]
    reasons: tuple[str, ...]
    trade: Trade = Trade.NOW
    reduce_only: bool = False
    readings: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"a decision needs an aware time, was {self.at}")
        if not all(isinstance(weight, Decimal) for weight in self.weights.values()):
            raise TypeError(f"weights must be Decimal, see to_weight; was {dict(self.weights)}")
        if any(weight < 0 for weight in self.weights.values()) or sum(self.weights.values()) > 1:
            raise ValueError(f"weights must be >= 0 and sum to <= 1, was {dict(self.weights)}")
