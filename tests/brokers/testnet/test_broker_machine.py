"""Whatever is ordered, lost, delayed, halted or delisted: after every step each coin and cent can be accounted for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet.broker import NOT_LISTED, TestnetBroker
from bot.brokers.testnet.client import open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AsTraded
from bot.core.book import Book
from bot.core.errors import BotError
from bot.core.instrument import to_decimal
from bot.core.moments import midnight
from bot.core.orders import Fill, OrderIntent, OrderResult, Side
from bot.infra.clock import SystemClock
from bot.services.local_exchange import QUOTE
from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.server import VenueServer
from bot.venue.matching.account import Account
from bot.venue.matching.exchange import KEY, SECRET
from bot.venue.matching.pair_filters import NO_BOUNDS, PairFilters, PriceBand
from tests.brokers.testnet.known_venue import CASH, COINS, DAYS, FIRST, Wire, exchange, plan
from tests.venue.world import D

LOTS = st.integers(1, 700).map(lambda lots: D(lots) / 100)
"""From less than the smallest order to more than the book offers."""
ORDER = {"method": "POST", "path": "order"}
FAULTS = [
    InjectedFault(InjectedKind.DROP, **ORDER),
    InjectedFault(InjectedKind.DROP, accepted=True, **ORDER),
    InjectedFault(InjectedKind.ERROR, status=503, code=-1000, **ORDER),
    InjectedFault(InjectedKind.ERROR, accepted=True, status=503, code=-1001, **ORDER),
    InjectedFault(InjectedKind.ERROR, accepted=True, code=-1007, **ORDER),
    InjectedFault(InjectedKind.HTML, accepted=True, **ORDER),
    InjectedFault(InjectedKind.TRUNCATED, **ORDER),
    InjectedFault(InjectedKind.EMPTY, accepted=True, **ORDER),
    InjectedFault(InjectedKind.DELAY, accepted=True, seconds=0.002, **ORDER),
    InjectedFault(InjectedKind.ERROR, code=-1021, **ORDER),
    InjectedFault(InjectedKind.ERROR, code=-1015, **ORDER),
    InjectedFault(InjectedKind.ERROR, code=-1015, retry_after=5, **ORDER),
    InjectedFault(InjectedKind.ERROR, code=-1008, **ORDER),
    InjectedFault(InjectedKind.ERROR, code=-1006, accepted=True, **ORDER),
    InjectedFault(InjectedKind.ERROR, code=-1013, **ORDER),
    InjectedFault(InjectedKind.DROP, "GET", "order"),
    InjectedFault(InjectedKind.ERROR, "GET", "order", code=-1003),
    InjectedFault(InjectedKind.HTML, "GET", "myTrades"),
]


FILTERS = [
    NO_BOUNDS,
    PairFilters(max_market_quantity=D("1.5")),
    PairFilters(min_quantity=D(2)),
    PairFilters(max_quantity=D("0.07"), bid_range=PriceBand(D("0.99"), D("1.0015"))),
    PairFilters(bid_range=PriceBand(D("0.5"), D("0.9")), ask_range=PriceBand(D("1.1"), D(2))),
]
"""None; up to five parts; a smallest order; more parts than are sent and half of the book; no trade at all."""


def whole(client_id: str) -> str:
    """The order of a part: m-3-2 is the second part of m-3."""
    return "-".join(client_id.split("-")[:2])


class Broking(RuleBasedStateMachine):
    """A broker that places orders on a venue at which much goes wrong, and a book that is told how they ended."""

    @initialize()
    def open(self) -> None:
        self.venue = exchange(SystemClock())
        self.server = VenueServer(self.venue)
        self.server.start()
        self.book, self.day, self.number = Book(plan({})), FIRST, 0
        self.unknown: list[OrderIntent] = []
        self.start_again()

    def teardown(self) -> None:
        if not hasattr(self, "server"):
            return
        try:
            self.mend()
            self.go_on()
            assert self.unknown == []
            self.the_venue_has_what_the_book_says()
            assert self.server.problems == []
        finally:
            self.server.stop()

    # --- what happens ------------------------------------------------------------------------------------------

    @rule()
    def start_again(self) -> None:
        """A new client, as after a restart: what the old one knew of bans, clocks and pairs is gone."""
        client = open_testnet(Loopback(int(self.server.url.rpartition(":")[2])), Wire(self.venue.clock), {})
        reference = AsTraded(lambda symbol, day: to_decimal(self.book.open_price(symbol, day) or 0), QUOTE)
        self.broker = TestnetBroker(client, QUOTE, reference, SimulatedBroker())

    @rule(orders=st.lists(st.tuples(st.sampled_from(COINS), st.sampled_from(list(Side)), LOTS), min_size=1, max_size=3))
    def place(self, orders: Sequence[tuple[str, Side, Decimal]]) -> None:
        """Orders of one morning; none while nobody knows how one of before ended."""
        self.go_on()
        if self.unknown:
            return
        for symbol, side, quantity in orders:
            self.number += 1
            self.unknown.append(OrderIntent(f"m-{self.number}", midnight(self.day), symbol, side, quantity, "random"))
        self.follow(self.broker.execute)

    @rule()
    def go_on(self) -> None:
        """Look up what may have been sent."""
        if self.unknown:
            self.follow(self.broker.resume)

    def follow(self, carry_out: object) -> None:
        try:
            for ended in carry_out(self.book, list(self.unknown), self.day):  # type: ignore[operator]
                self.unknown = [order for order in self.unknown if order.order_id != ended.order_id]
        except BotError:
            pass  # a later try

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3))
    def let_go_wrong(self, faults: list[InjectedFault]) -> None:
        with self.server.lock:
            self.server.faults.script(*faults)

    @rule(coin=st.sampled_from(COINS), halted=st.booleans())
    def halt(self, coin: str, halted: bool) -> None:
        with self.server.lock:
            if f"{coin}{QUOTE}" not in self.venue.market.delisted:
                self.venue.halt(f"{coin}{QUOTE}", halted)

    @rule(coin=st.sampled_from(COINS), only=st.booleans())
    def limit_to_cancels(self, coin: str, only: bool) -> None:
        with self.server.lock:
            if f"{coin}{QUOTE}" not in self.venue.market.delisted:
                self.venue.limit_to_cancels(f"{coin}{QUOTE}", only)

    @rule(coin=st.sampled_from(COINS), filters=st.sampled_from(FILTERS), seen=st.booleans())
    def change_filters(self, coin: str, filters: PairFilters, seen: bool) -> None:
        """New bounds of quantity and price; a client that is open already does not know them at first."""
        with self.server.lock:
            if f"{coin}{QUOTE}" not in self.venue.market.delisted:
                self.venue.market.set_filters(f"{coin}{QUOTE}", filters)
        if seen:
            self.start_again()

    @precondition(lambda self: not self.unknown)  # what becomes of an order of a pair that is gone, nobody tells
    @rule()
    def delist(self) -> None:
        with self.server.lock:
            self.venue.market.delisted.add(f"BTC{QUOTE}")
        self.start_again()

    @rule(revoked=st.booleans())
    def revoke_the_key(self, revoked: bool) -> None:
        with self.server.lock:
            self.server.rest.secrets = {} if revoked else {KEY: SECRET}

    @rule()
    def let_a_day_go_by(self) -> None:
        if self.day < FIRST + timedelta(days=DAYS - 2):
            self.day += timedelta(days=1)
            with self.server.lock:
                self.venue.clock.move_to(midnight(self.day))

    def mend(self) -> None:
        """Nothing is wrong any more."""
        with self.server.lock:
            self.server.faults.clear()
            self.server.rest.secrets = {KEY: SECRET}
        self.start_again()

    # --- what holds --------------------------------------------------------------------------------------------

    def account(self) -> Account:
        return self.venue.account(KEY)

    def fills(self) -> list[Fill]:
        return [event for event in self.book.events if isinstance(event, Fill)]

    @invariant()
    def cash_and_holdings_are_the_start_and_the_profit_less_the_fees(self) -> None:
        mark = D("101.25")
        held = sum(self.book.portfolio.holdings.values(), D(0)) * mark
        profit = sum((mark - f.price) * f.quantity * (1 if f.side is Side.BUY else -1) for f in self.fills())
        fees = sum(f.fee_in_kind * mark if f.fee_in_kind else f.fee for f in self.fills())
        assert self.book.portfolio.cash + held == CASH + profit - fees
        assert min([self.book.portfolio.cash, *self.book.portfolio.holdings.values()]) >= 0

    @invariant()
    def every_trade_of_an_order_that_ended_is_a_fill_and_none_is_more(self) -> None:
        with self.server.lock:
            names = {order.id: whole(order.request.client_id) for order in self.account().orders.values()}
            trades = [(names[trade.order_id], trade) for trade in self.account().trades]
        unknown = {order.order_id for order in self.unknown}
        ended = [(name, t.side, t.quantity, t.price) for name, t in trades if name not in unknown]
        told = [(f.order_id, f.side, f.quantity, f.price) for f in self.fills() if not f.reason.endswith(NOT_LISTED)]
        assert sorted(told) == sorted(ended)

    @invariant()
    def no_order_is_there_twice(self) -> None:
        names = [order.request.client_id for order in self.account().orders.values()]
        assert len(names) == len(set(names))

    @invariant()
    def every_order_has_one_end_or_is_looked_after(self) -> None:
        ends = [event.order_id for event in self.book.events if isinstance(event, OrderResult)]
        looked_after = [order.order_id for order in self.unknown]
        assert sorted([*ends, *looked_after]) == sorted(f"m-{i + 1}" for i in range(self.number))

    @precondition(lambda self: not self.unknown)
    @invariant()
    def the_venue_has_what_the_book_says(self) -> None:
        with self.server.lock:
            there = {asset: held.free for asset, held in self.account().balances.items() if held.free}
        expected = defaultdict(Decimal, {QUOTE: self.book.portfolio.cash, **self.book.portfolio.holdings})
        for aside in self.fills():
            if aside.reason.endswith(NOT_LISTED):
                sign = 1 if aside.side is Side.BUY else -1
                expected[aside.symbol] -= sign * aside.quantity
                expected[QUOTE] += sign * aside.notional + aside.fee
        assert there == {asset: amount for asset, amount in expected.items() if amount}


def _searched(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


TestBroking = Broking.TestCase
TestBroking.settings = _searched(8)


@pytest.mark.slow
class TestBrokingWidely(Broking.TestCase):
    settings = _searched(40)
