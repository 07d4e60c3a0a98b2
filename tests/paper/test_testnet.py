"""The forward code on the venue, through ccxt over HTTP: the backtest's fills, and no order twice whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.backtest.engines.exact import run_exact
from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet.broker import NOT_LISTED, TestnetBroker
from bot.brokers.testnet.client import open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AsTraded
from bot.core.errors import BotError
from bot.core.events import ConfigPeriod
from bot.core.instrument import to_decimal
from bot.core.market import Market
from bot.core.moments import midnight
from bot.core.orders import Fill
from bot.core.run_plan import RunPlan
from bot.infra.clock import SystemClock
from bot.ledger.decode import decode
from bot.ledger.record import as_rows, verify_ledger
from bot.ledger.row import Row
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import ForwardTrader
from bot.services.local_exchange import QUOTE, open_exchange
from bot.services.plans import planned, window_of
from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.server import VenueServer
from bot.venue.matching.book_shape import BookShape, FlatBook
from bot.venue.matching.clocks import DrivenClock
from bot.venue.matching.commission import CommissionMode
from bot.venue.matching.exchange import AccountTerms
from tests.markets import config_with, default_config

DAYS = 90


@cache
def quarter(demo: Market) -> RunPlan:
    """The plan of the demo's busiest quarter."""
    # The flat book of the venue has one price for orders of any size.
    config = config_with({"costs": {"impact": 0.0}})
    plan = planned(config, demo, window_of(demo, None, None))
    trades = [event.at.date() for event in run_exact(plan).events if isinstance(event, Fill)]
    begin = max(trades, key=lambda day: sum(day <= other < day + timedelta(days=DAYS) for other in trades))
    i = (begin - plan.decisions[0].at.date()).days
    kept = slice(i, i + DAYS)
    return replace(plan, decisions=plan.decisions[kept], slippage_multipliers=plan.slippage_multipliers[kept])


@dataclass
class Venue:
    """A venue with the plan's prices, its clock, and a ledger that is opened anew for each process."""

    server: VenueServer
    clock: DrivenClock
    plan: RunPlan
    path: Path

    @property
    def days(self) -> list[date]:
        """The days of the plan."""
        return [decision.at.date() for decision in self.plan.decisions]

    @contextmanager
    def desk(self, step_hook: Callable[[str], None] = lambda step: None) -> Iterator[ForwardTrader]:
        """The desk of a new process."""
        port = int(self.server.url.rpartition(":")[2])
        exchange = open_testnet(Loopback(port), self.clock, {})
        broker = TestnetBroker(exchange, QUOTE, AsTraded(self.open_of, QUOTE), SimulatedBroker())
        with LedgerWriter.open(self.path) as journal:
            if not journal.rows:
                first = self.plan.decisions[0].at
                journal.append(
                    [ConfigPeriod(first, 1, "new", self.plan.rules.run_key, "config", "0", "testnet", self.plan.cash)]
                )
            yield ForwardTrader(
                journal, lambda start, day: self.plan, broker, self.days[0], timedelta(hours=1), step_hook=step_hook
            )

    def open_of(self, symbol: str, day: date) -> Decimal:
        """The public price of a day's midnight."""
        prices = self.plan.prices
        return to_decimal(prices.of(symbol).open[prices.index(day)])

    def tick(self, day: date, step_hook: Callable[[str], None] = lambda step: None) -> None:
        """One tick of a new process."""
        with self.desk(step_hook) as desk:
            desk.tick(midnight(day))

    def rows(self) -> list[Row]:
        """What the ledger says."""
        with LedgerWriter.open(self.path) as journal:
            return journal.rows

    def fills(self) -> list[Fill]:
        """The ledger's fills."""
        return [event for event in map(decode, self.rows()) if isinstance(event, Fill)]

    def assert_the_books_balance(self) -> None:
        """What the ledger holds is what the venue's account has, to the last digit."""
        with self.desk() as desk:
            book = desk._at(self.days[-1])
            there = {
                balance.asset: balance.free + balance.locked
                for balance in open_testnet(
                    Loopback(int(self.server.url.rpartition(":")[2])), self.clock, {}
                ).balances()
            }
        assert there.pop(QUOTE) == book.portfolio.cash
        assert there == dict(book.portfolio.holdings)


@pytest.fixture
def venue(demo: Market, tmp_path: Path) -> Iterator[Venue]:
    """The demo's exchange, on which orders fill at the backtest's prices."""
    with served(demo, tmp_path, FlatBook(multipliers(quarter(demo))), in_quote=True) as made:
        yield made


