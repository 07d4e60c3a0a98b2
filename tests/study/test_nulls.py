"""The statistic of the verdict under other null distributions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bot.core.market import Floats
from bot.study.null_test import NullTest
from bot.study.nulls import circular, less_group_means, linear, nulls, paired, spaced_dates, without_years
from bot.study.redrawn import block_rows
from bot.study.study_data import StudyData
from tests.study.studies import study_of

# Breakouts at 4 and 9, confirmed at 5 and 10; ETH doubles in the three sessions after each.
INDEX = [100.0, 99, 98, 97, 101, 102, 99, 98, 97, 103, 104, 99, 99, 99, 99, 99, 99, 99]
COIN = [1.0] * 6 + [1, 1, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4]


def test_draws_count_the_observed_one_only_where_they_are_random() -> None:
    statistics = np.array([0.0, 1, 2, 3])
    shifted = NullTest(2.0, 1.0, 1.0, statistics, statistics, is_sampled=False)
    drawn = NullTest(2.0, 1.0, 1.0, statistics, statistics, is_sampled=True)
    assert (shifted.up.count, shifted.up.total, shifted.low.count) == (2, 4, 2)
    assert (drawn.up.count, drawn.up.total, drawn.low.count) == (3, 5, 3)


def test_the_circular_shifts_are_the_verdict() -> None:
    data = study_of(INDEX, COIN)
    null, test = circular(data), data.default_test
    assert test.events.tolist() == [5, 10]
    assert (null.up, null.low) == (test.up, test.low(0.35))


def test_linear_shifts_keep_every_episode_inside() -> None:
    data = study_of(INDEX, COIN)
    # 15 outcomes are known, episodes at 5 and 10: moves from -5 to +4.
    test, null = data.default_test, linear(data)
    assert len(test.outcomes) == 15
    expected = [(test.outcomes[5 + k] + test.outcomes[10 + k]) / 2 - test.outcomes.mean() for k in range(-5, 5)]
    assert null.statistics.tolist() == pytest.approx(expected)
    assert null.excess == pytest.approx(expected[5])


def test_every_set_of_spaced_dates_is_equally_likely() -> None:
    dates = spaced_dates(np.random.default_rng(1), 6000, 2, 5, 3)
    counts = Counter(map(tuple, dates.tolist()))
    assert set(counts) == {(0, 3), (0, 4), (1, 4)}
    assert all(abs(count - 2000) < 150 for count in counts.values())


def test_a_year_is_taken_out_by_its_mean() -> None:
    assert less_group_means(np.array([1.0, 3, 10, 20]), np.array([7, 7, 9, 9])).tolist() == [-1, 1, -5, 5]


def test_within_one_year_its_mean_changes_nothing() -> None:
    data = study_of(INDEX, COIN)
    assert (without_years(data).up, without_years(data).low) == (circular(data).up, circular(data).low)


def test_each_year_has_its_own_mean() -> None:
    # From Friday 2015-12-18: nine sessions of 2015, then those of 2016 with the second event.
    data = study_of(INDEX, COIN, first="2015-12-18")
    test, null = data.default_test, without_years(data)

    def excess(values: Floats) -> float:
        return float((values[5] - values[:9].mean() + values[10] - values[9:].mean()) / 2)

    assert null.excess == pytest.approx(excess(test.outcomes))
    assert null.mended_excess == pytest.approx(excess(test.mended(0.35)))


def test_the_same_events_of_both_series_leave_no_excess() -> None:
    data = study_of(INDEX, COIN, SPX=INDEX)
    null = paired(data, "SPX")
    assert null.excess == 0.0
    assert null.up.p == 1.0


def test_a_pair_subtracts_the_other_excess() -> None:
    # The other series breaks out two sessions later, at 6 and 11, confirmed at 7 and 12.
    data = study_of(INDEX, COIN, SPX=[50.0, 50, *INDEX[:-2]])
    y = data.default_test.outcomes
    assert paired(data, "SPX").excess == pytest.approx((y[5] + y[10]) / 2 - (y[7] + y[12]) / 2)


def test_a_null_without_its_series_is_listed_with_what_is_missing() -> None:
    rows = nulls(study_of(INDEX, COIN, {"nulls": {"redrawn": {"draws": 20}, "random_dates": {"draws": 20}}}))["rows"]
    missing = {row["null"]: row["missing"] for row in rows if row["missing"]}
    assert list(missing) == ["less S&P 500"]
    assert "SPX" in missing["less S&P 500"]
    assert [row["draws"] for row in rows] == [15, 21, 10, 21, 15, None]


def test_blocks_follow_on_and_have_their_mean_length() -> None:
    rows = block_rows(np.random.default_rng(1), 10_000, 5.0)
    breaks = np.count_nonzero((np.diff(rows) != 1) & (np.diff(rows) != 1 - 10_000))
    assert 10_000 / breaks == pytest.approx(5, rel=0.1)
    assert set(np.unique(rows)) <= set(range(10_000))


def test_the_nulls_of_real_prices(real_study: StudyData) -> None:
    found = nulls(real_study)
    counts = {row["null"]: (row["draws"], row["count_up"], row["count_low"]) for row in found["rows"]}
    assert counts == {
        "circular shifts": (2605, 2190, 7),
        "redrawn index": (1001, 865, 5),
        "linear shifts": (377, 349, 1),
        "random dates": (1001, 834, 5),
        "calendar-year means": (2605, 2234, 12),
        "less S&P 500": (2605, 2500, 1),
    }
