"""Counted episodes: spacing first, then the cut to the known outcomes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.study.counted import Uncounted, count_episodes, spaced_events
from bot.study.plan_values import Spacing

ROWS = np.array([10, 12, 15, 19, 20])


@pytest.mark.parametrize(
    ("start", "counted"), [("front", [10, 15, 20]), ("back", [10, 15, 20]), ("none", [10, 12, 15, 19, 20])]
)
def test_spacing_counts_from_its_start(start: Spacing, counted: list[int]) -> None:
    assert ROWS[spaced_events(ROWS, 5, start)].tolist() == counted


def test_spacing_from_the_back_differs_where_the_front_skips() -> None:
    rows = np.array([0, 3, 6])
    assert rows[spaced_events(rows, 4, "front")].tolist() == [0, 6]
    assert rows[spaced_events(rows, 3, "front")].tolist() == [0, 3, 6]
    assert np.array([0, 3, 5])[spaced_events(np.array([0, 3, 5]), 4, "back")].tolist() == [0, 5]
    assert np.array([0, 2, 5])[spaced_events(np.array([0, 2, 5]), 3, "back")].tolist() == [2, 5]


def test_an_event_before_the_data_still_keeps_the_next_one_away() -> None:
    found = count_episodes(ROWS, 5, "front", 12, 18)
    assert found.reasons == (Uncounted.BEFORE, Uncounted.TOO_CLOSE, None, Uncounted.TOO_CLOSE, Uncounted.OPEN)
    assert found.counted.tolist() == [15]


def test_the_first_and_the_last_known_session_count() -> None:
    assert count_episodes(ROWS, 1, "none", 10, 20).counted.tolist() == ROWS.tolist()


@given(st.sets(st.integers(0, 200), max_size=30), st.integers(1, 30), st.integers(0, 500))
def test_moving_the_events_and_the_data_moves_the_episodes(rows: set[int], spacing: int, shift: int) -> None:
    events = np.array(sorted(rows), np.int64)
    here = count_episodes(events, spacing, "front", 50, 150)
    there = count_episodes(events + shift, spacing, "front", 50 + shift, 150 + shift)
    assert there.reasons == here.reasons
    assert (np.diff(here.counted) >= spacing).all()
