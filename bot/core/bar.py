"""Daily bar of one symbol."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices (float, quote currency) and volume of one day; NaN is unknown.

    Raises DataError unless each known price is finite and above zero.
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
        """True if the day has an open at which orders are filled."""
        return not math.isnan(self.open)
