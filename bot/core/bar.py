"""A bar: one day of one symbol."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's prices (float, quote currency) and volume; NaN is unknown.

    Raises DataError if a price that is known is not finite and above zero.
    """

    symbol: str
    day: date
    open: float
    high: float
    low: float
    close: float
    volume: float
    known_at: datetime

    def __post_init__(self) -> None:
        for name in ("open", "high", "low", "close"):
            price = getattr(self, name)
            if not math.isnan(price) and not 0 < price < math.inf:
                raise DataError(
                    f"{name} of {self.symbol}",
                    where=str(self.day),
                    expected="a price above zero",
                    was=str(price),
                )

    @property
    def tradable(self) -> bool:
        """Whether an order can be filled at this day's open."""
        return not math.isnan(self.open)
