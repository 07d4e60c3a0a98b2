"""The second null: the index redrawn by a stationary bootstrap, the outcomes kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.study.counted import count_episodes
from bot.study.null_test import NullTest, excess_of
from bot.study.study_data import StudyData
from strategies.indicators import Ints

_MOST_REJECTED = 50
"""Draws per counted draw after which a plan is refused: its index hardly ever has enough episodes."""


@dataclass(frozen=True, slots=True, eq=False)
class RedrawnNull:
    """Statistics of the outcomes after the events of redrawn indices.

    Attributes
    ----------
    test
        The observed excess against those of the draws.
    block
        Mean length of a block of the bootstrap, in sessions.
    rejected
        Draws with too few counted episodes, which were drawn again.
    """

    test: NullTest
    block: float
    rejected: int


def redrawn_null(data: StudyData) -> RedrawnNull:
    """Draw the index anew, apply the rule to each draw, and read the observed outcomes after its events.

    Daily log returns are drawn in blocks of geometric length (Politis, Romano 1994) with the mean length of Politis and
    White (2004), so that the events come at other times and keep the index's own rhythm.

    Raises
    ------
    DataError
        If hardly a draw has enough counted episodes.
    """
    plan, test, outcome = data.plan, data.default_test, data.default_outcome
    rule, least = plan.nulls.redrawn, plan.judgement.least_episodes
    random = np.random.default_rng(rule.seed)
    closes = data.index(plan.signal.series).closes
    returns = np.diff(np.log(closes))
    block = block_length(returns)
    mended = test.mended(plan.judgement.effect)
    found: list[tuple[float, float]] = []
    rejected = 0
    while len(found) < rule.draws:
        path = closes[0] * np.exp(np.concatenate(([0.0], np.cumsum(returns[block_rows(random, len(returns), block)]))))
        counted = _counted(data, path) - outcome.first
        if len(counted) < least:
            rejected += 1
            if rejected > _MOST_REJECTED * rule.draws:
                raise DataError(f"redrawn indices have under {least} episodes", where=f"plan {plan.name}")
            continue
        found.append((excess_of(test.outcomes, counted), excess_of(mended, counted)))
    statistics, low = np.array(found).T
    null = NullTest(test.excess, test.excess_without_best, excess_of(mended, test.events), statistics, low, True)
    return RedrawnNull(null, block, rejected)


def block_length(returns: Floats) -> float:
    """Return the mean block length of the stationary bootstrap, in rows (Politis, White 2004; Patton et al. 2009)."""
    from arch.bootstrap import optimal_block_length

    if np.ptp(returns) == 0:
        return 1.0  # a constant series depends on nothing
    return max(float(optimal_block_length(returns)["stationary"].iloc[0]), 1.0)


def block_rows(random: np.random.Generator, count: int, block: float) -> Ints:
    """Draw rows in blocks of geometric length, wrapped at the end (Politis, Romano 1994).

    Parameters
    ----------
    random
        Generator of the draw.
    count
        Number of rows, and of the series that they index.
    block
        Mean length of a block, in rows.
    """
    begins = random.random(count) < 1 / block
    begins[0] = True
    starts = random.integers(count, size=count)
    at = np.arange(count)
    begun = np.maximum.accumulate(np.where(begins, at, 0))
    rows: Ints = (starts[begun] + at - begun) % count
    return rows


def _counted(data: StudyData, closes: Floats) -> Ints:
    signal, outcome = data.plan.signal, data.default_outcome
    rows = data.events_on(replace(data.index(signal.series), closes=closes))
    spacing = signal.spacing
    return count_episodes(rows, spacing.sessions, spacing.start, outcome.first, outcome.last).counted
