"""What the exchange refuses, in Binance's words; nothing of a refused order remains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.orders import Side
from bot.venue.matching.exchange import KEY
from bot.venue.matching.order import OrderRequest, OrderType, VenueOrderStatus
from bot.venue.matching.pair import Pair
from bot.venue.matching.refusal import Refusal
from tests.venue.world import PAIR, D, at, exchange, instrument, limit, market, move, owned


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (market(Side.BUY, "1.0005"), "-1013 Filter failure: LOT_SIZE"),
        (market(Side.BUY, "0.000123456789"), "-1111 Parameter 'quantity' has too much precision."),
        (market(Side.BUY, "0.049"), "-1013 Filter failure: NOTIONAL"),
        (limit(Side.BUY, "0.05", "99.99"), "-1013 Filter failure: NOTIONAL"),
        (limit(Side.BUY, "1", "99.995"), "-1013 Filter failure: PRICE_FILTER"),
        (limit(Side.BUY, "1", "500.01"), "-1013 Filter failure: PERCENT_PRICE_BY_SIDE"),
        (limit(Side.BUY, "1", "19.99"), "-1013 Filter failure: PERCENT_PRICE_BY_SIDE"),
        (limit(Side.BUY, "100", "100"), None),
        (limit(Side.BUY, "100.001", "100"), "-2010 Account has insufficient balance for requested action."),
        (market(Side.SELL, "1"), "-2010 Account has insufficient balance for requested action."),
        (market(Side.BUY, "1", pair="XUSDT"), "-1121 Invalid symbol."),
        (market(Side.BUY, "1", pair="NEWUSDT"), "-1121 Invalid symbol."),  # listed tomorrow
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_with_its_name(order: OrderRequest, told: str | None) -> None:
    venue = exchange()
    if told is None:
        venue.check_order(KEY, order)
        return
    with pytest.raises(Refusal) as refused:
        venue.place(KEY, order)
    assert str(refused.value) == told
    assert venue.account(KEY).orders == {}
    assert owned(venue) == {"USDT": (D(10_000), D(0))}


def test_a_market_order_that_the_free_balance_does_not_cover_is_refused() -> None:
    venue = exchange()
    venue.place(KEY, limit(Side.BUY, "99", "100", "rests"))
    with pytest.raises(Refusal, match="insufficient balance"):
        venue.place(KEY, market(Side.BUY, "1"))


def test_a_client_id_is_taken_while_its_order_is_open_and_free_once_it_is_filled() -> None:
    venue = exchange()
    venue.place(KEY, limit(Side.BUY, "1", "95", "mine"))
    with pytest.raises(Refusal, match=r"-2010 Duplicate order sent\."):
        venue.place(KEY, market(Side.BUY, "1", "mine"))
    move(venue, at(1, 5))
    again = venue.place(KEY, market(Side.BUY, "1", "mine"))
    assert (again.id, again.status) == (2, VenueOrderStatus.FILLED)
    assert venue.order(KEY, PAIR, None, "mine") is again


def test_a_halted_pair_and_a_day_without_a_row_are_a_closed_market() -> None:
    venue = exchange()
    venue.halt(PAIR)
    with pytest.raises(Refusal, match=r"-1013 Market is closed\."):
        venue.place(KEY, market(Side.BUY, "1"))
    venue.halt(PAIR, False)
    venue.place(KEY, market(Side.BUY, "1"))
    move(venue, at(3))
    assert not venue.market.is_trading(PAIR)
    assert venue.market.available_levels(PAIR, Side.BUY) == []
    with pytest.raises(Refusal, match="Market is closed"):
        venue.place(KEY, market(Side.BUY, "1"))


def test_a_pair_is_listed_from_its_first_day_until_it_is_delisted() -> None:
    venue = exchange()
    assert [listing.pair for listing in venue.market.listings()] == [PAIR]
    move(venue, at(2))
    assert [listing.pair for listing in venue.market.listings()] == [PAIR, "NEWUSDT"]
    venue.delist(PAIR)
    assert [listing.pair for listing in venue.market.listings()] == ["NEWUSDT"]
    with pytest.raises(Refusal, match="Invalid symbol"):
        venue.order(KEY, PAIR, 1, None)


def test_what_is_not_open_cannot_be_cancelled_and_what_never_was_does_not_exist() -> None:
    venue = exchange()
    order = venue.place(KEY, market(Side.BUY, "1"))
    with pytest.raises(Refusal, match=r"-2011 Unknown order sent\."):
        venue.cancel(KEY, PAIR, order.id, None)
    with pytest.raises(Refusal, match=r"-2013 Order does not exist\."):
        venue.order(KEY, PAIR, 2, None)
    with pytest.raises(Refusal, match="-2013"):
        venue.order(KEY, PAIR, None, "nobody's")
    with pytest.raises(Refusal, match="-2013"):
        venue.order(KEY, PAIR, order.id, "another's")
    assert venue.order(KEY, PAIR, order.id, "c") is order


def test_an_order_by_quote_amount_needs_somebody_to_trade_with() -> None:
    venue = exchange()
    venue.place(KEY, market(Side.BUY, "5"))
    order = replace(market(Side.BUY, "1", "d"), quantity=None, quote_quantity=D(10))
    with pytest.raises(Refusal, match="Order book liquidity is less than LOT_SIZE"):
        venue.place(KEY, order)
    assert venue.place(KEY, market(Side.BUY, "1", "e")).status is VenueOrderStatus.EXPIRED


def test_there_is_an_end_to_how_many_orders_may_be_open() -> None:
    venue = exchange()
    for number in range(200):
        venue.place(KEY, limit(Side.BUY, "0.1", "60", f"c{number}"))
    with pytest.raises(Refusal, match="MAX_NUM_ORDERS"):
        venue.place(KEY, limit(Side.BUY, "0.1", "60", "one more"))


def test_the_older_filter_of_small_orders_has_the_older_name() -> None:
    listing = Pair(instrument(), notional_filter="MIN_NOTIONAL")
    with pytest.raises(Refusal, match="Filter failure: MIN_NOTIONAL"):
        listing.require_filters(OrderRequest(PAIR, Side.BUY, OrderType.MARKET, D("0.01"), "c"), D(100))
    assert "MIN_NOTIONAL" in {entry["filterType"] for entry in listing.to_exchange_info("TRADING")["filters"]}
