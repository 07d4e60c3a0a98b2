"""Sampling of a track: the newest value at each time, from the first row on."""

from __future__ import annotations

import numpy as np

from strategies.rotation.track import Track

DUE = np.array(["2024-01-02T21:00", "2024-01-03T21:00", "2024-01-04T21:00"], "datetime64[s]")
TIMES = np.array(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-09"], "datetime64[s]")


def test_the_newest_value_is_sampled_and_none_before_the_first() -> None:
    sampled = Track(DUE, np.array([5.0, 6.0, 7.0]), ()).sampled(TIMES)
    np.testing.assert_array_equal(sampled, [np.nan, 5.0, 6.0, 7.0, 7.0])


def test_a_value_counts_from_the_second_at_which_it_is_due() -> None:
    track = Track(DUE, np.array([5.0, 6.0, 7.0]), ())
    np.testing.assert_array_equal(track.sampled(DUE), [5.0, 6.0, 7.0])
    np.testing.assert_array_equal(track.sampled(DUE - np.timedelta64(1, "s")), [np.nan, 5.0, 6.0])


def test_a_track_without_rows_is_unknown_at_each_time() -> None:
    assert np.isnan(Track(DUE[:0], np.empty(0), ()).sampled(TIMES)).all()
