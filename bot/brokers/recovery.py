"""Orders of a simulated broker that a stop came upon: nothing of them ever left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.core.book import Book
from bot.core.orders import OrderIntent, Side
from bot.core.ports import Broker

BARRED = "reduce_only_override"
"""Marks a buy that was decided before the user, or an account that nothing explains, forbade buying."""


def is_buying_blocked(book: Book, order: OrderIntent) -> bool:
    """Whether an order that was never sent must not be sent any more."""
    overrides = book.plan.rules.overrides
    return order.side is Side.BUY and (overrides.reduce_only or overrides.flat)


def retry_pending(broker: Broker, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
    """Carry out today's orders as if nothing had been; those of an earlier day have missed it."""
    for order in orders:
        if is_buying_blocked(book, order):
            book.unfilled(order, BARRED)
            yield order
        elif order.at.date() == day:
            yield from broker.execute(book, [order], day)
        else:
            book.unfilled(order, "missed")
            yield order
