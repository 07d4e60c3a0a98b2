"""The desk goes on where it was stopped, decides no day twice, and says when it was late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.brokers.live_quotes import DepthQuote, LiveQuotes, LiveQuotesBroker, QuoteLimits
from bot.brokers.simulated import SimulatedBroker
from bot.core.book import Book
from bot.core.decision import Decision
from bot.core.errors import LedgerError
from bot.core.events import ConfigPeriod
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import Fill, OrderResult
from bot.core.run_plan import RunPlan
from bot.ledger.record import verify_ledger
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import ForwardTrader
from bot.paper.replay import replay
from bot.paper.tick_result import TickResult
from bot.services.plans import planned, window_of
from tests.clocks import FakeClock
from tests.markets import random_market
from tests.parity.test_engines_agree import LOOSE, told

DAYS = 70


class Stopped(BaseException):
    """The process ends here."""


@cache
def busy_plan() -> RunPlan:
    """The plan of seventy days in which much is traded."""
    made = random_market(45)
    plan = planned(made.config(LOOSE), made.market, window_of(made.market, None, None))
    first = next(i for i, decision in enumerate(plan.decisions) if decision.weights)
    kept = slice(first - 5, first - 5 + DAYS)
    return replace(plan, decisions=plan.decisions[kept], slippage_multipliers=plan.slippage_multipliers[kept])


def epoch(plan: RunPlan) -> ConfigPeriod:
    """The first row of a ledger."""
    return ConfigPeriod(plan.decisions[0].at, 1, "new", plan.rules.run_key, "config", "0", "simulated", plan.cash)


@dataclass
class Paper:
    """A ledger on disk, opened anew for whatever is done with it, as a process would."""

    path: Path
    plan: RunPlan

    @contextmanager
    def desk(self, step_hook: Callable[[str], None] = lambda step: None) -> Iterator[ForwardTrader]:
        """The desk of a new process."""
        with LedgerWriter.open(self.path) as journal:
            if not journal.rows:
                journal.append([epoch(self.plan)])
            first = self.plan.decisions[0].at.date()
            yield ForwardTrader(
                journal, lambda start, day: self.plan, SimulatedBroker(), first, timedelta(hours=1), step_hook=step_hook
            )

    def tick(self, now: datetime) -> TickResult:
        """One tick of a new process."""
        with self.desk() as desk:
            return desk.tick(now)

    def rows(self) -> list[Row]:
        """What the ledger says."""
        with LedgerWriter.open(self.path) as journal:
            return journal.rows

    def told(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What happened."""
        return told(self.rows())


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    """A new ledger."""
    return Paper(tmp_path / "ledgers" / "paper.sqlite3", busy_plan())


def days(plan: RunPlan) -> list[date]:
    """The days of a plan."""
    return [decision.at.date() for decision in plan.decisions]


def test_a_process_a_day_makes_the_ledger_of_one_that_never_stops(paper: Paper) -> None:
    for day in days(paper.plan):
        paper.tick(midnight(day))
    with paper.desk() as desk:
        desk.close(days(paper.plan)[-1])
    assert paper.told() == told(replay(paper.plan, epoch(paper.plan), None))
    assert sum(row.kind == "fill" for row in paper.rows()) > 20


def test_stopping_at_any_step_of_any_day_changes_nothing_in_the_end(paper: Paper) -> None:
    expected = told(replay(paper.plan, epoch(paper.plan), None))
    stops = 0
    for day in days(paper.plan):
        for at in count():
            if not is_stopped(paper, midnight(day), at):
                break
            stops += 1
    with paper.desk() as desk:
        desk.close(days(paper.plan)[-1])
    assert paper.told() == expected
    assert stops > DAYS
    verify_ledger(paper.path)


def is_stopped(paper: Paper, now: datetime, at: int) -> bool:
    """Tick, and end the process at its `at`-th step if it comes to that; whether it did."""
    steps = 0

    def step_hook(step: str) -> None:
        nonlocal steps
        steps += 1
        if steps > at:
            raise Stopped(step)

    try:
        with paper.desk(step_hook) as desk:
            desk.tick(now)
    except Stopped:
        return True
    return False


