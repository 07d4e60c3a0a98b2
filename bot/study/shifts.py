"""Circular shifts of an episode vector: the null distribution of the honest test.

Moving all episodes by the same number of sessions keeps their spacing and the dependence of the outcomes, and breaks
only the link between the two (Harris 2020, bioRxiv 2020.11.29.402719; Romano, Tirlea 2020, arXiv 2009.03170, on why a
plain permutation fails here).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bot.core.market import Floats
from strategies.indicators import Ints

TOLERANCE = 1e-12
"""Difference up to which two statistics count as equal: sums in another order differ in the last digits."""


@dataclass(frozen=True, slots=True)
class PValue:
    """A p-value as a count: `count` of `total` statistics are as extreme as the observed one."""

    count: int
    total: int

    @property
    def p(self) -> float:
        """The share itself, from 0 to 1."""
        return self.count / self.total


def shift_means(values: Floats, events: Ints) -> Floats:
    """Compute the mean over the events at every circular shift of them.

    Parameters
    ----------
    values
        One value a session, shape (T,).
    events
        Positions of the episodes in `values`, shape (n,).

    Returns
    -------
    Floats
        Shape (T,); entry k has the mean at the events moved by k sessions, entry 0 the observed one.
    """
    twice = np.concatenate((values, values))
    total = np.zeros(len(values))
    for event in events.tolist():
        total += twice[event : event + len(values)]
    means: Floats = total / len(events)
    return means


def window_overlap(events: Ints, sessions: int, horizon: int, largest: float = np.inf) -> Floats:
    """Compute the share of each session's outcome window that the windows of the episodes cover.

    Parameters
    ----------
    events
        Positions of the episodes, shape (n,).
    sessions
        Number T of sessions.
    horizon
        Length of a window [s, s + horizon), in sessions.
    largest
        Largest share; windows of several episodes add up to it.

    Returns
    -------
    Floats
        Shape (T,), in units of a whole window.
    """
    at = np.arange(sessions)
    covered = np.zeros(sessions)
    for event in events.tolist():
        covered += np.maximum(horizon - np.abs(at - event), 0)
    shares: Floats = np.minimum(covered / horizon, largest)
    return shares


@dataclass(frozen=True, eq=False)  # no slots: the statistics are kept once they are computed
class ShiftTest:
    """The excess of the outcomes after some episodes, against all circular shifts of these episodes.

    Attributes
    ----------
    outcomes
        Log return over the horizon from each session, shape (T,).
    events
        Positions of the counted episodes in `outcomes`, shape (n,), n >= 1.
    horizon
        Sessions of an outcome.
    largest_overlap
        Largest share of a window that several episodes may cover together, in the mended outcomes.
    """

    outcomes: Floats
    events: Ints
    horizon: int
    largest_overlap: float = np.inf

    @cached_property
    def statistics(self) -> Floats:
        """Mean outcome over the shifted episodes less the mean over all sessions, by shift; shape (T,)."""
        statistics: Floats = shift_means(self.outcomes, self.events) - self.outcomes.mean()
        return statistics

    @cached_property
    def excess(self) -> float:
        """The observed statistic, a log return."""
        return float(self.statistics[0])

    @cached_property
    def excess_without_best(self) -> float:
        """The statistic with the episode of the highest outcome left out; NaN with one episode alone."""
        if len(self.events) == 1:
            return float("nan")
        others = np.delete(self.events, int(np.argmax(self.outcomes[self.events])))
        return float(self.outcomes[others].mean() - self.outcomes.mean())

    @cached_property
    def up(self) -> PValue:
        """Shifts whose statistic is at least the observed one."""
        return PValue(int(np.count_nonzero(self.statistics >= self.excess - TOLERANCE)), len(self.outcomes))

    @cached_property
    def overlap(self) -> Floats:
        """Share of each session's window that the windows of the episodes cover, shape (T,)."""
        return window_overlap(self.events, len(self.outcomes), self.horizon, self.largest_overlap)

    @cached_property
    def _overlap_statistics(self) -> Floats:
        statistics: Floats = shift_means(self.overlap, self.events) - self.overlap.mean()
        return statistics

    def mended(self, effect: float) -> Floats:
        """Take an effect out of the outcomes: effect x overlap at every session; `effect` is a log return."""
        mended: Floats = self.outcomes - effect * self.overlap
        return mended

    def low(self, effect: float) -> PValue:
        """Count the shifts of the mended outcomes whose statistic is at most the observed one of them.

        Parameters
        ----------
        effect
            Log return over the horizon that is taken out.
        """
        # The statistic is linear in the outcomes, so the mended ones need no second pass over all shifts.
        statistics = self.statistics - effect * self._overlap_statistics
        return PValue(int(np.count_nonzero(statistics <= statistics[0] + TOLERANCE)), len(self.outcomes))

    def bound(self, level: float, step: float, largest: float = 5.0) -> float | None:
        """Find the smallest effect that the outcomes reject, by inversion of the lower test.

        Parameters
        ----------
        level
            p-value up to which an effect is rejected.
        step
            Distance of the effects that are tried, from 0 on, as a log return.
        largest
            Last effect that is tried.

        Returns
        -------
        float or None
            None if no effect up to `largest` is rejected.
        """
        for count in range(round(largest / step) + 1):
            effect = round(count * step, 10)
            if self.low(effect).p <= level:
                return effect
        return None

    @cached_property
    def placements(self) -> float:
        """Number of independent placements of the episodes.

        T over 1 + 2 x the sum of the circular autocorrelations of the statistics, up to the first at or below 0.
        """
        return len(self.outcomes) / (1 + 2 * positive_autocorrelation(self.statistics))

    def detectable(self, level: float, power_quantile: float) -> float:
        """Compute the smallest effect that the upper test detects: q(1 - level) + quantile x sd of all statistics.

        Parameters
        ----------
        level
            One-sided level of the test.
        power_quantile
            Quantile of the standard normal at the power: 0.8416 for 80%.
        """
        return float(np.quantile(self.statistics, 1 - level) + power_quantile * self.statistics.std())


def positive_autocorrelation(values: Floats) -> float:
    """Add up the circular autocorrelations of lags 1, 2, ... up to the first at or below 0."""
    centred = values - values.mean()
    spectrum = np.abs(np.fft.rfft(centred)) ** 2
    correlations = np.fft.irfft(spectrum, len(values))
    if correlations[0] <= 0:
        return 0.0
    correlations = correlations[1:] / correlations[0]
    ends = np.flatnonzero(correlations <= 0)
    return float(correlations[: ends[0] if len(ends) else len(correlations)].sum())
