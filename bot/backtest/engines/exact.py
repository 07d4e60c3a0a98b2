"""The exact engine: a plan executed day by day by the simulated broker, in decimals."""

from __future__ import annotations

from collections.abc import Iterable

from bot.brokers.simulated import run_simulated
from bot.core.book import Book
from bot.core.events import Event
from bot.core.run_plan import RunPlan


def run_exact(plan: RunPlan, past: Iterable[Event] = ()) -> Book:
    """Run a plan and return its book with every event; `past` are those of the days before, which it goes on from."""
    return run_simulated(plan, past)
