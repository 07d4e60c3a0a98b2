"""One p-value for many tests at once: the largest standardised statistic under the same shifts (max-T)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats
from bot.core.moments import Days
from bot.study.multiverse import Cell
from bot.study.shifts import TOLERANCE, PValue, shift_means


@dataclass(frozen=True, slots=True)
class JointP:
    """The joint test of some cells.

    Attributes
    ----------
    z
        Standardised statistic of each cell with an episode on the common sessions; others are empty.
    sessions
        Number of sessions that are common to all cells.
    share
        Shifts whose largest statistic is at least the observed largest; empty if no cell has a statistic.
    """

    z: tuple[float | None, ...]
    sessions: int
    share: PValue | None

    @property
    def largest(self) -> float | None:
        """The largest observed statistic, in standard deviations."""
        known = [z for z in self.z if z is not None]
        return max(known) if known else None


def joint_p(cells: Sequence[Cell], sessions: Mapping[str, Days]) -> JointP:
    """Compare the largest statistic of all cells with the largest of each circular shift.

    Every shift moves the episodes of all cells by the same number of sessions, so that the dependence of the cells is
    kept (Westfall, Young 1993, max-T; Girardi et al. 2024).

    Parameters
    ----------
    cells
        Cells of one or several indices; those with an outcome are compared.
    sessions
        Dates of each index by its name, shape (N,). Cells of several indices share their sessions by date.
    """
    known = [cell for cell in cells if cell.outcome is not None]
    common = _common_sessions(known, sessions)
    z: list[float | None] = []
    largest = np.full(len(common), -np.inf)
    for cell in cells:
        statistics = _standardised(cell, sessions, common)
        z.append(None if statistics is None else float(statistics[0]))
        if statistics is not None:
            np.maximum(largest, statistics, out=largest)
    if all(entry is None for entry in z):
        return JointP(tuple(z), len(common), None)
    hits = int(np.count_nonzero(largest >= largest[0] - TOLERANCE))
    return JointP(tuple(z), len(common), PValue(hits, len(common)))


def standardised(outcomes: Floats, events: Sequence[int] | np.ndarray) -> Floats | None:
    """Compute the statistic of every shift less its mean, over its sd (ddof 0); an sd of 0 gives None."""
    means = shift_means(outcomes, np.asarray(events))
    spread = float(means.std())
    if spread <= TOLERANCE:
        return None
    z: Floats = (means - means.mean()) / spread
    return z


def _common_sessions(cells: Sequence[Cell], sessions: Mapping[str, Days]) -> Days:
    """Return the dates on which every cell has a known outcome."""
    spans = {(cell.choices.series, cell.outcome.first, cell.outcome.last) for cell in cells if cell.outcome is not None}
    common: Days | None = None
    for series, first, last in sorted(spans):
        dates = sessions[series][first : last + 1]
        common = dates if common is None else np.intersect1d(common, dates, assume_unique=True)
    return np.array([], "datetime64[D]") if common is None else common


def _standardised(cell: Cell, sessions: Mapping[str, Days], common: Days) -> Floats | None:
    if cell.outcome is None or cell.test is None or not len(common):
        return None
    dates = sessions[cell.choices.series]
    events = dates[cell.test.events + cell.outcome.first]
    places = np.searchsorted(common, events[np.isin(events, common)])
    if not len(places):
        return None
    return standardised(cell.outcome.values[np.searchsorted(dates, common)], places)
