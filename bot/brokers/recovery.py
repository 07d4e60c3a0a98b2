"""Recover pending orders of a simulated broker after a restart: orders that stayed in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.core.book import Book
from bot.core.orders import OrderEnd, OrderIntent, Side
from bot.core.ports import Broker


def is_buying_blocked(book: Book, order: OrderIntent) -> bool:
    """Return True if an order is a purchase and an override blocks buying now."""
    overrides = book.plan.rules.overrides
    return order.side is Side.BUY and (overrides.reduce_only or overrides.flat)


def retry_pending(broker: Broker, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
    """Execute today's pending orders as new ones. Orders of earlier days end with the reason `missed`."""
    for order in orders:
        if is_buying_blocked(book, order):
            book.unfilled(order, OrderEnd.REDUCE_ONLY_OVERRIDE)
            yield order
        elif order.at.date() == day:
            yield from broker.execute(book, [order], day)
        else:
            # The next decision plans the coin again, so an order of an earlier day is out of date.
            book.unfilled(order, OrderEnd.MISSED)
            yield order
