"""Sessions of the US market."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.core.moments import Days, Times


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """Sessions of the US market: dates, closing times in UTC, and half days."""

    dates: Days
    closes: Times
    half_days: npt.NDArray[np.bool_]

    def is_half_day(self, dates: Days) -> npt.NDArray[np.bool_]:
        """Return True for each session date that is a half day."""
        return np.isin(dates, self.dates[self.half_days])
