"""backtrader, its exact twin and the forward code over history give the same events, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.events import ConfigPeriod, Valuation
from bot.core.market import Market
from bot.core.orders import Fill, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.core.run_plan import RunPlan
from bot.ledger.record import as_rows
from bot.ledger.row import Row
from bot.paper.replay import replay
from bot.services.plans import planned, window_of
from bot.settings.loader import Config, load_config
from tests.markets import random_market

LOOSE = {"rotation": {"gates": {"relative_strength": False, "credit": False, "volatility": False}}}


def run_both(config: Config, market: Market) -> Book:
    plan = planned(config, market, window_of(market, None, None))
    exact, matched = run_exact(plan), run_backtrader(plan)
    assert matched.events == exact.events
    assert matched.portfolio == exact.portfolio
    epoch = ConfigPeriod(plan.decisions[0].at, 1, "new", plan.rules.run_key, "config", "0", "simulated", plan.cash)
    assert told(replay(plan, epoch, None)[1:]) == told(as_rows(exact.events))
    return exact


@cache
def exact(seed: int) -> tuple[RunPlan, Book]:
    """The plan and the book of a random market."""
    made = random_market(seed)
    plan = planned(made.config(LOOSE), made.market, window_of(made.market, None, None))
    return plan, run_exact(plan)


def told(rows: Sequence[Row]) -> list[tuple[str, str, dict[str, Any]]]:
    """What happened, without the numbers of the rows."""
    return [(row.kind, row.at, row.body) for row in rows]


SEEDS = [
    (0, 3),
    pytest.param((3, 10), marks=pytest.mark.slow),
    *(pytest.param((first, first + 10), marks=pytest.mark.slow) for first in range(10, 50, 10)),
    *(pytest.param((first, first + 10), marks=pytest.mark.soak) for first in range(50, 200, 10)),
]


@pytest.mark.parametrize("seeds", SEEDS)
def test_on_random_markets_with_gaps_listings_and_endings_all_three_give_the_same_events(
    seeds: tuple[int, int],
) -> None:
    for seed in range(*seeds):
        made = random_market(seed)
        run_both(made.config(LOOSE), made.market)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default.yaml", "gated.yaml"])
def test_on_the_real_market_all_three_give_the_same_events(name: str, real_market: Market) -> None:
    book = run_both(load_config(Path("config") / name), real_market)
    assert sum(isinstance(event, Fill) for event in book.events) > 30


def test_on_the_demo_market_all_three_give_the_same_events(demo: Market) -> None:
    run_both(load_config(), demo)


def test_random_markets_contain_what_the_engines_could_disagree_on() -> None:
    """The positive control: without these the agreement above would prove little."""
    statuses: set[OrderStatus] = set()
    causes: set[SettlementCause] = set()
    stages: set[str] = set()
    stale = 0
    for seed in (0, 4, 27, 31):
        for event in exact(seed)[1].events:
            match event:
                case OrderResult():
                    statuses.add(event.status)
                case Settlement():
                    causes.add(event.cause)
                case Valuation():
                    stages.add(event.stage)
                    stale += bool(event.stale)
    assert {OrderStatus.FILLED, OrderStatus.UNFILLED, OrderStatus.SKIPPED} <= statuses
    assert causes == set(SettlementCause)
    assert {"ETH", "ALTS", "DISTRIBUTION", "COOLDOWN"} <= stages
    assert stale > 0


@pytest.mark.parametrize("seed", range(20))
def test_the_book_balances_after_every_day(seed: int) -> None:
    """Cash is what was there at the start, less what fills took, plus what fills and settlements brought."""
    plan, book = exact(seed)
    cash = plan.cash
    held: dict[str, Decimal] = {}
    for event in book.events:
        match event:
            case Fill():
                sign = 1 if event.side is Side.BUY else -1
                held[event.symbol] = held.get(event.symbol, Decimal(0)) + sign * event.quantity
                cash -= sign * event.quantity * event.price + event.fee
            case Settlement():
                held[event.symbol] -= event.quantity
                if event.into is None:
                    cash += event.quantity * event.price - event.fee
                else:
                    held[event.into] = held.get(event.into, Decimal(0)) + event.received
            case Valuation():
                assert event.cash == cash >= 0
                assert dict(event.holdings) == {s: q for s, q in held.items() if q}
                assert min(held.values(), default=Decimal(0)) >= 0
