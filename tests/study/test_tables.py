"""Backtests of the rotation's variants: gates, costs, delay and coins."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import numpy as np
import pytest

from bot.backtest.delayed import delayed
from bot.backtest.run import backtest
from bot.core.decision import Decision
from bot.core.errors import DataError
from bot.core.instrument import Instrument
from bot.core.market import Market
from bot.core.moments import midnight
from bot.settings.loader import load_config
from bot.study.plan import load_plan
from bot.study.rotation_runs import FIGURES, RotationRuns, at_costs, with_gates, without_coins
from bot.study.study_data import StudyData
from bot.study.tables_section import tables
from strategies.rotation.view import RotationView, Views
from tests.markets import RandomMarket, random_market, session_days

pytestmark = pytest.mark.slow

DAYS = [day.item() for day in session_days("2019-01-02", 4)]


@pytest.fixture(scope="module")
def made() -> RandomMarket:
    return random_market(3, 700)


@pytest.fixture(scope="module")
def data(made: RandomMarket) -> StudyData:
    return StudyData(load_plan(), made.config(), made.market)


def test_a_delay_moves_each_decision_and_leaves_out_the_last() -> None:
    decisions = [Decision(midnight(day), "A", "A", {"ETH": Decimal(i) / 10}, ()) for i, day in enumerate(DAYS)]
    late = delayed(decisions, 2)
    assert [(one.at.date(), one.weights["ETH"]) for one in late] == [
        (DAYS[2], Decimal("0.0")),
        (DAYS[3], Decimal("0.1")),
    ]
    assert delayed(decisions, 0) == decisions
    assert delayed(decisions, 9) == []


def test_costs_are_a_multiple_of_fee_and_slippage() -> None:
    plain = Instrument("ETH", *(Decimal("0.01"),) * 3, fee=Decimal("0.001"), slippage=Decimal("0.0005"))
    dear = at_costs(plain, Decimal(4))
    assert (dear.fee, dear.slippage) == (Decimal("0.004"), Decimal("0.0020"))
    assert dear.step == plain.step


def path_of(view: RotationView) -> list[tuple[int, int, int]]:
    return [(outcome.stage, outcome.tranche, outcome.reasons) for outcome in view.path]


def test_a_view_that_shares_readings_has_the_path_of_a_new_one(data: StudyData) -> None:
    base = RotationView(data.market, data.settings)
    for gate in fields(data.settings.rotation.gates):
        settings = with_gates(data.settings, {gate.name: not getattr(data.settings.rotation.gates, gate.name)})
        shared, new = RotationView(data.market, settings, of=base), RotationView(data.market, settings)
        assert path_of(shared) == path_of(new)
        assert shared.gates.keys() == new.gates.keys()


def test_a_gate_that_is_switched_can_change_the_path(data: StudyData) -> None:
    base = RotationView(data.market, data.settings)
    off = {gate.name: False for gate in fields(data.settings.rotation.gates)}
    assert path_of(RotationView(data.market, with_gates(data.settings, off), of=base)) != path_of(base)


def test_variants_are_the_runs_of_a_backtest(made: RandomMarket, data: StudyData) -> None:
    runs = RotationRuns(data)
    summary = backtest(made.config(), made.market, runs.window, Views()).summary
    rows = {row.variant: row for row in runs.variants()}
    for variant, figures in {
        "as configured": summary["strategy"],
        "costs x 1": summary["strategy"],
        "0 days late": summary["strategy"],
        "1 day late": summary["a_day_late"],
    }.items():
        assert rows[variant].figures == {name: figures[name] for name in FIGURES}, variant  # type: ignore[index]
    for row in rows.values():
        if row.missing is None:
            assert np.prod(1 + row.returns) - 1 == pytest.approx(row.figures["total_return"], abs=1e-8)


def test_each_gate_is_switched_and_left_alone(data: StudyData) -> None:
    rows = tables(data)["rows"]
    gates = [row["variant"] for row in rows if row["table"] == "gate"]
    assert gates[:2] == ["without relative_strength", "relative_strength alone"]
    assert "with trend too" in gates and gates[-1] == "no gate"
    assert len(gates) == 2 * 8 + 1
    # The market has no equal-weight fund, no fund of small caps at a year's high, and no sectors.
    missing = {row["variant"]: row["missing"] for row in rows if row["missing"]}
    assert missing["without participation"] == "the market lacks the series of the gate participation"
    assert [row["variant"] for row in rows if row["table"] == "costs"] == [
        "costs x 0",
        "costs x 1",
        "costs x 2",
        "costs x 4",
    ]


def test_coins_are_left_out_and_those_with_a_role_stay(made: RandomMarket) -> None:
    kept = without_coins(made.market, {"C01", "ETH", "USDT"})
    assert set(made.market) - set(kept) == {"C01"}


def test_coins_that_died_or_were_halted_are_dead(made: RandomMarket, data: StudyData) -> None:
    # C01 is dead and C04 halted by the table, C02 ends without an entry, C03 was renamed and lives on.
    assert {symbol for symbol in RotationRuns(data).dead_coins() if symbol in made.market} == {"C01", "C02", "C04"}


def test_another_claim_is_not_what_the_rotation_trades(made: RandomMarket) -> None:
    plan = load_plan()
    other = plan.model_copy(update={"outcome": plan.outcome.model_copy(update={"series": "BTC"})})
    with pytest.raises(DataError) as found:
        tables(StudyData(other, made.config(), made.market))
    assert str(found.value) == "the rotation does not trade this claim"


def test_the_tables_of_the_real_market(real_market: Market) -> None:
    # The figures of an independent computation, which had no market impact.
    config = load_config(changes={"costs": {"impact": 0.0}})
    rows = tables(StudyData(load_plan(), config, real_market))["rows"]
    found = {row["variant"]: row["total_return"] for row in rows}
    assert found["as configured"] == found["no gate"] == pytest.approx(0.9475225287)
    assert found["costs x 4"] == pytest.approx(0.6525369044)
    assert found["1 day late"] == pytest.approx(1.9488518301)
    assert found["without dead and halted coins"] == pytest.approx(0.8820037384)
