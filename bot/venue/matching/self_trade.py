"""Self-trade prevention: an order that meets an order of its own account expires one of them, or both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile

from bot.core.instrument import ZERO
from bot.core.orders import Side
from bot.venue.matching.book_shape import Level
from bot.venue.matching.matches import matched_levels
from bot.venue.matching.order import Order, OrderRequest, SelfTradeMode
from bot.venue.matching.pair_filters import PriceBand


@dataclass(slots=True)
class Crossing:
    """Levels that an order takes from the book, and orders that self-trade prevention expires.

    `makers` are the account's own resting orders that expire. `is_taker_expired` is True if the rest of the order
    itself expires. `is_out_of_range` is True if the order reached a price outside the execution range.
    """

    matches: list[Level]
    makers: list[Order] = field(default_factory=list)
    is_taker_expired: bool = False
    is_out_of_range: bool = False

    @property
    def meets_own_order(self) -> bool:
        """True if the order would have traded with its own account."""
        return bool(self.makers) or self.is_taker_expired


def cross(levels: Sequence[Level], own: Iterable[Order], request: OrderRequest, step: Decimal) -> Crossing:
    """Match an order against a book and the account's own resting orders of the other side.

    Parameters
    ----------
    levels : sequence of Level
        Levels of other traders, best price first.
    own : iterable of Order
        Resting orders of the account on the other side of the pair.
    request : OrderRequest
        Order with its self-trade mode.
    step : Decimal
        Step of quantities, in coins.
    """
    sign = 1 if request.side is Side.BUY else -1
    waiting = [(Level(order.request.price, order.remaining), order) for order in own if order.request.price]
    makers: list[Order] = []
    while True:
        # At one price the book comes first: the sort is stable.
        everyone = sorted([*((level, None) for level in levels), *waiting], key=lambda one: sign * one[0].price)
        matches = list(matched_levels([level for level, _ in everyone], request, step))
        met = next((place for place in range(len(matches)) if everyone[place][1] is not None), None)
        maker = None if met is None else everyone[met][1]
        if maker is None:
            return Crossing(matches, makers)
        if request.self_trade is not SelfTradeMode.EXPIRE_TAKER:
            makers.append(maker)
        if request.self_trade is not SelfTradeMode.EXPIRE_MAKER:
            return Crossing(matches[:met], makers, is_taker_expired=True)
        waiting = [(level, order) for level, order in waiting if order is not maker]


def cross_within(
    band: PriceBand | None,
    price: Decimal,
    levels: Sequence[Level],
    own: Iterable[Order],
    request: OrderRequest,
    step: Decimal,
) -> Crossing:
    """Match an order as `cross`, at prices inside an execution range alone.

    Parameters
    ----------
    band : PriceBand, optional
        Range of the order's side around the reference price; None is unlimited.
    price : Decimal
        Reference price: that of the moment at which the order was sent.
    """
    if band is None:
        return cross(levels, own, request, step)
    inside = list(takewhile(lambda level: band.contains(level.price, price), levels))
    near = [order for order in own if order.request.price and band.contains(order.request.price, price)]
    crossing = cross(inside, near, request, step)
    if not crossing.is_taker_expired:
        # An order that wants a price outside of the range expires there; a limit inside it rests.
        wanted, taken = matched_levels(levels, request, step), crossing.matches
        crossing.is_out_of_range = _quantity(wanted) > _quantity(taken)
    return crossing


def _quantity(levels: Iterable[Level]) -> Decimal:
    return sum((level.quantity for level in levels), ZERO)
