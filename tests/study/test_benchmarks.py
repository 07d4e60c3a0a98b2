"""The rotation against its benchmarks, as a section."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bot.backtest.run import backtest
from bot.core.errors import DataError
from bot.core.market import Market
from bot.ledger.plan_log import PlanEntryKind, plan_log
from bot.settings.loader import load_config
from bot.study.benchmarks_section import benchmarks, distinct_returns
from bot.study.plan import StudyPlan, load_plan
from bot.study.rotation_runs import RotationRuns
from bot.study.study_data import StudyData
from bot.study.trials import trials
from strategies.rotation.view import Views
from tests.markets import RandomMarket, random_market


@pytest.fixture(scope="module")
def made() -> RandomMarket:
    return random_market(3, 700)


def short_plan() -> StudyPlan:
    plan = load_plan()
    return plan.model_copy(update={"benchmarks": plan.benchmarks.model_copy(update={"draws": 50, "blocks": 8})})


def test_equal_series_count_once_and_longer_ones_are_cut_at_their_beginning() -> None:
    a, b = np.array([9.0, 1.0, 2.0]), np.array([3.0, 4.0])
    assert distinct_returns([a, b, a[1:]]).tolist() == [[1.0, 3.0], [2.0, 4.0]]


@pytest.mark.slow
def test_rows_are_the_benchmarks_of_a_backtest(made: RandomMarket, tmp_path: Path) -> None:
    config = made.config({"state": str(tmp_path)})
    log = plan_log(config.state)
    log.append_once(PlanEntryKind.STUDIED, "a" * 64, {"variants": 40}, datetime(2026, 1, 1, tzinfo=UTC))
    log.append_once(PlanEntryKind.STUDIED, "b" * 64, {"variants": 3}, datetime(2026, 1, 2, tzinfo=UTC))
    data = StudyData(short_plan(), config, made.market)
    found = benchmarks(data)
    summary = backtest(config, made.market, data.once(RotationRuns).window, Views()).summary
    for row, figures in zip(found["rows"], summary["benchmarks"].values(), strict=True):  # type: ignore[attr-defined]
        assert row["total_return"] == figures["total_return"]
    luck = summary["random_timing"]["at_least_as_well"]  # type: ignore[index]
    assert found["at_least_as_well"] == pytest.approx(luck, abs=1e-9)
    assert found["sharpe"] == pytest.approx(summary["strategy"]["sharpe"], abs=1e-9)  # type: ignore[index]
    assert (found["trials"], found["splits"]) == (43, 70)
    assert trials(log.entries()) == {"plans": 2, "variants": 43}
    assert found["dsr"] < found["psr"]


def test_another_claim_is_not_what_the_rotation_trades(made: RandomMarket) -> None:
    plan = short_plan()
    other = plan.model_copy(update={"signal": plan.signal.model_copy(update={"series": "SPY"})})
    with pytest.raises(DataError, match=r"^the rotation does not trade this claim$"):
        benchmarks(StudyData(other, made.config(), made.market))


@pytest.mark.slow
def test_the_benchmarks_of_the_real_market(real_market: Market, tmp_path: Path) -> None:
    # The figures of an independent computation, which had no market impact.
    config = load_config(changes={"state": str(tmp_path), "costs": {"impact": 0.0}})
    found = benchmarks(StudyData(load_plan(), config, real_market))
    assert found["at_least_as_well"] == 0.386
    assert (found["p_rotation"], found["p_benchmarks"], found["block"]) == (0.372, 0.007, 70)
    assert found["beaten"] == [] and len(found["better"]) == 5
    assert found["psr"] == pytest.approx(0.8957902171, abs=1e-9)
    assert found["min_track_record"] == pytest.approx(18.1547682664, abs=1e-9)
    assert (found["splits"], found["variants"]) == (12_870, 11)
