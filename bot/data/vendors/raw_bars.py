"""Daily bars of one symbol as the vendor sent them, not yet validated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.core.market import Floats
from bot.core.moments import Days

PRICES = ("open", "high", "low", "close")
COLUMNS = (*PRICES, "volume")
PRICE_RANGE = (1e-18, 1e18)
"""Range of a price, in the quote currency. Products and ratios of prices beyond it leave the range of a float."""
LARGEST_VOLUME = 1e24
"""Largest volume of a day, in the quote currency or in shares."""


@dataclass(frozen=True, slots=True, eq=False)
class RawBars:
    """Rows of one symbol from one vendor, ascending, one row a date; NaN is an unknown value.

    Dates are datetime64[D], UTC days for coins and New York days for US series. Prices are in the quote currency.
    Volume is in the quote currency for coins and in shares for US series. The last row may still be forming: whoever
    stores it compares it with the clock.
    """

    symbol: str
    source: str
    dates: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def columns(self) -> dict[str, Floats]:
        """Prices and volume by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    def where(self, keep: npt.NDArray[np.bool_]) -> RawBars:
        """Return the rows for which the mask is True."""
        kept = {name: values[keep] for name, values in self.columns.items()}
        return RawBars(self.symbol, self.source, self.dates[keep], **kept)
