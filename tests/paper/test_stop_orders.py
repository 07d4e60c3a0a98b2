"""Stop orders forward: filled from the finished day's bar, through crashes and late days; refused on a testnet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from bot.backtest.engines.exact import run_exact
from bot.backtest.extras import extras_of
from bot.backtest.random_timing import band_of
from bot.brokers.simulated import SimulatedBroker
from bot.core.errors import ConfigError
from bot.core.events import ConfigPeriod, TradingState, TradingStateChange, Valuation
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import STOP_REASON, Fill, Side
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.ledger.decode import decode
from bot.ledger.record import as_rows
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import ForwardTrader
from bot.paper.ledger_benchmarks import LedgerBenchmarks
from bot.paper.replay import replay
from bot.paper.stop_support import require_simulated_stops
from bot.paper.tick_notices import notices_of
from bot.paper.tick_result import TickResult
from bot.services.plans import planned, planned_run
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of
from tests.parity.test_engines_agree import told
from tests.parity.test_stop_orders import with_bars

STOPS = """
from bot import Trade


class Mine:
    name = "mine"

    def decide(self, today):
        eth = today.roles.eth
        if today.last is None:
            return today.target({eth: 0.5}, "entry", stops={eth: 90.0})
        sold = [order for order in today.last_orders if order.stop is not None]
        if sold:
            return today.hold(f"{sold[0].reason}_{sold[0].stop}_{today.holding(eth)}")
        if today.day.day == 8:
            return today.target({eth: 0.5}, "again", trade=Trade.NOW, stops={eth: 97.0})
        return today.hold()


