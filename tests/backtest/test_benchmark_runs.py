"""Benchmarks whose coin ends before the run: blank from the next day on, and their figures are of that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot import Decision, Market
from bot.backtest.backtest import Backtest, BacktestOptions, run
from bot.core.decision import Trade
from bot.core.events import Valuation
from bot.core.window import Window
from bot.ledger.decode import decode
from bot.services.plans import run_plan
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of

DAYS = 60
READS_BTC = {"btc", "btc_60_stable_40", "eth_while_btc_trend"}


class Idle:
    """Holds the stablecoin."""

    name = "idle"

    def decisions(self, market: Market) -> Sequence[Decision]:
        return [Decision(at, "OUT", "OUT", {}, ("held",), Trade.HOLD) for at in market.decision_moments]


def backtested(
    btc_days: int = DAYS, start: date = date(2024, 1, 5), btc: Sequence[float] = (), **changes: Any
) -> Backtest:
    """A run to 2024-02-29; BTC doubles from 100 to 200 on 2024-01-10 and has rows on its first days alone."""
    closes = {
        "RUT": closes_on_sessions("2024-01-02", [100.0 + i for i in range(41)]),
        "ETH": closes_on_days("2024-01-01", [100.0 + i for i in range(DAYS)]),
        "BTC": closes_on_days("2024-01-01", list(btc) or ([100.0] * 9 + [200.0] * DAYS)[:btc_days]),
    }
    made, config, window = market_of(closes), config_with(changes), Window(start, date(2024, 2, 29))
    return run(made, Idle(), run_plan(config, made, window, "key"), window, BacktestOptions(5, 10))


def cells(found: Backtest) -> dict[date, set[str]]:
    valued = [event for event in map(decode, found.rows) if isinstance(event, Valuation)]
    return {event.day: set(event.benchmarks) for event in valued}


@pytest.mark.parametrize("declared", [{}, {"endings": {"BTC": {"kind": "source ends"}}}])
def test_a_benchmark_is_blank_after_the_last_row_of_its_coin(declared: dict[str, Any]) -> None:
    """98% of 10,000 in BTC double on 01-10: +98% less costs, on 2024-02-09 (row 40). A settlement at half gives 0%."""
    found = backtested(40, **declared)
    figures: Any = found.summary["benchmarks"]
    assert figures["btc"]["last_day"] == "2024-02-09"
    assert figures["btc"]["total_return"] == pytest.approx(0.978, abs=0.002)
    assert {name for name, one in figures.items() if "last_day" in one} == READS_BTC
    assert cells(found)[date(2024, 2, 9)] & READS_BTC == READS_BTC
    assert cells(found)[date(2024, 2, 10)] == {"eth", "eth_trend"}
    warnings: Any = found.summary["warnings"]
    assert "BTC that can be used end on 2024-02-09" in warnings[0]
    assert all(name in warnings[0] for name in READS_BTC)


@pytest.mark.parametrize(("rows", "last"), [(46, "2024-02-15"), (59, "2024-02-28")])
def test_a_late_vendor_leaves_the_last_days_blank(rows: int, last: str) -> None:
    """2024-02-15 is 14 days before the end: a holding is kept, and a benchmark has no value without a price."""
    figures: Any = backtested(rows).summary["benchmarks"]
    assert {name: one["last_day"] for name, one in figures.items() if "last_day" in one} == dict.fromkeys(
        READS_BTC, last
    )


def test_rows_up_to_the_end_leave_no_day_blank() -> None:
    figures: Any = backtested(60).summary["benchmarks"]
    assert not any("last_day" in one for one in figures.values())


@pytest.mark.parametrize(("moving", "last"), [(40, "2024-02-09"), (57, None)])
def test_a_benchmark_is_blank_while_its_feed_is_frozen_to_the_end(moving: int, last: str | None) -> None:
    """BTC rises by 1 a day up to row 40 (2024-02-09) and repeats that close; three equal closes may happen."""
    btc = [100.0 + min(i, moving - 1) for i in range(DAYS)]
    figures: Any = backtested(btc=btc).summary["benchmarks"]
    assert {figures[name].get("last_day") for name in READS_BTC} == {last}


def test_a_coin_that_ends_before_the_run_leaves_blank_figures() -> None:
    found = backtested(20, start=date(2024, 2, 1))
    figures: Any = found.summary["benchmarks"]
    assert figures["btc"]["total_return"] is figures["btc"]["trades"] is None
    assert figures["eth"]["total_return"] > 0
    assert set.union(*cells(found).values()) == {"eth", "eth_trend"}
    assert Decimal(figures["eth"]["final_equity"]) > 10_000
