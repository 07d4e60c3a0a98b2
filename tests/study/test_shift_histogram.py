"""Histograms of all shifts, counted by hand."""

from __future__ import annotations

import numpy as np

from bot.study.shift_histogram import BINS, shift_histogram
from bot.study.shifts import ShiftTest

# One episode, horizon 1: the statistic of each shift is that session's outcome less the mean, 0.
TEST = ShiftTest(np.array([-0.31, 0.61, -0.6, 0.3]), np.array([0]), 1)


def counted(histogram: list[int]) -> list[int]:
    return [at for at, count in enumerate(histogram) for _ in range(count)]


def test_every_shift_is_in_a_bin() -> None:
    found = shift_histogram(TEST, 0.0)
    assert len(found["edges"]) == BINS + 1
    assert counted(found["no_lead"]) == [0, 14, 44, 59]
    assert found["with_lead"] == found["no_lead"]


def test_a_lead_moves_the_others_up_around_the_observed_excess() -> None:
    # The effect 0.2 out of the episode: outcomes -0.51, 0.61, -0.6, 0.3 less their mean -0.05. Moved by -0.31 + 0.46
    # they are -0.31, 0.81, -0.40, 0.50; all statistics lie in -0.6 to 0.81, in bins of 1.41 / 60.
    found = shift_histogram(TEST, 0.2)
    assert np.isclose([found["edges"][0], found["edges"][-1]], [-0.6, 0.81]).all()
    assert counted(found["with_lead"]) == [8, 12, 46, 59]


def test_as_many_shifts_lie_at_or_below_the_observed_one_as_the_lower_test_counts() -> None:
    outcomes = np.random.default_rng(5).normal(size=500)
    test = ShiftTest(outcomes, np.array([20, 140, 300]), 63)
    found, low = shift_histogram(test, 0.35), test.low(0.35).count
    edges, with_lead = np.array(found["edges"]), np.array(found["with_lead"])
    below = with_lead[edges[1:] <= test.excess].sum()
    assert below <= low <= below + with_lead[(edges[:-1] <= test.excess) & (edges[1:] > test.excess)].sum()