strategy = Mine
"""
FIRST, LAST = date(2024, 1, 3), date(2024, 1, 10)


class Stopped(BaseException):
    """The process ends here."""


def market(lows: Mapping[int, float]) -> Market:
    days = closes_on_days("2024-01-01", [100.0] * 17)
    made = market_of({"RUT": closes_on_sessions("2024-01-02", [100.0] * 12), "ETH": days, "BTC": days})
    return with_bars(made, "ETH", lows=lows)


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., RunPlan]:
    """Makes the plan anew, as each process does."""
    file = tmp_path / "mine.py"
    file.write_text(STOPS, encoding="utf-8")
    config = config_with({"strategy": {"file": str(file)}, "start_equity": "1000"})

    def made(until: date = LAST, lows: Mapping[int, float] = {6: 88.0, 9: 96.0}) -> RunPlan:
        # A day is decided at its midnight: its own row and later ones are not there yet.
        return planned(config, market(lows).as_of(midnight(until + timedelta(days=1))), Window(FIRST, until), "key")

    return made


def tick(
    path: Path, plan: RunPlan, hours: float = 0.0, hook: Callable[[str], None] = lambda step: None
) -> tuple[TickResult, list[Row]]:
    """Tick a new process on the last day of a plan; also the rows that it added."""
    with LedgerWriter.open(path) as writer:
        if not writer.rows:
            writer.append([ConfigPeriod(plan.times[0], 1, "new", "key", "config", "0", "simulated", plan.cash)])
        before = len(writer.rows)
        trader = ForwardTrader(
            writer, lambda start, day: plan, SimulatedBroker(), FIRST, timedelta(hours=1), step_hook=hook
        )
        result = trader.tick(plan.times[-1] + timedelta(hours=hours))
        return result, writer.rows[before:]


def days(until: int) -> list[date]:
    return [date(2024, 1, day) for day in range(3, until + 1)]


def sales(path: Path) -> list[Fill]:
    with LedgerWriter.open(path) as writer:
        found = [event for event in map(decode, writer.rows) if isinstance(event, Fill)]
    return [fill for fill in found if fill.stop is not None]


def test_a_process_a_day_makes_the_ledger_of_the_backtest_and_the_strategy_sees_the_sale(
    tmp_path: Path, plan: Callable[..., RunPlan]
) -> None:
    path = tmp_path / "a.sqlite"
    for day in days(10):
        tick(path, plan(day))
    with LedgerWriter.open(path) as writer:
        rows = told(writer.rows[1:])
    expected = told(as_rows(run_exact(plan()).events))
    assert rows == expected[: len(rows)]
    assert [(fill.at.day, fill.stop) for fill in sales(path)] == [(6, Decimal(90)), (9, Decimal(97))]
    reasons = {at[8:10]: body["reasons"] for kind, at, body in rows if kind == "decision"}
    assert reasons["07"] == [f"{STOP_REASON}_90_None"]


def test_the_tick_and_the_notice_of_the_next_day_say_the_level_and_the_fill(
    tmp_path: Path, plan: Callable[..., RunPlan]
) -> None:
    path = tmp_path / "a.sqlite"
    for day in days(6):
        tick(path, plan(day))
    result, rows = tick(path, plan(date(2024, 1, 7)))
    (order,) = result.carried_out
    assert (order.stop, order.at.day, result.filled) == (Decimal(90), 6, 1)
    (notice,) = [one for one in notices_of("paper", rows) if "traded" in one.title]
    # 90 less the slippage of a major coin, 0.001
    assert f"Stopped: {order.quantity.normalize():f} ETH sold at 89.91, stop 90.00." in notice.body


@pytest.mark.slow
@pytest.mark.parametrize("lows", [{6: 88.0}])
def test_a_crash_at_any_step_of_the_day_after_leaves_one_sale(
    tmp_path: Path, plan: Callable[..., RunPlan], lows: Mapping[int, float]
) -> None:
    whole = tmp_path / "whole.sqlite"
    for day in days(7):
        tick(whole, plan(day, lows))
    with LedgerWriter.open(whole) as writer:
        expected = told(writer.rows)
    for at in range(4):
        path, steps = tmp_path / f"{at}.sqlite", count()

        def hook(step: str, at: int = at, steps: count[int] = steps) -> None:
            if next(steps) == at:
                raise Stopped

        for day in days(6):
            tick(path, plan(day, lows))
        try:
            tick(path, plan(date(2024, 1, 7), lows), hook=hook)
        except Stopped:
            tick(path, plan(date(2024, 1, 7), lows))
        with LedgerWriter.open(path) as writer:
            assert told(writer.rows) == expected


@pytest.mark.parametrize(("late", "sold"), [pytest.param(False, [], marks=pytest.mark.slow), (True, [8])])
def test_a_late_decision_leaves_the_levels_before_it_in_place(
    tmp_path: Path, plan: Callable[..., RunPlan], late: bool, sold: list[int]
) -> None:
    """On the 8th the level falls from 90 to 80, and the low is 85: a decision of noon leaves it at 90 that day."""
    file = tmp_path / "mine.py"
    lowered = STOPS.replace("stops={eth: 97.0}", "stops={eth: 80.0}")
    file.write_text(lowered, encoding="utf-8")
    path, lows = tmp_path / "a.sqlite", {8: 85.0}
    for day in days(9):
        tick(path, plan(day, lows), hours=12 if late and day.day == 8 else 0)
    assert [fill.at.day for fill in sales(path)] == sold


def test_days_without_the_machine_are_covered_by_the_last_levels(tmp_path: Path, plan: Callable[..., RunPlan]) -> None:
    path = tmp_path / "a.sqlite"
    for day in days(4):
        tick(path, plan(day))
    result, _ = tick(path, plan(date(2024, 1, 9)))
    assert result.made_up == tuple(date(2024, 1, day) for day in (5, 6, 7, 8))
    assert [(fill.at.day, fill.stop) for fill in sales(path)] == [(6, Decimal(90))]


def test_random_timing_counts_the_stop_sales_of_the_last_day(tmp_path: Path, plan: Callable[..., RunPlan]) -> None:
    plan()  # writes the strategy's file
    config = config_with({"strategy": {"file": str(tmp_path / "mine.py")}, "start_equity": "1000"})
    run = planned_run(config, market({6: 88.0, 9: 96.0}), Window(FIRST, date(2024, 1, 9)), "key")
    period = ConfigPeriod(run.plan.times[0], 1, "replay", "key", "config", "0", "simulated", run.plan.cash)
    rows = replay(run.plan, period, None, LedgerBenchmarks(run, date(2024, 1, 9), config).beside)
    (timing,) = [event.random_timing for event in map(decode, rows) if isinstance(event, Valuation)][-1:]
    extras = extras_of(run.strategy, run.decisions)
    assert timing == band_of(run_exact(run.plan), extras, config.benchmarks.random_shifts).summary()


def test_another_broker_refuses_a_decision_with_stops_before_it_is_written(
    tmp_path: Path, plan: Callable[..., RunPlan]
) -> None:
    made, path = plan(FIRST), tmp_path / "a.sqlite"
    broker = SimulatedBroker()
    broker.name = "testnet"
    with LedgerWriter.open(path) as writer:
        trader = ForwardTrader(writer, lambda start, day: made, broker, FIRST, timedelta(hours=1))
        with pytest.raises(ConfigError, match="stop orders are simulated only: the broker testnet gets market orders"):
            trader.tick(made.times[-1])
        assert not writer.rows


def test_decisions_without_stops_pass_any_broker(plan: Callable[..., RunPlan]) -> None:
    made = [event for event in run_exact(plan()).events]
    with pytest.raises(ConfigError, match="was a stop of ETH at 90"):
        require_simulated_stops(made, "binance testnet")
    require_simulated_stops(made, "simulated")
    bare = [replace(event, stops={}) for event in made if hasattr(event, "stops")]
    require_simulated_stops(bare, "binance testnet")


def test_levels_stay_in_force_while_the_ledger_is_stopped(tmp_path: Path, plan: Callable[..., RunPlan]) -> None:
    path = tmp_path / "a.sqlite"
    for day in days(4):
        tick(path, plan(day))
    with LedgerWriter.open(path) as writer:
        writer.append([TradingStateChange(midnight(date(2024, 1, 4)), TradingState.STOPPED)])
        writer.append([TradingStateChange(midnight(date(2024, 1, 8)), TradingState.ON)])
    tick(path, plan(date(2024, 1, 8)))
    assert [(fill.at.day, fill.stop) for fill in sales(path)] == [(6, Decimal(90))]


def test_a_coin_bought_late_is_not_sold_at_a_level_from_before(tmp_path: Path, plan: Callable[..., RunPlan]) -> None:
    """ETH is out with a level of 95; on the 8th it is bought in the afternoon, after a low of 90."""
    bought_late = STOPS.replace('"entry", stops={eth: 90.0}', '"entry", stops={eth: 95.0}').replace(
        '{eth: 0.5}, "entry"', '{}, "entry"'
    )
    (tmp_path / "mine.py").write_text(bought_late.replace("eth: 97.0", "eth: 80.0"), encoding="utf-8")
    path = tmp_path / "a.sqlite"
    for day in days(9):
        tick(path, plan(day, {8: 90.0}), hours=15 if day.day == 8 else 0)
    with LedgerWriter.open(path) as writer:
        fills = [event for event in map(decode, writer.rows) if isinstance(event, Fill)]
    assert [(fill.side, fill.stop) for fill in fills] == [(Side.BUY, None)]
