"""Orders of a simulated broker that a stop came upon: nothing of them ever left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.core.book import Book
from bot.core.orders import OrderIntent
from bot.core.ports import Broker


def carried_out_anew(broker: Broker, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
    """Carry out today's orders as if nothing had been; those of an earlier day have missed it."""
    for order in orders:
        if order.at.date() == day:
            yield from broker.execute(book, [order], day)
        else:
            book.unfilled(order, "missed")
            yield order
