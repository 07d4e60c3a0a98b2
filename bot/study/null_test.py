"""An excess against one null distribution, and that of the outcomes less the effect that would matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats
from bot.study.shifts import TOLERANCE, PValue
from strategies.indicators import Bools, Ints


@dataclass(frozen=True, slots=True, eq=False)
class NullTest:
    """An observed excess and its distribution under a null, both as log returns.

    Attributes
    ----------
    excess
        Observed statistic.
    excess_without_best
        The statistic with the episode of the highest outcome left out.
    mended_excess
        The observed statistic of the mended outcomes: those less the smallest effect that would matter.
    statistics, mended
        Statistics of the outcomes and of the mended ones by draw or placement, shape (draws,).
    is_sampled
        The draws are random, so that the observed statistic counts as one more (Phipson, Smyth 2010).
    """

    excess: float
    excess_without_best: float
    mended_excess: float
    statistics: Floats
    mended: Floats
    is_sampled: bool

    @property
    def up(self) -> PValue:
        """Draws whose statistic is at least the observed one."""
        return self._share(self.statistics >= self.excess - TOLERANCE)

    @property
    def low(self) -> PValue:
        """Draws whose mended statistic is at most the observed one."""
        return self._share(self.mended <= self.mended_excess + TOLERANCE)

    def _share(self, hits: Bools) -> PValue:
        return PValue(int(np.count_nonzero(hits)) + self.is_sampled, len(hits) + self.is_sampled)


def excess_of(outcomes: Floats, events: Ints) -> float:
    """Return the mean outcome at the events less the mean of all outcomes."""
    return float(outcomes[events].mean() - outcomes.mean())
