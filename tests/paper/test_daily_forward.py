"""A daily strategy forward: its memory is made again from the ledger, and a decided day stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.backtest.engines.exact import run_exact
from bot.brokers.simulated import SimulatedBroker
from bot.core.events import ConfigPeriod
from bot.core.market import Market
from bot.core.moments import ONE_DAY, midnight
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.ledger.record import as_rows
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import ForwardTrader
from bot.paper.replay import replay
from bot.services.plans import planned
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of
from tests.parity.test_engines_agree import told

TRAILING_STOP = """
class TrailingStop:
    name = "trailing_stop"

    def __init__(self):
        self.peak, self.calls = 0.0, 0

    def decide(self, today):
        self.calls += 1
        held = today.holding(today.roles.eth)
        self.peak = max(self.peak, float(held.price)) if held else 0.0
        if held and float(held.price) < 0.9 * self.peak:
            return today.target({}, f"stop_{self.calls}_{held.days_held}")
        if held is None and self.calls % 3 == 1:
            return today.target({today.roles.eth: 0.5}, f"entry_{self.calls}")
        return today.hold()


strategy = TrailingStop
"""
CLOSES = [100.0, 100, 100, 120, 130, 115, 110, 100, 105, 120, 90, 95, 100, 99, 80, 82]
FIRST, LAST = date(2024, 1, 3), date(2024, 1, 16)


class Stopped(BaseException):
    """The process ends here."""


def market(closes: list[float]) -> Market:
    days = closes_on_days("2024-01-01", closes)
    return market_of({"RUT": closes_on_sessions("2024-01-02", [100.0] * 12), "ETH": days, "BTC": days})


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., RunPlan]:
    """Makes the plan anew, as each process does."""
    file = tmp_path / "mine.py"
    file.write_text(TRAILING_STOP, encoding="utf-8")
    config = config_with({"strategy": {"file": str(file)}, "start_equity": "1000"})

    def made(closes: list[float] = CLOSES, until: date = LAST) -> RunPlan:
        return planned(config, market(closes), Window(FIRST, until), "key")

    return made


def period(plan: RunPlan) -> ConfigPeriod:
    return ConfigPeriod(plan.times[0], 1, "new", "key", "config", "0", "simulated", plan.cash)


@contextmanager
def desk(path: Path, plan: RunPlan, hook: Callable[[str], None] = lambda step: None) -> Iterator[ForwardTrader]:
    with LedgerWriter.open(path) as writer:
        if not writer.rows:
            writer.append([period(plan)])
        yield ForwardTrader(
            writer, lambda start, day: plan, SimulatedBroker(), FIRST, timedelta(hours=1), step_hook=hook
        )


def lived(path: Path, plan: Callable[..., RunPlan], stop_at: int | None = None) -> list[Row]:
    """A new process each day; at one step of the whole it ends, and the day is begun again."""
    steps = count()

    def hook(step: str) -> None:
        if next(steps) == stop_at:
            raise Stopped

    day = FIRST
    while day <= LAST:
        try:
            with desk(path, plan(until=day), hook) as trader:
                trader.tick(midnight(day))
        except Stopped:
            continue
        day += ONE_DAY
    with desk(path, plan()) as trader:
        trader.close(LAST)
        return trader.writer.rows


def test_replay_and_a_process_a_day_make_the_ledger_of_the_backtest(
    tmp_path: Path, plan: Callable[..., RunPlan]
) -> None:
    expected = told(as_rows(run_exact(plan()).events))
    assert told(replay(plan(), period(plan()), None)[1:]) == expected
    assert told(lived(tmp_path / "a.sqlite", plan)[1:]) == expected
    reasons = [body["reasons"] for kind, _, body in expected if kind == "decision"]
    # Peaks of 130 and 120: the closes of the 6th (115) and of the 11th (90) are the first 10% under them.
    assert [reason[0] for reason in reasons if reason[0].startswith("stop_")] == ["stop_5_4", "stop_10_3"]


@pytest.mark.slow
def test_stopping_at_any_step_changes_nothing_in_the_end(tmp_path: Path, plan: Callable[..., RunPlan]) -> None:
    expected = told(lived(tmp_path / "whole.sqlite", plan))
    for step in range(0, 60, 13):
        assert told(lived(tmp_path / f"{step}.sqlite", plan, step)) == expected


def test_a_rewritten_price_is_drift_and_the_decided_day_stands(tmp_path: Path, plan: Callable[..., RunPlan]) -> None:
    path = tmp_path / "a.sqlite"
    for day in (FIRST, date(2024, 1, 6), date(2024, 1, 7)):
        with desk(path, plan(until=day)) as trader:
            trader.tick(midnight(day))
            before = told(trader.writer.rows)
    rewritten = [*CLOSES[:4], 131.0, 131.0, *CLOSES[6:]]  # the close of the 6th was 115: the stop of the 7th
    with desk(path, plan(rewritten, date(2024, 1, 8))) as trader:
        result = trader.tick(midnight(date(2024, 1, 8)))
        after = told(trader.writer.rows)
    assert result.drifted == (date(2024, 1, 7),)
    assert result.decided == (date(2024, 1, 8),)
    assert after[: len(before)] == before
    assert sum(kind == "decision" and at.startswith("2024-01-07") for kind, at, _ in after) == 1
