"""Event curves, and the verdict without each episode."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.study.curves import curves, mean_path
from bot.study.drop_one import drop_one
from bot.study.plan import load_plan
from bot.study.study_data import StudyData
from tests.study.studies import study_of, study_with_effect
from tests.study.test_nulls import COIN, INDEX

FEW = {"curves": {"draws": 20, "least_block": 2}}


def test_a_path_is_the_log_return_since_the_first_price() -> None:
    # The coin doubles between the second and the third session after each of both events.
    found = curves(study_of(INDEX, COIN, FEW))
    assert found["sessions"] == [0, 1, 2, 3]
    assert [episode["path"] for episode in found["episodes"]] == [
        pytest.approx([0, 0, 0, log(2)]),
        pytest.approx([0, 0, 0, log(2)]),
    ]
    assert found["mean"] == pytest.approx([0, 0, 0, log(2)])
    assert found["band_low"][0] == found["band_high"][0] == 0


def test_a_path_ends_with_the_data() -> None:
    # The last event lies at 15: one more price follows, and its outcome is open.
    index = [*INDEX[:14], 105, 106, 99]
    found = curves(study_of(index, COIN[:17], FEW))
    last = found["episodes"][-1]
    assert (last["counted"], last["path"]) == (False, pytest.approx([0, 0]))


def test_the_mean_path_is_over_the_events() -> None:
    logs = np.array([0.0, 1, 3, 6, 10])
    assert mean_path(logs, np.array([0, 2]), 2).tolist() == [0, (1 + 3) / 2, (3 + 7) / 2]


def test_an_added_effect_leaves_the_band() -> None:
    found = curves(study_with_effect(0))
    assert found["mean"][63] > found["band_high"][63]
    assert found["block"] >= load_plan().curves.least_block
    assert np.diff(found["band_high"])[:20].mean() > 0


def test_the_band_of_a_random_walk_is_that_of_its_mean() -> None:
    # 15 paths of 63 steps with a spread of 0.01 each: the mean has a spread of 0.01 x sqrt(63 / 15).
    data = study_with_effect(0, effect=0.0)
    found = curves(data)
    assert len(data.default_test.events) == 15
    assert (found["band_high"][63] - found["band_low"][63]) / 2 == pytest.approx(
        1.96 * 0.01 * (63 / 15) ** 0.5, rel=0.15
    )
    assert found["block"] == 20


def test_a_basket_has_no_path() -> None:
    with pytest.raises(DataError, match="no price path"):
        curves(study_of(INDEX, COIN, {"outcome": {"series": "altcoins"}}))


def test_the_verdict_without_each_episode() -> None:
    rises_more = [price**3 if price == 4 else price for price in COIN]
    data = study_of(INDEX, rises_more, {"judgement": {"least_episodes": 1}})
    y = data.default_test.outcomes
    rows = drop_one(data)["rows"]
    assert [row["session"] for row in rows] == ["2015-01-09", "2015-01-16"]
    assert [row["n"] for row in rows] == [1, 1]
    assert rows[0]["excess"] == pytest.approx(y[10] - y.mean())
    assert rows[1]["excess"] == pytest.approx(y[5] - y.mean())


def test_one_episode_cannot_be_left_out() -> None:
    with pytest.raises(DataError, match="two at least"):
        drop_one(study_of(INDEX[:9] + [97.0] * 9, COIN))


def test_real_prices_without_each_episode(real_study: StudyData) -> None:
    words = {
        row["session"]: (row["word"], round(row["p_low"], 4), row["bound"]) for row in drop_one(real_study)["rows"]
    }
    assert words == {
        "2016-11-18": ("NOT SUPPORTED", 0.0015, 0.16),
        "2017-09-28": ("NOT SUPPORTED", 0.0008, 0.0),
        "2018-05-22": ("INCONCLUSIVE", 0.0549, 0.37),
        "2018-08-27": ("NOT SUPPORTED", 0.0372, 0.33),
        "2020-11-19": ("NOT SUPPORTED", 0.0008, 0.0),
        "2021-11-08": ("NOT SUPPORTED", 0.0154, 0.22),
        "2025-10-02": ("NOT SUPPORTED", 0.0154, 0.22),
    }
    found, test = curves(real_study), real_study.default_test
    assert found["mean"][63] == pytest.approx(test.outcomes[test.events].mean())
