"""Circular shifts, worked by hand on twelve sessions, and what must leave them unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.study.shifts import ShiftTest, positive_autocorrelation, shift_means, window_overlap

# Episodes at 2 and 7, windows of 3 sessions. Sums of the two outcomes by shift 0 .. 11, the pairs (2, 7), (3, 8), ...:
#   5+4, 1+0, 2+3, 0+1, 1+2, 4+0, 0+1, 3+2, 1+5, 2+1, 0+2, 1+0; the mean of all outcomes is 21/12.
OUTCOMES = np.array([1.0, 2, 5, 1, 2, 0, 1, 4, 0, 3, 1, 1])
EVENTS = np.array([2, 7])
TWELVE = ShiftTest(OUTCOMES, EVENTS, 3)


def test_every_shift_of_twelve_sessions_has_the_mean_of_its_pair() -> None:
    pairs = [(2, 7), (3, 8), (4, 9), (5, 10), (6, 11), (7, 0), (8, 1), (9, 2), (10, 3), (11, 4), (0, 5), (1, 6)]
    expected = [(OUTCOMES[a] + OUTCOMES[b]) / 2 for a, b in pairs]
    assert shift_means(OUTCOMES, EVENTS).tolist() == expected
    assert expected == [4.5, 0.5, 2.5, 0.5, 1.0, 2.5, 1.0, 4.0, 1.0, 1.5, 0.5, 1.5]


def test_counts_of_twelve_sessions() -> None:
    assert TWELVE.excess == pytest.approx(4.5 - 21 / 12)
    assert (TWELVE.up.count, TWELVE.up.total) == (1, 12)
    assert TWELVE.excess_without_best == pytest.approx(4 - 21 / 12)
    assert TWELVE.low(0.0).count == 12


def test_overlaps_of_twelve_sessions() -> None:
    thirds = [1, 2, 3, 2, 1, 1, 2, 3, 2, 1, 0, 0]
    assert window_overlap(EVENTS, 12, 3).tolist() == pytest.approx([third / 3 for third in thirds])


def test_overlaps_of_near_episodes_add_up_unless_they_are_limited() -> None:
    # Windows [2, 5) and [3, 6): the session 2 shares 3 with the first and 2 with the second.
    near = np.array([2, 3])
    assert window_overlap(near, 6, 3).tolist() == pytest.approx([1 / 3, 1, 5 / 3, 5 / 3, 1, 1 / 3])
    assert window_overlap(near, 6, 3, 1.0).tolist() == pytest.approx([1 / 3, 1, 1, 1, 1, 1 / 3])


def test_the_lower_test_of_twelve_sessions() -> None:
    # An effect of 6 is taken out: y - 6 x overlap = -1 -2 -1 -3 0 -2 -3 -2 -4 1 1 1. Sums by shift, as above:
    #   -3 -7 1 -1 -2 -3 -6 0 -2 1 -3 -5. At most -3: shifts 0, 1, 5, 6, 10 and 11.
    assert TWELVE.mended(6.0).tolist() == pytest.approx([-1, -2, -1, -3, 0, -2, -3, -2, -4, 1, 1, 1])
    assert TWELVE.low(6.0).count == 6


def test_the_bound_is_the_first_effect_with_a_small_enough_share() -> None:
    bound = TWELVE.bound(0.5, 0.5, largest=8.0)
    assert bound is not None
    assert TWELVE.low(bound).p <= 0.5 < TWELVE.low(bound - 0.5).p
    assert TWELVE.bound(0.0, 0.5) is None


def test_one_episode_alone_has_no_excess_without_its_best() -> None:
    assert np.isnan(ShiftTest(OUTCOMES, np.array([2]), 3).excess_without_best)


def test_the_detectable_effect_is_a_quantile_and_a_multiple_of_the_spread() -> None:
    # q(0.75) of the twelve sorted means: rank 8.25 lies between 2.5 and 2.5; the sd has the divisor 12.
    assert TWELVE.detectable(0.25, 2.0) == pytest.approx(2.5 - 21 / 12 + 2 * np.std(shift_means(OUTCOMES, EVENTS)))


def test_autocorrelations_end_at_the_first_that_is_not_positive() -> None:
    # 1 1 0 0 around its mean: correlations 0 at lag 1, -1 at lag 2. 1 1 1 0 0 0: 1/3 at lag 1, then -1/3.
    assert positive_autocorrelation(np.array([1.0, 1, 1, 0, 0, 0])) == pytest.approx(1 / 3)
    assert positive_autocorrelation(np.ones(6)) == 0.0


def test_placements_are_sessions_over_their_dependence() -> None:
    six = ShiftTest(np.array([1.0, 1, 1, 0, 0, 0]), np.array([0]), 1)
    assert six.placements == pytest.approx(6 / (1 + 2 / 3))


quarters = st.integers(-8, 8).map(lambda count: count / 4)
series = st.lists(quarters, min_size=12, max_size=40).map(np.array)
episodes = st.sets(st.integers(0, 11), min_size=2, max_size=4).map(lambda rows: np.array(sorted(rows)))


@given(series, episodes, st.integers(-3, 3))
def test_a_constant_added_to_the_outcomes_changes_nothing(
    outcomes: np.ndarray, events: np.ndarray, constant: int
) -> None:
    test, raised = ShiftTest(outcomes, events, 3), ShiftTest(outcomes + constant, events, 3)
    assert raised.statistics == pytest.approx(test.statistics)
    assert (raised.up, raised.low(0.5)) == (test.up, test.low(0.5))


@given(series, episodes, st.integers(0, 40))
def test_episodes_that_move_with_the_data_change_nothing(outcomes: np.ndarray, events: np.ndarray, shift: int) -> None:
    test = ShiftTest(outcomes, events, 3)
    moved = ShiftTest(np.roll(outcomes, shift), (events + shift) % len(outcomes), 3)
    assert moved.excess == pytest.approx(test.excess)
    assert moved.up == test.up
    assert moved.detectable(0.025, 0.84) == pytest.approx(test.detectable(0.025, 0.84))


@given(series, episodes, st.floats(0, 2))
def test_the_lower_test_is_that_of_the_mended_outcomes(outcomes: np.ndarray, events: np.ndarray, effect: float) -> None:
    test = ShiftTest(outcomes, events, 3)
    mended = ShiftTest(test.mended(effect), events, 3).statistics
    slow = np.count_nonzero(mended <= mended[0] + 1e-9)
    assert abs(test.low(effect).count - slow) <= np.count_nonzero(np.abs(mended - mended[0]) < 1e-8)
