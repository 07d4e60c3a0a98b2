"""Cells of the multiverse, and the one p-value of all of them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.core.market import Market
from bot.settings.loader import load_config
from bot.study.joint_p import joint_p
from bot.study.multiverse import Cell, Choices
from bot.study.multiverse_section import multiverse
from bot.study.outcomes import OutcomeSeries
from bot.study.plan import StudyPlan, load_plan
from bot.study.shifts import ShiftTest
from bot.study.study_data import StudyData
from bot.study.word import Word
from tests.markets import (
    closes_on_days,
    closes_on_sessions,
    default_config,
    market_of,
    session_days,
    without,
)

DAYS = session_days("2019-01-02", 12)


def cell_of(series: str, values: list[float], events: list[int]) -> Cell:
    """A cell with the outcomes of an index; NaN where they are unknown."""
    outcome = OutcomeSeries("ETH", np.array(values), 1)
    test = ShiftTest(outcome.known, np.array(events) - outcome.first, 1) if events else None
    choices = Choices("breakout", "front", series, 1, 21, None, "ETH")
    return Cell(choices, outcome, test, 0.35, Word.INCONCLUSIVE)


def test_the_largest_statistic_of_each_shift_is_compared_with_the_observed_largest() -> None:
    # A by shift: 1 0 0 0, mean 1/4, sd sqrt(3)/4: z = sqrt 3, then -1/sqrt 3.
    # B by shift: 0 1 1 0, mean 1/2, sd 1/2: z = -1 1 1 -1.
    a, b = cell_of("RUT", [1, 0, 0, 0], [0]), cell_of("RUT", [0, 1, 1, 0], [0])
    found = joint_p([a, b], {"RUT": DAYS[:4]})
    assert found.z == pytest.approx((3**0.5, -1.0))
    assert (found.share.count, found.share.total) == (1, 4)  # type: ignore[union-attr]
    # A's episode a session later: z = -1/sqrt 3 at first, and every shift has a largest of at least that.
    later = joint_p([cell_of("RUT", [1, 0, 0, 0], [1]), b], {"RUT": DAYS[:4]})
    assert later.largest == pytest.approx(-(3**-0.5))
    assert (later.share.count, later.share.total) == (4, 4)  # type: ignore[union-attr]


def test_cells_of_two_indices_share_their_sessions_by_date() -> None:
    nan = float("nan")
    # The outcomes of IWM begin two sessions before those of RUT; common are the four sessions of RUT.
    rut = cell_of("RUT", [1, 0, 0, 0], [0])
    iwm = cell_of("IWM", [nan, 5, 7, 0, 1, 1, 0], [1, 3])
    found = joint_p([rut, iwm], {"RUT": DAYS[3:7], "IWM": DAYS[:7]})
    assert found.sessions == 4
    # The episode of IWM before the common sessions does not count there.
    assert found.z == pytest.approx((3**0.5, -1.0))


def test_a_constant_in_the_outcomes_changes_nothing() -> None:
    values, events = [0.3, -0.2, 0.1, 0.4, -0.5, 0.2, 0.0, 0.1], [1, 4]
    plain = joint_p([cell_of("RUT", values, events)], {"RUT": DAYS[:8]})
    raised = joint_p([cell_of("RUT", [value + 7 for value in values], events)], {"RUT": DAYS[:8]})
    assert raised.share == plain.share
    assert raised.z == pytest.approx(plain.z)


def test_a_cell_without_an_episode_has_no_statistic() -> None:
    found = joint_p([cell_of("RUT", [1, 0, 0], []), cell_of("RUT", [1, 0, 0], [0])], {"RUT": DAYS[:3]})
    assert found.z[0] is None and found.share is not None
    assert joint_p([cell_of("RUT", [1, 0, 0], [])], {"RUT": DAYS[:3]}).share is None


# --- the section -----------------------------------------------------------------------------------------------


def plan_with(**multiverse_changes: object) -> StudyPlan:
    plan = load_plan()
    return plan.model_copy(update={"multiverse": plan.multiverse.model_copy(update=multiverse_changes)})


@pytest.fixture(scope="module")
def made() -> Market:
    """Two indices that rise in waves, and two coins, without a hole."""
    wave = 100 + np.arange(300) / 10 + 5 * np.sin(np.arange(300) / 4)
    coin = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.03, 500)))
    closes = {
        "RUT": closes_on_sessions("2019-01-02", wave.tolist()),
        "IWM": closes_on_sessions("2019-01-02", (wave * 1.01).tolist()),
        "ETH": closes_on_days("2019-01-02", coin.tolist()),
        "BTC": closes_on_days("2019-01-02", coin[::-1].tolist()),
    }
    return market_of(closes)


def test_a_cell_whose_series_is_absent_is_listed_and_not_computed(made: Market) -> None:
    plan = plan_with(horizons=[5], bases=[3], closes=[2], outcomes=["ETH", "BTC", "GDX"])
    section = multiverse(StudyData(plan, default_config(), without(made, "IWM")))
    rows = section["rows"]
    assert len(rows) == 3 * 2 * 1 * 2 * 3
    missing = [row for row in rows if row["series"] == "IWM"]
    assert {row["missing"] for row in missing} == {"the market has no IWM"}
    assert {row["word"] for row in missing} == {None}
    assert section["not_computed"] == 18 + 6
    assert sum(section["counts"].values()) == 12
    assert section["notes"] == [
        "6 cells are not computed: the market has no GDX",
        "18 cells are not computed: the market has no IWM",
    ]


def test_a_multiverse_of_absent_series_is_an_error(made: Market) -> None:
    with pytest.raises(DataError, match="no cell of the multiverse can be computed: the market has no GDX"):
        multiverse(StudyData(plan_with(outcomes=["GDX"]), default_config(), made))


def test_an_empty_multiverse_is_an_error(made: Market) -> None:
    with pytest.raises(DataError, match="the multiverse has no cells"):
        multiverse(StudyData(plan_with(series=[]), default_config(), made))


def test_the_real_market_in_486_ways(real_market: Market) -> None:
    section = multiverse(StudyData(load_plan(), load_config(), real_market))
    assert section["counts"] == {"SUPPORTED": 0, "NOT SUPPORTED": 251, "INCONCLUSIVE": 235}
    assert (section["joint_count"], section["joint_sessions"], section["joint_cells"]) == (763, 2137, 486)
    assert section["joint_largest"] == pytest.approx(2.133620738164534, abs=1e-12)
