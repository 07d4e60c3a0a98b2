"""Whole runs: the same to the byte, wherever trading starts, and truthful about costs and endings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot import run_backtest
from bot.backtest.engines.exact import run_exact
from bot.backtest.run import Run
from bot.core.corporate_actions import CorporateAction, CorporateActionKind, scheduled_settlements
from bot.core.decision import Decision, Trade
from bot.core.events import Valuation
from bot.core.moments import midnight
from bot.core.orders import Fill
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.plans import run_plan
from bot.settings.loader import load_config
from tests.markets import closes_on_days, closes_on_sessions, market_of

pytestmark = pytest.mark.slow

FEW_SEEDS = {"demo": {"spread_seeds": 2}}
TABLES = [
    "equity.csv",
    "decisions.csv",
    "orders.csv",
    "fills.csv",
    "settlements.csv",
    "trades.csv",
    "episodes.csv",
    "rearmings.csv",
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "first"
    return run_backtest(changes=FEW_SEEDS, out=out, name="first", note="as it comes")


def test_a_run_leaves_every_file_and_no_marker(saved: Run) -> None:
    assert saved.folder is not None
    names = {path.name for path in saved.folder.path.iterdir()}
    assert names == {*TABLES, "manifest.json", "summary.json", "ledger.sqlite3", "report.html"}
    assert saved.folder.verify() > 4000


def test_the_same_config_data_and_version_give_byte_identical_tables(saved: Run, tmp_path: Path) -> None:
    again = run_backtest(changes=FEW_SEEDS, out=tmp_path / "second")
    assert saved.folder is not None
    assert again.folder is not None
    for name in [*TABLES, "summary.json"]:
        assert (saved.folder.path / name).read_bytes() == (again.folder.path / name).read_bytes(), name


def test_the_manifest_says_what_the_run_was_made_from(saved: Run) -> None:
    assert saved.folder is not None
    manifest = saved.folder.json("manifest.json")
    assert {"run_id", "command", "version", "market", "config", "config_hash", "origin", "series"} <= set(manifest)
    assert manifest["market"] == "demo"
    assert (manifest["name"], manifest["note"]) == ("first", "as it comes")
    assert set(manifest["series"]["DEMO-RUT"]) == {"source", "first", "last", "rows", "sha256"}


def test_every_figure_of_the_summary_is_there_for_strategy_and_benchmarks(saved: Run) -> None:
    benchmarks = [
        "equal_weight_altcoins",
        "no_altcoins",
        "btc",
        "eth",
        "btc_60_stable_40",
        "eth_trend",
        "eth_while_btc_trend",
    ]
    names = {
        "final_equity",
        "total_return",
        "cagr",
        "volatility",
        "sharpe",
        "sortino",
        "max_drawdown",
        "calmar",
        "exposure",
        "turnover",
        "fees",
        "slippage_cost",
        "trades",
        "win_rate",
    }
    assert list(saved.summary["benchmarks"]) == benchmarks
    for figures in (saved.summary["strategy"], saved.summary["a_day_late"], *saved.summary["benchmarks"].values()):
        assert set(figures) == names
        assert isinstance(figures["trades"], int)
    assert list(saved.equity.columns) == ["equity", "cash", "stage", *benchmarks]
    assert saved.summary["periods_per_year"] == 365


def test_the_library_gives_typed_tables(saved: Run) -> None:
    assert saved.equity["equity"].dtype == np.float64
    assert str(saved.decisions["at"].dtype).endswith("UTC]")
    assert isinstance(saved.decisions["weights"].iloc[0], dict)
    assert saved.metrics.loc["strategy", "total_return"] == saved.summary["strategy"]["total_return"]
    assert float(saved.trades["pnl"].sum()) == pytest.approx(
        float(saved.equity["equity"].iloc[-1]) - 10_000, abs=0.01 if saved.equity["cash"].iloc[-1] else 1
    )


def test_decisions_do_not_depend_on_where_trading_starts(saved: Run) -> None:
    late = run_backtest(changes=FEW_SEEDS, start=date(2106, 5, 1))
    whole = saved.decisions.set_index("at")
    part = late.decisions.set_index("at")
    columns = ["stage", "previous_stage", "weights", "reasons", "readings"]
    assert part[columns].equals(whole.loc[part.index, columns])


def test_starting_inside_a_stage_adopts_it_or_waits_for_the_next(saved: Run) -> None:
    held = saved.decisions[saved.decisions["stage"] == "ETH"]["at"].iloc[10].date()
    adopted = run_backtest(changes=FEW_SEEDS, start=held)
    waited = run_backtest(changes={**FEW_SEEDS, "on_start": "wait"}, start=held)
    assert adopted.fills["at"].iloc[0].date() == held
    assert waited.fills["at"].iloc[0].date() > held
    assert waited.summary["benchmarks"]["eth"]["exposure"] > 0.9  # what is always held waits for nothing


def test_no_breakout_is_left_out_of_the_episodes(saved: Run) -> None:
    armed = saved.decisions[saved.decisions["reasons"].str.contains("breakout")]
    assert set(armed["at"].dt.date) <= set((saved.episodes["known_at"].dt.ceil("D")).dt.date)


def test_overrides_bind_the_strategy_and_leave_the_benchmarks_alone(saved: Run) -> None:
    still = run_backtest(changes={**FEW_SEEDS, "overrides": {"reduce_only": True}})
    assert len(still.fills) == 0
    assert still.summary["benchmarks"] == saved.summary["benchmarks"]
    assert still.summary["random_timing"] == {"exposure": 0.0, "most_exposed": 0.9}  # there is nothing to shift
    assert any("overrides are in force" in warning for warning in still.summary["warnings"])


def test_half_the_weights_halve_the_exposure_of_strategy_and_luck(saved: Run) -> None:
    halved = run_backtest(changes={**FEW_SEEDS, "overrides": {"multiplier": 0.5}})
    whole, half = (run.summary["strategy"]["exposure"] for run in (saved, halved))
    assert half == pytest.approx(whole / 2, rel=0.1)
    spreads = [
        run.summary["random_timing"]["total_return_95"] - run.summary["random_timing"]["total_return_5"]
        for run in (saved, halved)
    ]
    assert spreads[1] < 0.7 * spreads[0]


def test_a_run_of_one_day_is_a_run() -> None:
    run = run_backtest(changes=FEW_SEEDS, start=date(2105, 5, 4), end=date(2105, 5, 4))
    assert len(run.equity) == 1


def test_days_may_be_text_or_datetimes() -> None:
    run = run_backtest(changes=FEW_SEEDS, start="2105-05-04", end=datetime(2105, 5, 6, tzinfo=UTC))
    assert [str(day.date()) for day in run.equity.index] == ["2105-05-04", "2105-05-05", "2105-05-06"]


# --- small worlds worked by hand --------------------------------------------------------------------------------

DAY = date(2022, 1, 10)
FREE: dict[str, Any] = {"costs": {"fee": 0, "slippage": {"major": 0, "large": 0, "other": 0}}}


def plan_of(weights: list[dict[str, str]], changes: dict[str, Any], **market: Any) -> RunPlan:
    """A plan of one decision a day from DAY on, in a market of flat prices but for what is given."""
    days = len(weights) + 5
    closes = {
        "RUT": closes_on_sessions("2022-01-03", [100.0] * 30),
        "ETH": closes_on_days("2022-01-03", [1.0] * (days + 7)),
        "BTC": closes_on_days("2022-01-03", [1.0] * (days + 7)),
        **market.pop("closes", {}),
    }
    made = market_of(closes, **market)
    config = load_config(changes=changes)
    decisions = []
    for i, targets in enumerate(weights):
        at = midnight(date.fromordinal(DAY.toordinal() + i))
        amounts = {symbol: Decimal(weight) for symbol, weight in targets.items()}
        decisions.append(Decision(at, "IN" if targets else "OUT", "OUT", amounts, ("test",), Trade.NOW))
    window = Window(decisions[0].at.date(), decisions[-1].at.date())
    plan = run_plan(config, made, window, "key")
    return replace(plan, decisions=decisions, slippage_multipliers=[Decimal(1)] * len(decisions))


@pytest.mark.parametrize(("round_trips", "cost"), [(1, "0.001"), (3, "0.002"), (6, "0.01")])
def test_flat_price_churn_costs_exactly_one_minus_c_to_the_n(round_trips: int, cost: str) -> None:
    """Half of equity in, then out: each side costs c of half the equity, so a round trip costs exactly c of all.

    The fill prices stay at 1 (slippage 0), so only the fee c bites; the step is fine enough to be exact.
    """
    c = Decimal(cost)
    changes = {
        "costs": {"fee": float(c), "slippage": {"major": 0}},
        "instruments": {"table": {"ETH": {"step": "0.000000000000000001"}}},
    }
    book = run_exact(plan_of([{"ETH": "0.5"}, {}] * round_trips, changes))
    assert book.portfolio.holdings == {}
    assert book.portfolio.cash == Decimal(10_000) * (1 - c) ** round_trips


def test_orders_fill_at_the_next_open_not_at_the_close_that_decided() -> None:
    """The close before is 1, the open 1.07, the close after 1.2: the fill is at 1.07 x 1.001 = 1.07107."""
    opens = {"ETH": {str(DAY): 1.07}}
    closes = {"ETH": {**closes_on_days("2022-01-03", [1.0] * 7), **closes_on_days(str(DAY), [1.2] * 6)}}
    book = run_exact(plan_of([{"ETH": "0.5"}], {}, closes=closes, opens=opens))
    (fill,) = [event for event in book.events if isinstance(event, Fill)]
    assert fill.quantity == 5000
    assert fill.reference_price == Decimal("1.07")
    assert fill.price == Decimal("1.07107")
    (valued,) = [event for event in book.events if isinstance(event, Valuation)]
    assert valued.equity == Decimal(10_000) - 5000 * Decimal("1.07107") * Decimal("1.001") + 5000 * Decimal("1.2")


def ended(kind: CorporateActionKind | None, **entry: Any) -> Valuation:
    """The last valuation of a book that held a coin whose rows end three days into the run."""
    closes = {"DOOM": closes_on_days("2022-01-03", [1.0] * 10), "HEIR": closes_on_days("2022-01-13", [1.0] * 40)}
    closes |= {"ETH": closes_on_days("2022-01-03", [1.0] * 50), "BTC": closes_on_days("2022-01-03", [1.0] * 50)}
    plan = plan_of([{"DOOM": "0.5"}] + [{"DOOM": "0.5"}] * 29, FREE, closes=closes)
    table = {} if kind is None else {"DOOM": CorporateAction(kind, **entry)}
    held = [replace(d, trade=Trade.NOW if i == 0 else Trade.HOLD) for i, d in enumerate(plan.decisions)]
    due = scheduled_settlements(plan.market, table, held[-1].at.date())
    book = run_exact(replace(plan, decisions=held, settlings=due))
    return [event for event in book.events if isinstance(event, Valuation)][-1]


def test_a_coin_that_died_loses_half_and_a_renamed_one_does_not() -> None:
    """5,000 of 10,000 in the coin: dead pays half of it back, renamed and source ends all (costs are off)."""
    assert ended(CorporateActionKind.DEAD).equity == 7_500
    assert ended(CorporateActionKind.RENAMED, into="HEIR").equity == 10_000
    assert ended(CorporateActionKind.SOURCE_ENDS).equity == 10_000
    assert ended(None).equity == 7_500  # an end that nobody explained counts as a death


def test_a_renamed_coin_lives_on_under_its_new_name_at_its_ratio() -> None:
    valued = ended(CorporateActionKind.RENAMED, into="HEIR", ratio=Decimal(2))
    assert dict(valued.holdings) == {"HEIR": 10_000}


def test_a_halted_coin_is_held_at_its_last_close_and_marked_stale() -> None:
    valued = ended(CorporateActionKind.HALTED)
    assert (valued.equity, dict(valued.holdings), valued.stale) == (10_000, {"DOOM": 5_000}, ("DOOM",))


def test_the_error_of_an_engine_that_disagrees_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(plan: RunPlan) -> Any:
        book = run_exact(plan)
        book.events.pop()
        return book

    monkeypatch.setattr("bot.backtest.engines.backtrader_engine.run_backtrader", wrong)
    with pytest.raises(AssertionError, match="disagree"):
        run_backtest(changes=FEW_SEEDS)


def test_json_of_the_summary_is_strict(saved: Run) -> None:
    assert saved.folder is not None
    text = (saved.folder.path / "summary.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
