"""Fees that a venue takes in coins of the book, and sales of coins that the account has in part."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet.broker import NOT_IN_ACCOUNT, TestnetBroker
from bot.brokers.testnet.client import open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AsTraded
from bot.brokers.testnet.reports import VenueFill
from bot.core.book import Book
from bot.core.moments import midnight
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Side
from bot.core.portfolio import Portfolio
from bot.infra.clock import SystemClock
from bot.ledger.decode import decode
from bot.ledger.record import as_rows
from bot.ledger.round_trips import match_lots
from bot.services.local_exchange import QUOTE
from bot.venue.http.server import VenueServer
from bot.venue.matching.exchange import KEY
from tests.brokers.testnet.known_venue import FIRST, Wire, exchange, plan

D = Decimal
AT = midnight(FIRST)
PRICES = AsTraded(lambda symbol, day: D(100), QUOTE)


def book(**held: str) -> Book:
    """A book with 1,500 in cash and some coins, whose close is 100 each."""
    made = Book(plan({}))
    made.portfolio = Portfolio(D(1500), {symbol: D(quantity) for symbol, quantity in held.items()})
    return made


def recorded(made: Book, side: Side, quantity: str, *fees: tuple[str, str]) -> list[Fill]:
    """The fills of an order of ETH at 100, a trade for each fee, after the book has taken them."""
    order = OrderIntent("r-1", AT, "ETH", side, D(quantity), "why")
    part = D(quantity) / len(fees)
    trades = [VenueFill(str(i), D(100), part, D(fee), coin, AT) for i, (fee, coin) in enumerate(fees)]
    fills = PRICES.fills(made, order, trades, FIRST)
    for fill in fills:
        made.portfolio = made.portfolio.apply(fill)
    return fills


def test_a_fee_in_another_coin_of_the_book_is_taken_from_that_coin() -> None:
    made = book(BTC="1")
    [fill] = recorded(made, Side.BUY, "2", ("0.001", "BTC"))
    assert (fill.fee, fill.fee_in_kind, fill.fee_coin) == (D("0.1"), D("0.001"), "BTC")
    assert made.portfolio == Portfolio(D(1300), {"BTC": D("0.999"), "ETH": D(2)})


def test_a_fee_of_more_than_the_book_holds_is_the_configs_in_cash() -> None:
    made = book(BTC="0.0015")
    first, second = recorded(made, Side.BUY, "2", ("0.001", "BTC"), ("0.001", "BTC"))
    share = made.plan.rules.instruments["ETH"].fee
    assert (first.fee_coin, second.fee_coin, second.fee_in_kind) == ("BTC", "", D(0))
    assert second.fee == 100 * share
    assert made.portfolio == Portfolio(D(1300) - 100 * share, {"BTC": D("0.0005"), "ETH": D(2)})


def test_a_sale_of_all_coins_pays_a_fee_in_the_same_coin_from_its_proceeds() -> None:
    made = book(ETH="2")
    [fill] = recorded(made, Side.SELL, "2", ("0.002", "ETH"))
    assert (fill.fee, fill.fee_in_kind) == (D("0.2"), D(0))
    assert made.portfolio == Portfolio(D("1699.8"), {})


def test_a_fill_with_a_fee_in_another_coin_is_read_back_from_the_ledger() -> None:
    fills = [Fill("r-1", AT, "ETH", Side.BUY, D(2), D(100), D(100), D("0.1"), "why", D("0.001"), "BTC")]
    assert [decode(row) for row in as_rows(fills)] == fills


def test_coins_spent_as_a_fee_leave_their_lot_at_the_fees_value() -> None:
    bought = Fill("r-1", AT, "BTC", Side.BUY, D(1), D(90), D(90), D(0), "why")
    paid = Fill(
        "r-2", AT + timedelta(days=1), "ETH", Side.BUY, D(2), D(100), D(100), D("0.1"), "why", D("0.001"), "BTC"
    )
    closed, lots = match_lots([bought, paid])
    assert [(one.lot.symbol, one.quantity, one.price, one.pnl, one.reason) for one in closed] == [
        ("BTC", D("0.001"), D(100), D("0.01"), "paid_fee")
    ]
    assert {lot.symbol: lot.quantity for lot in lots} == {"BTC": D("0.999"), "ETH": D(2)}


@pytest.mark.parametrize(
    ("there", "at_venue", "beside"),
    [("1.5", ["1.5"], ["0.5"]), ("0", [], ["2"]), ("2", ["2"], []), ("0.000001", [], ["2"])],
)
def test_coins_in_the_account_are_sold_there_and_the_rest_beside_it(
    there: str, at_venue: list[str], beside: list[str]
) -> None:
    venue, made = exchange(SystemClock()), book(ETH="2")
    with VenueServer(venue) as server:
        venue.account(KEY).balances["ETH"].receive(D(there))
        client = open_testnet(Loopback(int(server.url.rpartition(":")[2])), Wire(venue.clock), {})  # type: ignore[arg-type]
        broker = TestnetBroker(client, QUOTE, PRICES, SimulatedBroker())
        order = OrderIntent("r-1", AT, "ETH", Side.SELL, D(2), "why")
        assert list(broker.execute(made, [order], FIRST)) == [order]
        assert [trade.quantity for trade in venue.account(KEY).trades] == [D(one) for one in at_venue]
    fills = [event for event in made.events if isinstance(event, Fill)]
    [result] = [event for event in made.events if isinstance(event, OrderResult)]
    assert [fill.quantity for fill in fills] == [D(one) for one in [*at_venue, *beside]]
    assert (result.status, NOT_IN_ACCOUNT in result.reason) == (OrderStatus.FILLED, bool(beside))
    assert made.portfolio.holdings == {}
