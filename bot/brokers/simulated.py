"""The simulated broker: market orders filled at the day's open, in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.brokers.recovery import retry_pending
from bot.core.book import Book
from bot.core.orders import OrderIntent


class SimulatedBroker:
    """Fills from the market's own opens, with slippage and fee, within the cash and never beyond the holdings."""

    name = "simulated"

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match each order at a day's open and tell the book how it ended, one at a time."""
        for order in orders:
            open_price = book.open_price(order.symbol, day)
            if open_price is None:
                book.unfilled(order, "no_bar")
            else:
                self._match(book, order, open_price)
            yield order

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match today's orders as if nothing had been; those of an earlier day have missed their open."""
        return retry_pending(self, book, orders, day)

    def _match(self, book: Book, order: OrderIntent, open_price: float) -> None:
        price = book.price_for(order, open_price)
        quantity = book.quantity_for(order, price)
        if quantity > 0:
            book.filled(order, quantity, price, open_price)
        else:
            book.unfilled(order, "cash_short")
