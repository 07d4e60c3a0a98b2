"""Self-trade prevention: which order expires where an order meets one of its own account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.orders import Side
from bot.venue.matching.exchange import KEY, Exchange
from bot.venue.matching.order import Order, SelfTradeMode, VenueOrderStatus
from bot.venue.matching.refusal import Refusal
from tests.venue.world import D, exchange, limit, maker, market, owned

BOTH, TAKER, MAKER = SelfTradeMode.EXPIRE_BOTH, SelfTradeMode.EXPIRE_TAKER, SelfTradeMode.EXPIRE_MAKER
GONE, NEW, FILLED = VenueOrderStatus.EXPIRED_IN_MATCH, VenueOrderStatus.NEW, VenueOrderStatus.FILLED


def resting(price: str = "100.15") -> tuple[Exchange, Order]:
    """Four coins, and a resting sale of one between the asks of 2 at 100.10 and 3 at 100.20."""
    venue = exchange()
    for number in range(2):
        venue.place(KEY, market(Side.BUY, "2", f"b{number}"))
        venue.clock.sleep(60)
    return venue, venue.place(KEY, limit(Side.SELL, "1", price, "resting"))


@pytest.mark.parametrize(
    ("mode", "fills", "taken", "rested"),
    [
        (MAKER, [("100.10", "2"), ("100.20", "1")], (FILLED, "0"), (GONE, "1")),
        (TAKER, [("100.10", "2")], (GONE, "1"), (NEW, "0")),
        (BOTH, [("100.10", "2")], (GONE, "1"), (GONE, "1")),
    ],
)
def test_the_mode_of_the_new_order_decides(
    mode: SelfTradeMode,
    fills: list[tuple[str, str]],
    taken: tuple[VenueOrderStatus, str],
    rested: tuple[VenueOrderStatus, str],
) -> None:
    venue, own = resting()
    order = venue.place(KEY, replace(market(Side.BUY, "3"), self_trade=mode))
    assert [(trade.price, trade.quantity) for trade in order.trades] == [(D(p), D(q)) for p, q in fills]
    assert (order.status, order.prevented) == (taken[0], D(taken[1]))
    assert (own.status, own.prevented) == (rested[0], D(rested[1]))
    assert venue.account(KEY).balances["ETH"].locked == (1 if own.status is NEW else 0)


def test_the_default_expires_the_resting_order() -> None:
    venue, own = resting()
    assert venue.place(KEY, market(Side.BUY, "3")).status is FILLED
    assert own.status is GONE
    assert "ETH" in owned(venue) and owned(venue)["ETH"][1] == 0


@pytest.mark.parametrize(("price", "quantity"), [("100.15", "2"), ("100.10", "2"), ("100.20", "5")])
def test_an_order_that_is_filled_before_it_reaches_its_own_leaves_it(price: str, quantity: str) -> None:
    """At the same price the book comes first."""
    venue, own = resting(price)
    assert venue.place(KEY, market(Side.BUY, quantity)).status is FILLED
    assert own.status is NEW


def test_an_order_that_must_rest_is_refused_if_it_would_meet_its_own() -> None:
    venue, own = resting("100.05")
    with pytest.raises(Refusal, match="Order would immediately match and take"):
        venue.place(KEY, maker(Side.BUY, "1", "100.06"))
    assert own.status is NEW
