"""Moments between NumPy, datetimes and text, and the days of a run's trading."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from bot.core.decision import Decision
from bot.core.moments import ONE_DAY, iso, midnight, newest, utc
from bot.core.window import Window


def test_the_newest_moment_is_the_last_at_or_before_each_time() -> None:
    known = np.array(["2024-03-01T00:00:00", "2024-03-01T21:00:00", "2024-03-04T21:00:00"], "datetime64[s]")
    times = ["2024-02-29T23:59:59", "2024-03-01T00:00:00", "2024-03-01T20:59:59", "2024-03-01T21:00:00", "2024-03-05"]
    assert newest(known, np.array(times, "datetime64[s]")).tolist() == [-1, 0, 0, 1, 2]


def test_a_numpy_moment_is_the_same_moment_in_utc() -> None:
    found = utc(np.datetime64("2024-03-01T21:00:05", "s"))
    assert found == datetime(2024, 3, 1, 21, 0, 5, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_a_day_begins_at_midnight_in_utc_and_the_next_24_hours_later() -> None:
    assert midnight(date(2024, 2, 9)) == datetime(2024, 2, 9, 0, 0, tzinfo=UTC)
    assert date(2024, 2, 28) + ONE_DAY == date(2024, 2, 29)


def test_a_moment_is_written_to_the_second_with_a_z() -> None:
    assert iso(datetime(2024, 2, 9, 1, 2, 3, 999_999, tzinfo=UTC)) == "2024-02-09T01:02:03Z"


def test_a_window_has_its_first_and_its_last_day() -> None:
    decisions = [Decision(midnight(date(2024, 3, day)), "STABLE", "STABLE", {}, ("why",)) for day in range(1, 8)]
    kept = Window(date(2024, 3, 3), date(2024, 3, 5)).cut(decisions)
    assert [decision.at.day for decision in kept] == [3, 4, 5]
