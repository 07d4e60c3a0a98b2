"""Match an order against the levels of a book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_DOWN, Decimal

from bot.core.instrument import ZERO
from bot.core.orders import Side
from bot.venue.matching.book_shape import Level
from bot.venue.matching.order import OrderRequest


def matched_levels(levels: Iterable[Level], request: OrderRequest, step: Decimal) -> Iterator[Level]:
    """Yield the quantities that an order takes from the levels within its limit, best price first.

    Parameters
    ----------
    levels : iterable of Level
        Available levels, best price first.
    request : OrderRequest
        Order with a quantity in coins, or with an amount in the quote asset.
    step : Decimal
        Step of quantities, which an order by amount is rounded down to.
    """
    left, budget = request.quantity, request.quote_quantity
    sign = 1 if request.side is Side.BUY else -1
    for level in levels:
        if request.price is not None and sign * level.price > sign * request.price:
            return
        if left is not None:
            quantity = min(left, level.quantity)
        else:
            affordable = ((budget or ZERO) / level.price / step).to_integral_value(ROUND_DOWN) * step
            quantity = min(affordable, level.quantity)
        if quantity <= 0:
            return
        yield Level(level.price, quantity)
        if left is not None:
            left -= quantity
        else:
            budget = (budget or ZERO) - quantity * level.price
