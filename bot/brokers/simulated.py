"""Simulated broker: market orders filled at the day's open, in the order in which they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from bot.brokers.recovery import retry_pending
from bot.core.book import Book
from bot.core.events import Event
from bot.core.orders import OrderEnd, OrderIntent
from bot.core.run_plan import RunPlan


class SimulatedBroker:
    """Fills at the market's opens with slippage and fee, limited by cash and holdings."""

    name = "simulated"
    waiting: Mapping[str, str] = MappingProxyType({})

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match orders one by one at a day's open and record each outcome in the book."""
        for order in orders:
            open_price = book.open_price(order.symbol, day)
            if open_price is None:
                book.unfilled(order, OrderEnd.NO_BAR)
            else:
                self._match(book, order, open_price)
            yield order

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Retry pending orders of today; orders of earlier days have missed their open."""
        return retry_pending(self, book, orders, day)

    def _match(self, book: Book, order: OrderIntent, open_price: float) -> None:
        price = book.price_for(order, open_price)
        quantity = book.quantity_for(order, price)
        if quantity > 0:
            book.filled(order, quantity, price, open_price)
        else:
            book.unfilled(order, OrderEnd.CASH_SHORT)


def run_simulated(plan: RunPlan, past: Iterable[Event] = ()) -> Book:
    """Run a plan day by day, after the events of earlier days, and return its book with every event."""
    book = Book(plan)
    book.recall(past)
    simulate_days(book, 0)
    return book


def simulate_days(book: Book, begin: int) -> None:
    """Run the days of a book's plan, from decision number `begin` on."""
    broker = SimulatedBroker()
    for i, at in enumerate(book.plan.times[begin:], begin):
        day = at.date()
        book.settle(day)
        for _ in broker.execute(book, book.decide(i), day):
            pass
        book.fill_stops(i)
        book.value(i)
