"""Filters and execution rules of a pair, with quantities and prices worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.venue.matching.exchange import KEY, Exchange
from bot.venue.matching.order import ExpiryReason, OrderRequest, TimeInForce, VenueOrderStatus
from bot.venue.matching.pair import Pair
from bot.venue.matching.pair_filters import PairFilters, PriceBand, parse_filters
from bot.venue.matching.refusal import Refusal
from tests.venue.world import PAIR, D, exchange, instrument, limit, market

BOUNDED = PairFilters(min_quantity=D("0.5"), max_quantity=D(4), max_market_quantity=D(3))
"""At least 0.5 coins and at most 4 an order, market orders at most 3."""


def with_filters(filters: PairFilters) -> Exchange:
    """The venue with filters on ETHUSDT."""
    venue = exchange()
    venue.market.set_filters(PAIR, filters)
    return venue


@pytest.mark.parametrize(
    ("order", "refused"),
    [
        (market(Side.BUY, "0.5"), None),
        (market(Side.BUY, "0.499"), "LOT_SIZE"),
        (market(Side.BUY, "3"), None),
        (market(Side.BUY, "3.001"), "MARKET_LOT_SIZE"),
        (limit(Side.BUY, "4", "99"), None),
        (limit(Side.BUY, "4.001", "99"), "LOT_SIZE"),
        (limit(Side.BUY, "0.1", "99"), "LOT_SIZE"),
    ],
)
def test_an_order_outside_the_bounds_of_quantity_is_refused(order: OrderRequest, refused: str | None) -> None:
    venue = with_filters(BOUNDED)
    if refused is None:
        venue.place(KEY, order)
        return
    with pytest.raises(Refusal) as told:
        venue.place(KEY, order)
    assert (told.value.code, told.value.text) == (-1013, f"Filter failure: {refused}")


def test_each_side_has_limits_of_its_own() -> None:
    """At a price of 100 a purchase may be from 20 to 120, a sale from 80 to 500."""
    venue = with_filters(PairFilters(bid_band=PriceBand(D("0.2"), D("1.2")), ask_band=PriceBand(D("0.8"), D(5))))
    venue.place(KEY, market(Side.BUY, "2", "own"))
    for side, price in ((Side.BUY, "120"), (Side.BUY, "20"), (Side.SELL, "80"), (Side.SELL, "500")):
        venue.check_order(KEY, limit(side, "1", price))
    for side, price in ((Side.BUY, "120.01"), (Side.BUY, "19.99"), (Side.SELL, "79.99"), (Side.SELL, "500.01")):
        with pytest.raises(Refusal, match="PERCENT_PRICE_BY_SIDE"):
            venue.check_order(KEY, limit(side, "1", price))


RANGED = PairFilters(bid_range=PriceBand(D("0.999"), D("1.0015")), ask_range=PriceBand(D("0.9985"), D("1.001")))
"""At a price of 100 purchases trade from 99.90 to 100.15, sales from 99.85 to 100.10: one level of the book each."""


def test_a_market_order_expires_at_the_end_of_the_price_range() -> None:
    order = with_filters(RANGED).place(KEY, market(Side.BUY, "3"))
    assert [(trade.price, trade.quantity) for trade in order.trades] == [(D("100.10"), D(2))]
    assert (order.status, order.expiry) == (VenueOrderStatus.EXPIRED, ExpiryReason.PRICE_RANGE)


def test_a_resting_order_expires_if_it_wants_a_price_outside_of_the_range() -> None:
    venue = with_filters(RANGED)
    far, near = venue.place(KEY, limit(Side.BUY, "3", "100.20")), venue.place(KEY, limit(Side.BUY, "3", "100.15", "n"))
    assert (far.status, far.expiry, far.executed) == (VenueOrderStatus.EXPIRED, ExpiryReason.PRICE_RANGE, D(2))
    assert (near.status, near.expiry) == (VenueOrderStatus.NEW, None)
    assert venue.account(KEY).balances["USDT"].locked == D("300.45")


def test_an_order_within_the_range_takes_every_level() -> None:
    order = with_filters(PairFilters(bid_range=None, ask_range=None)).place(KEY, market(Side.BUY, "5"))
    assert (order.status, order.expiry) == (VenueOrderStatus.FILLED, None)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (market(Side.BUY, "6"), ExpiryReason.LIQUIDITY),
        (limit(Side.BUY, "6", "101", in_force=TimeInForce.IOC), ExpiryReason.IOC),
        (limit(Side.BUY, "6", "101", in_force=TimeInForce.FOK), ExpiryReason.FOK),
    ],
)
def test_an_expired_order_has_a_reason(order: OrderRequest, reason: ExpiryReason) -> None:
    """The book has five coins."""
    placed = exchange().place(KEY, order)
    assert (placed.status, placed.expiry) == (VenueOrderStatus.EXPIRED, reason)


def test_a_pair_in_cancel_only_takes_no_orders_and_lets_them_be_cancelled() -> None:
    venue = exchange()
    resting = venue.place(KEY, limit(Side.BUY, "1", "95"))
    venue.limit_to_cancels(PAIR)
    assert venue.market.status(PAIR) == "CANCEL_ONLY"
    with pytest.raises(Refusal, match=r"-1013 Market is closed\."):
        venue.place(KEY, market(Side.BUY, "1", "d"))
    venue.clock.sleep(86_399)  # the day's low of 90 would have filled it
    assert resting.status is VenueOrderStatus.NEW
    assert venue.cancel(KEY, PAIR, resting.id, None).status is VenueOrderStatus.CANCELED
    venue.limit_to_cancels(PAIR, only=False)
    assert venue.market.status(PAIR) == "TRADING"


def test_exchange_info_shows_every_filter() -> None:
    listing = Pair(instrument(), filters=replace(BOUNDED, bid_band=PriceBand(D("0.2"), D("1.2"))))
    filters = {entry["filterType"]: entry for entry in listing.to_exchange_info("TRADING")["filters"]}  # type: ignore[attr-defined]
    lot, market_lot = filters["LOT_SIZE"], filters["MARKET_LOT_SIZE"]
    assert (lot["minQty"], lot["maxQty"], lot["stepSize"]) == ("0.50000000", "4.00000000", "0.00100000")
    assert (market_lot["minQty"], market_lot["maxQty"], market_lot["stepSize"]) == (
        "0.00000000",
        "3.00000000",
        "0.00000000",
    )
    by_side = filters["PERCENT_PRICE_BY_SIDE"]
    assert (by_side["bidMultiplierUp"], by_side["bidMultiplierDown"]) == ("1.2", "0.2")
    assert (by_side["askMultiplierUp"], by_side["askMultiplierDown"]) == ("5", "0.2")
    assert filters["MAX_NUM_ORDERS"]["maxNumOrders"] == 200


def test_filters_are_read_from_json() -> None:
    changed = parse_filters(BOUNDED, {"max_market_quantity": "2.5", "bid_range": ["0.9", "1.1"], "ask_range": None})
    assert changed == replace(
        BOUNDED, max_market_quantity=D("2.5"), bid_range=PriceBand(D("0.9"), D("1.1")), ask_range=None
    )


@pytest.mark.parametrize(
    "change",
    [
        {"max_quantity": 5},
        {"max_quantity": "0"},
        {"max_quantity": "NaN"},
        {"max_quantity": "1e9"},
        {"bid_band": ["0.9"]},
        {"bid_band": "0.9"},
        {"bid_band": ["1.1", "0.9"]},
        {"least": "1"},
    ],
)
def test_other_values_of_filters_are_refused(change: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        parse_filters(BOUNDED, change)


def test_a_band_includes_its_bounds() -> None:
    band = PriceBand(Decimal("0.9"), Decimal("1.1"))
    prices = [Decimal(price) for price in ("89.99", "90", "110", "110.01")]
    assert [band.contains(price, Decimal(100)) for price in prices] == [False, True, True, False]