def test_a_day_is_decided_once(paper: Paper) -> None:
    first = days(paper.plan)[0]
    assert paper.tick(midnight(first)).decided == (first,)
    before = paper.told()
    assert paper.tick(midnight(first) + timedelta(hours=5)) == TickResult((), (), ())
    assert paper.told() == before


def test_a_day_that_is_decided_hours_after_its_midnight_says_so_and_is_traded(paper: Paper) -> None:
    entry = next(decision.at.date() for decision in paper.plan.decisions if decision.weights)
    for day in days(paper.plan):
        if day < entry:
            paper.tick(midnight(day))
    ticked = paper.tick(midnight(entry) + timedelta(hours=9))
    assert len(ticked.carried_out) > 0
    (late,) = [row for row in paper.rows() if row.kind == "late"]
    assert late.at[:10] == str(entry)
    assert late.body == {"decided_at": f"{entry}T09:00:00Z", "missed": False}


def test_days_that_were_missed_are_decided_in_turn_and_their_orders_tried_again_today(paper: Paper) -> None:
    entry = next(decision.at.date() for decision in paper.plan.decisions if decision.weights)
    for day in days(paper.plan):
        if day < entry:
            paper.tick(midnight(day))
    ticked = paper.tick(midnight(entry + 2 * ONE_DAY))
    assert ticked.decided == (entry, entry + ONE_DAY, entry + 2 * ONE_DAY)
    rows = paper.rows()
    assert [row.body["missed"] for row in rows if row.kind == "late"] == [True, True]
    missed = [row for row in rows if row.kind == "order_result" and row.body["reason"].endswith("missed")]
    assert missed
    assert {order.at.date() for order in ticked.carried_out} == {entry + 2 * ONE_DAY}
    assert {row.body["symbol"] for row in missed} <= {order.symbol for order in ticked.carried_out}
    with paper.desk() as desk:
        assert desk.tick(midnight(entry + 2 * ONE_DAY)).decided == ()


def test_a_decision_that_would_be_made_otherwise_now_is_drift_and_the_record_is_kept(paper: Paper) -> None:
    first, second = days(paper.plan)[:2]
    paper.tick(midnight(first))
    recorded = [row for row in paper.rows() if row.kind == "decision"]
    changed = replace(paper.plan.decisions[0], weights={"ETH": Decimal("0.49")})
    decisions: list[Decision] = [changed, *paper.plan.decisions[1:]]
    paper.plan = replace(paper.plan, decisions=decisions)
    assert paper.tick(midnight(second)).drifted == (first,)
    assert [row for row in paper.rows() if row.kind == "decision"][:1] == recorded
    assert paper.tick(midnight(second)).drifted == ()
    (drift,) = [row for row in paper.rows() if row.kind == "drift"]
    assert "ETH" in drift.body["replayed"]


def test_a_changed_row_is_named_when_the_ledger_is_opened(paper: Paper) -> None:
    import sqlite3
    from contextlib import closing

    paper.tick(midnight(days(paper.plan)[0]))
    with closing(sqlite3.connect(paper.path)) as other:
        other.executescript("DROP TRIGGER events_are_never_changed; UPDATE events SET body = '{}' WHERE sequence = 2;")
    with pytest.raises(LedgerError, match="was changed after it was written"):
        paper.rows()


def test_an_order_whose_day_is_over_when_the_machine_wakes_is_not_filled_at_another_days_price() -> None:
    def quoted(symbol: str) -> DepthQuote:
        return DepthQuote(((Decimal(100), Decimal(10**6)),), ((Decimal("100.01"), Decimal(10**6)),), clock.now())

    book = Book(busy_plan())
    orders = next(orders for i in count() if (orders := book.decide(i)))
    day = orders[0].at.date()
    clock = FakeClock(midnight(day + ONE_DAY) + timedelta(seconds=1))
    quotes = LiveQuotes(quoted, QuoteLimits(Decimal("0.02"), timedelta(seconds=30)), clock)
    list(LiveQuotesBroker(quotes).execute(book, orders, day))
    ends = [event for event in book.events if isinstance(event, OrderResult)]
    assert [end.end for end in ends] == ["missed"] * len(orders)
    assert not [event for event in book.events if isinstance(event, Fill)]