def multipliers(plan: RunPlan) -> dict[date, Decimal]:
    """How wide slippage is on each day."""
    days = (decision.at.date() for decision in plan.decisions)
    return dict(zip(days, plan.slippage_multipliers, strict=True))


@contextmanager
def served(demo: Market, folder: Path, shape: BookShape | None, in_quote: bool) -> Iterator[Venue]:
    """A venue on the loopback from the quarter's first day on."""
    plan = quarter(demo)
    clock = DrivenClock(SystemClock(), plan.decisions[0].at)
    terms = AccountTerms(cash=plan.cash, commission=CommissionMode.QUOTE if in_quote else CommissionMode.IN_KIND)
    opened = open_exchange(default_config(), demo, clock, terms, shape)
    with VenueServer(opened.exchange) as server:
        yield Venue(server, clock, plan, folder / "venue.sqlite3")
        assert server.problems == []


def told(rows: Sequence[Row], *kinds: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What happened, of some kinds."""
    return [(row.kind, row.at, row.body) for row in rows if row.kind in kinds]


def run(venue: Venue) -> None:
    """Every day of the quarter, each in a process of its own."""
    with venue.desk() as desk:
        for day in venue.days:
            venue.clock.move_to(midnight(day))
            desk.tick(midnight(day))
        desk.close(venue.days[-1])


def test_where_the_venue_fills_at_the_backtests_prices_the_ledger_is_the_backtests(venue: Venue) -> None:
    run(venue)
    kinds = ("decision", "order", "fill", "settlement", "valuation")
    expected = told(as_rows(run_exact(venue.plan).events), *kinds)
    assert told(venue.rows(), *kinds) == expected
    assert len(venue.fills()) > 20
    venue.assert_the_books_balance()


def test_on_a_book_with_depth_and_fees_in_coins_the_books_balance(demo: Market, tmp_path: Path) -> None:
    with served(demo, tmp_path, None, in_quote=False) as venue:
        run(venue)
        assert any(fill.fee_in_kind for fill in venue.fills())
        venue.assert_the_books_balance()
        verify_ledger(venue.path)


class Stopped(BaseException):
    """The process ends here."""


def stopped_at(step: int) -> Callable[[str], None]:
    """A step_hook that ends the process at a step."""
    steps = count()

    def step_hook(name: str) -> None:
        if next(steps) >= step:
            raise Stopped(name)

    return step_hook


FAULTS = [
    InjectedFault(InjectedKind.DROP, "POST", "order"),
    InjectedFault(InjectedKind.DROP, "POST", "order", accepted=True),
    InjectedFault(InjectedKind.ERROR, "POST", "order", status=503, code=-1000),
    InjectedFault(InjectedKind.ERROR, "POST", "order", accepted=True, status=503, code=-1001),
    InjectedFault(InjectedKind.HTML, "POST", "order", accepted=True),
]


@pytest.mark.slow
def test_stopped_at_every_step_with_faults_on_no_order_is_lost_and_none_is_there_twice(venue: Venue) -> None:
    busy = {row.at[:10] for row in as_rows(run_exact(venue.plan).events) if row.kind == "order"}
    number = count()
    for day in venue.days:
        venue.clock.move_to(midnight(day))
        if str(day) not in busy:
            venue.tick(day)
            continue
        for step in range(100):
            with venue.server.lock:
                venue.server.faults.clear()
                venue.server.faults.script(FAULTS[next(number) % len(FAULTS)])
            try:
                venue.tick(day, stopped_at(step))
            except Stopped:
                continue
            except BotError:
                continue
            break
        else:
            pytest.fail(f"{day} never came to an end")
        with venue.server.lock:
            venue.server.faults.clear()
        venue.tick(day)
    with venue.desk() as desk:
        desk.close(venue.days[-1])
    expected = told(as_rows(run_exact(venue.plan).events), "decision", "order", "fill", "settlement", "valuation")
    assert told(venue.rows(), "decision", "order", "fill", "settlement", "valuation") == expected
    venue.assert_the_books_balance()
    verify_ledger(venue.path)


def test_a_coin_that_the_testnet_does_not_list_is_simulated_and_marked(venue: Venue) -> None:
    symbol = next(event.symbol for event in run_exact(venue.plan).events if isinstance(event, Fill))
    with venue.server.lock:
        venue.server.exchange.market.delisted.add(f"{symbol}{QUOTE}")
    run(venue)
    aside = [fill for fill in venue.fills() if fill.symbol == symbol]
    assert aside
    assert all(fill.reason.endswith(NOT_LISTED) for fill in aside)
