"""Orders against the bounds of a venue: split above the largest, unsent below the smallest, with a reason of expiry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet.broker import TestnetBroker
from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AsTraded
from bot.core.book import Book
from bot.core.instrument import to_decimal
from bot.core.moments import midnight
from bot.core.orders import Fill, OrderEnd, OrderIntent, OrderResult, OrderStatus, Side
from bot.infra.clock import SystemClock
from bot.services.local_exchange import QUOTE
from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.server import VenueServer
from bot.venue.matching.exchange import KEY
from bot.venue.matching.pair_filters import PairFilters, PriceBand
from tests.brokers.testnet.known_venue import FIRST, Wire, exchange, plan
from tests.venue.world import D

PAIR = f"ETH{QUOTE}"


@dataclass
class Trading:
    """A book and a broker on the venue with asks of 2 at 100.10 and 3 at 100.20."""

    server: VenueServer
    book: Book
    broker: TestnetBroker

    def open_again(self) -> None:
        """A new client, as after a restart."""
        self.broker = broker_of(self.server, self.book)

    def buy(self, quantity: str) -> None:
        """Send one purchase."""
        list(self.broker.execute(self.book, [self.intent(quantity)], FIRST))

    def intent(self, quantity: str) -> OrderIntent:
        """A purchase of the first day."""
        return OrderIntent("r-1", midnight(FIRST), "ETH", Side.BUY, D(quantity), "test")

    def set_filters(self, filters: PairFilters) -> None:
        """Replace the pair's bounds."""
        with self.server.lock:
            self.server.exchange.market.set_filters(PAIR, filters)

    def sent(self) -> list[tuple[str, Decimal]]:
        """Client id and quantity of every order at the venue."""
        orders = self.server.exchange.account(KEY).orders.values()
        return [(order.request.client_id, order.quantity) for order in orders]

    def fills(self) -> list[tuple[Decimal, Decimal]]:
        """Quantity and price of every fill of the book."""
        return [(event.quantity, event.price) for event in self.book.events if isinstance(event, Fill)]

    def end(self) -> tuple[OrderStatus, OrderEnd | None, str]:
        """Status, code and detail of the one order."""
        (result,) = [event for event in self.book.events if isinstance(event, OrderResult)]
        return result.status, result.end, result.detail


def client_of(server: VenueServer) -> TestnetExchange:
    """A client of a venue."""
    return open_testnet(Loopback(int(server.url.rpartition(":")[2])), Wire(server.exchange.clock), {})  # type: ignore[arg-type]


def broker_of(server: VenueServer, book: Book) -> TestnetBroker:
    """A broker on a venue."""
    reference = AsTraded(lambda symbol, day: to_decimal(book.open_price(symbol, day) or 0), QUOTE)
    return TestnetBroker(client_of(server), QUOTE, reference, SimulatedBroker())


@pytest.fixture
def trading() -> Iterator[Trading]:
    with VenueServer(exchange(SystemClock())) as server:
        book = Book(plan({}))
        yield Trading(server, book, broker_of(server, book))
    assert server.problems == []


def test_an_order_above_the_largest_is_sent_in_equal_parts(trading: Trading) -> None:
    trading.set_filters(PairFilters(max_market_quantity=D("1.5")))
    trading.buy("4")
    assert trading.sent() == [("r-1", D("1.3334")), ("r-1-2", D("1.3333")), ("r-1-3", D("1.3333"))]
    assert sum(quantity for quantity, _ in trading.fills()) == 4
    assert trading.end() == (OrderStatus.FILLED, None, "")


def test_parts_that_were_sent_before_a_restart_are_found(trading: Trading) -> None:
    trading.set_filters(PairFilters(max_market_quantity=D("1.5")))
    lost = InjectedFault(InjectedKind.DROP, "POST", "order", accepted=True)
    trading.server.faults.script(InjectedFault(InjectedKind.DELAY, "POST", "order"), lost)
    trading.server.faults.script(*[InjectedFault(InjectedKind.DROP, "GET", "order")] * 3)
    trading.buy("4")
    assert trading.fills() == []
    trading.open_again()
    assert [order.order_id for order in trading.broker.resume(trading.book, [trading.intent("4")], FIRST)] == ["r-1"]
    assert [name for name, _ in trading.sent()] == ["r-1", "r-1-2"]
    assert sum(quantity for quantity, _ in trading.fills()) == D("2.6667")
    assert trading.end() == (OrderStatus.PARTIAL, OrderEnd.CUT_TO_FIT, "")


def test_an_order_below_the_smallest_is_not_sent_and_says_so(trading: Trading) -> None:
    trading.set_filters(PairFilters(min_quantity=D("0.5")))
    trading.buy("0.4999")
    assert trading.sent() == []
    assert trading.end() == (OrderStatus.UNFILLED, OrderEnd.MIN_QUANTITY, "the venue takes 0.5 or more")


def test_an_order_that_left_the_price_range_says_so(trading: Trading) -> None:
    trading.set_filters(PairFilters(bid_range=PriceBand(D("0.5"), D("1.0015"))))
    trading.buy("3")
    assert trading.fills() == [(D(2), D("100.10"))]
    assert trading.end() == (OrderStatus.PARTIAL, OrderEnd.EXPIRED, "EXECUTION_RULE_PRICE_RANGE_EXCEEDED")


def test_bounds_that_change_are_known_an_hour_later(trading: Trading) -> None:
    rules = client_of(trading.server)
    assert rules.rules("ETH").min_quantity == D("0.0001")
    trading.set_filters(PairFilters(min_quantity=D("0.5")))
    with trading.server.lock:
        trading.server.exchange.clock.sleep(3500)
    assert rules.rules("ETH").min_quantity == D("0.0001")
    with trading.server.lock:
        trading.server.exchange.clock.sleep(101)
    assert rules.rules("ETH").min_quantity == D("0.5")
