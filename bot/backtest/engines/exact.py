"""The exact engine: a plan executed day by day by the simulated broker, in decimals."""

from __future__ import annotations

from bot.brokers.simulated import SimulatedBroker
from bot.core.book import Book, RunPlan


def run_exact(plan: RunPlan) -> Book:
    """Run a plan and return its book with every event."""
    book, broker = Book(plan), SimulatedBroker()
    for i, decision in enumerate(plan.decisions):
        day = decision.at.date()
        book.settle(day)
        for _ in broker.execute(book, book.decide(i), day):
            pass
        book.value(i)
    return book
