"""The exact engine: a plan executed day by day by the simulated broker, in decimals."""

from __future__ import annotations

from collections.abc import Iterable

from bot.brokers.simulated import SimulatedBroker
from bot.core.book import Book, RunPlan
from bot.core.events import Event


def run_exact(plan: RunPlan, past: Iterable[Event] = ()) -> Book:
    """Run a plan and return its book with every event; `past` are those of the days before, which it goes on from."""
    book, broker = Book(plan), SimulatedBroker()
    book.recall(past)
    for i, decision in enumerate(plan.decisions):
        day = decision.at.date()
        book.settle(day)
        for _ in broker.execute(book, book.decide(i), day):
            pass
        book.value(i)
    return book
