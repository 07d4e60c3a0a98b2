"""Axes beside the config: each set runs as in the exact engine."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from bot.backtest.engines.exact import run_exact
from bot.core.errors import ConfigError, DataError
from bot.core.events import Valuation
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.services.markets import open_market
from bot.services.plans import planned, window_of
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import load_config
from bot.sweep.contradictions import require_consistent, require_runnable
from bot.sweep.exact_set import planned_set
from bot.sweep.grid import load_grid
from bot.sweep.run_figures import MONTHLY
from bot.sweep.sweep import run_sweep
from bot.sweep.variation import Variations, with_changes
from strategies.rotation.view import RotationView
from tests.simulation.random_sets import BothRuns, require_equal

TWELVE = [f"A{number:02d}" for number in range(1, 13)]
DEMO_SETS = [
    {"delay_days": 1},
    {"delay_days": 2, "start": "2104-05-03"},
    {"start": "2107-04-25", "rotation.breakout.confirm_closes": 3},
    {"roles.small_caps": "SPX"},
    {"roles.volatility": "DGS10", "roles.sector_funds": ["XLB", "XLE", "XLF"], "rotation.gates.participation": True},
    {"altcoin_universe": TWELVE, "altcoins.count": 3},
]
REAL_SETS = [
    {"delay_days": 1},
    {"delay_days": 2, "rotation.entry": "gated"},
    {"start": "2018-01-01", "delay_days": 3},
    {"roles.small_caps": "SPX"},
    {"roles.small_caps": "NDX", "roles.eth": "BTC", "roles.btc": "ETH", "delay_days": 1},
    {"altcoin_universe": ["SOL", "LINK", "ADA", "MATIC", "FTT", "XRP", "DOT"], "start": "2019-01-01"},
]


@pytest.fixture(scope="module")
def variations() -> Variations:
    config = load_config()
    market = open_market(config, None, DEMO)
    return Variations(config, market, window_of(market, None, None))


def both_runs(variations: Variations, changes: dict[str, object]) -> BothRuns:
    """Run a set by both engines."""
    prepared, run = variations._shared_by(changes)[0], variations.run(changes)
    plan = planned_set(variations.config, variations.market, variations.window, changes, "test")
    settings = rotation_settings(with_changes(variations.config, changes))
    return BothRuns(run_exact(plan), RotationView(prepared.market, settings), run, prepared.symbols)


def test_a_set_with_every_axis_runs_as_in_the_exact_engine(variations: Variations) -> None:
    changes = {"delay_days": 2, "start": "2104-05-03", "roles.small_caps": "SPX", "altcoin_universe": TWELVE}
    both = both_runs(variations, changes)
    require_equal(both)
    assert len(both.exact_fills()) > 10


@pytest.mark.slow
@pytest.mark.parametrize("changes", DEMO_SETS, ids=lambda changes: " ".join(changes))
def test_a_set_on_the_demo_runs_as_in_the_exact_engine(variations: Variations, changes: dict[str, object]) -> None:
    both = both_runs(variations, changes)
    require_equal(both)
    assert len(both.exact_fills()) > 10
    assert both.run.equity.tolist() != variations.run({}).equity.tolist()


@pytest.mark.slow
@pytest.mark.skipif("MARKET_DATA_DIR" not in os.environ, reason="MARKET_DATA_DIR names no folder of real prices")
def test_sets_on_real_prices_run_as_in_the_exact_engine() -> None:
    config = load_config()
    market = open_market(config, Path(os.environ["MARKET_DATA_DIR"]), "auto")
    real = Variations(config, market, window_of(market, date(2016, 1, 1), None))
    for changes in REAL_SETS:
        require_equal(both_runs(real, changes))


@pytest.mark.slow
def test_another_index_is_that_of_a_config(variations: Variations) -> None:
    own = load_config(changes={"roles": {"small_caps": "SPX"}})
    book = run_exact(planned(own, open_market(own, None, DEMO), variations.window, "test"))
    equity = [float(event.equity) for event in book.events if isinstance(event, Valuation)]
    assert variations.run({"roles.small_caps": "SPX"}).equity.tolist() == pytest.approx(equity, rel=1e-9)


@pytest.mark.slow
def test_a_sweep_over_lists_ends_with_its_report(tmp_path: Path) -> None:
    config = load_config(changes={"state": str(tmp_path / "logs"), "demo": {"spread_seeds": 2}})
    grid = tmp_path / "grid.yaml"
    grid.write_text("altcoin_universe: [[A01, A02], [A03]]\nstart: [2102-01-02, 2104-01-01]\ndelay_days: [0, 1]\n")
    table = run_sweep(grid, config=config, market=DEMO, name="lists")
    assert table["altcoin_universe"].unique().tolist() == ["[A01, A02]", "[A03]"]
    assert table["start"].unique().tolist() == ["2102-01-02", "2104-01-01"]
    assert (tmp_path / "logs" / "sweeps" / "lists.html").is_file()


def test_days_before_the_first_order_of_a_delay_are_left_out(variations: Variations) -> None:
    """The market begins on 2 January 2102, so that a delay of two days begins to trade on 4 January."""
    changes = {"delay_days": 2}
    assert len(variations.run(changes).equity) == len(variations.run({}).equity) - 2
    prepared = variations._cuts.get(f"[] {Window(date(2102, 1, 4), variations.window.end)}")
    assert prepared.first == 2


def test_figures_of_a_later_start_are_those_of_its_own_days(variations: Variations) -> None:
    late = variations.figures({"start": "2107-04-25"})
    own = variations.over(Window(date(2107, 4, 25), variations.window.end)).figures({})
    assert late == own
    assert len(late[MONTHLY]) < len(variations.figures({})[MONTHLY])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("delay_day: [0]\n", "did you mean 'delay_days'"),
        ("delay_days: [-1]\n", "greater than or equal to 0"),
        ("delay_days: [0.5]\n", "integer"),
        ("start: [2103-01-01, soon]\n", "is no date, expected YYYY-MM-DD"),
        ("start: {low: 1, high: 3}\n", "expected a list of dates"),
        ("start: [1990-01-01]\n", "lies outside the data; expected a day from 2102-01-02"),
        ("start: [2199-01-01]\n", "has no day to trade on"),
        ("roles.small_cap: [RUT]\n", "did you mean 'roles.small_caps'"),
        ("roles.small_caps: [XRP]\n", "must be of kind index or etf"),
        ("roles.small_caps: [VX]\n", "is not in the symbol table; was VX; did you mean 'VIX'"),
        ("roles.small_caps: [RUT, IXIC]\n", "IXIC is no series of this market"),
        ("altcoin_universe: [[SOL]]\n", "SOL is no coin of this market; expected one of 27, such as A01, A02, A03$"),
        ("roles.eth: [ETH, BTC]\n", "roles.eth and roles.btc are both BTC"),
        ("altcoin_universe: [A01, A02]\n", "expected a list of lists of symbols"),
        ("altcoin_universe: [[A01, A0]]\n", "A0 is no coin of this market; did you mean"),
        ("altcoin_universe: [[USDT]]\n", "USDT is no coin of this market"),
        ("altcoin_universe: [[]]\n", "at least 1 item"),
    ],
)
def test_a_faulty_axis_is_an_error_of_one_line(tmp_path: Path, variations: Variations, text: str, message: str) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    with pytest.raises((ConfigError, DataError), match=message) as caught:
        drawn = list(load_grid(path, variations.config).sets("grid", None, 0))
        require_consistent(drawn, variations.config, path)
        require_runnable(drawn, variations.market, variations.window, path)
    assert "\n" not in str(caught.value)
