"""The compiled simulation against the exact engine: decisions and lots equal, prices on the tick, equity to 1e-9."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.figures import figures_of
from bot.core.instrument import to_weight
from bot.data.demo.demo_market import DEMO
from bot.services.markets import open_market
from bot.services.plans import window_of
from bot.settings.loader import load_config
from bot.simulation.kernel import RunInputs, SetNumbers, rounded_weight
from bot.simulation.prepared_market import PreparedMarket
from bot.simulation.simulation import Simulation
from bot.sweep.run_figures import figures_of_run
from strategies.rotation.rules import Reason
from tests.simulation.random_sets import random_set, require_equal, run_both


@pytest.fixture(scope="module")
def demo() -> PreparedMarket:
    config = load_config()
    market = open_market(config, None, DEMO)
    return PreparedMarket(config, market, window_of(market, None, None))


@pytest.mark.parametrize("seed", range(2))
def test_random_sets_on_the_demo_run_as_in_the_exact_engine(demo: PreparedMarket, seed: int) -> None:
    both = run_both(demo, random_set(demo.settings, seed))
    require_equal(both)


def test_a_set_without_its_own_numbers_trades(demo: PreparedMarket) -> None:
    drawn = random_set(demo.settings, 0)
    assert len(run_both(demo, drawn).exact_fills()) > 10


@pytest.mark.slow
def test_fifty_sets_on_the_demo(demo: PreparedMarket) -> None:
    simulation = Simulation(is_compiled=True)
    for seed in range(100, 150):
        require_equal(run_both(demo, random_set(demo.settings, seed), simulation))


@pytest.mark.slow
@pytest.mark.skipif("MARKET_DATA_DIR" not in os.environ, reason="MARKET_DATA_DIR names no folder of real prices")
def test_two_hundred_sets_on_real_prices() -> None:
    config, simulation = load_config(), Simulation(is_compiled=True)
    market = open_market(config, Path(os.environ["MARKET_DATA_DIR"]), "auto")
    prepared = PreparedMarket(config, market, window_of(market, date(2016, 1, 1), None))
    for seed in range(200):
        require_equal(run_both(prepared, random_set(prepared.settings, seed), simulation))


@pytest.mark.parametrize("seed", range(1))
def test_figures_are_those_of_a_backtest(demo: PreparedMarket, seed: int) -> None:
    both = run_both(demo, random_set(demo.settings, seed))
    exact = figures_of(both.book, both.book.plan.cash)
    simulated = figures_of_run(both.run, demo.numbers.cash, demo.first, demo.window.start)
    for name in ("total_return", "cagr", "max_drawdown", "sharpe", "exposure"):
        assert simulated[name] == pytest.approx(exact[name], rel=1e-9, abs=1e-9), name
    assert simulated["trades"] == exact["trades"]
    entered = [one for one in both.view.path if one.reasons & Reason.ENTERED_ETH]
    assert simulated["episodes"] == len(entered)


def test_a_run_counts_the_fills_for_which_it_had_no_room(demo: PreparedMarket) -> None:
    whole, cut = (run_both(demo, random_set(demo.settings, 0), room=room).run for room in (4096, 5))
    assert cut.fill_count == whole.fill_count == len(whole.fills.lots) > 5
    assert cut.fills.lots.tolist() == whole.fills.lots[:5].tolist()
    assert cut.equity.tolist() == whole.equity.tolist()


def test_days_after_the_last_decision_have_no_value(demo: PreparedMarket) -> None:
    view, settings, simulation = demo.view, demo.settings, Simulation()
    seen, multipliers = simulation.observations(view.observed), np.ones(demo.days)
    decisions = demo.first + 5
    arrays = RunInputs(seen, view.stale[:decisions], demo.shares, demo.coins, multipliers, demo.first)
    run = simulation.one(SetNumbers(settings.rules, settings.target_rules, demo.numbers), arrays)
    for column in (run.equity, run.cash):
        assert np.isfinite(column[:5]).all()
        assert np.isnan(column[5:]).all()


@given(st.floats(0.0, 1.0) | st.integers(0, 10**9).map(lambda steps: steps / 1e9))
def test_a_weight_is_rounded_as_in_a_decision(weight: float) -> None:
    assert rounded_weight(weight) == float(to_weight(weight))


@pytest.mark.parametrize("weight", [0.06427511999999999, 0.06427512, 0.1 * 0.7, 1 / 3])
def test_a_weight_beside_a_step_is_rounded_as_in_a_decision(weight: float) -> None:
    assert rounded_weight(weight) == float(to_weight(weight))
