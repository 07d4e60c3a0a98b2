"""Cache of runs by name. A run whose plan has grown by some days computes these days alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date

import numpy as np

from bot.brokers.simulated import simulate_days
from bot.core.book import Book
from bot.core.prices import CoinDays
from bot.core.run_plan import RunPlan

PlanRunner = Callable[[str, RunPlan], Book]
"""Runs a plan under a name and returns its book."""


class RunCache:
    """Books of runs by name. A book is continued if its new plan begins with the old one; otherwise it is run again.

    A continued book has the events of a new run: each call compares the decisions, prices, rules and endings of the
    cached days with those of the new plan.
    """

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}

    def run(self, name: str, plan: RunPlan) -> Book:
        """Run a plan of decisions to its end and cache its book under a name."""
        # Cached again at the end alone: a book that failed within a day would have the events of that day twice.
        book = self._books.pop(name, None)
        if book is not None and _begins_with(plan, book.plan):
            begin = len(book.plan.times)
            book.extend_plan(plan)
        else:
            book, begin = Book(plan), 0
        simulate_days(book, begin)
        self._books[name] = book
        return book


def _begins_with(plan: RunPlan, before: RunPlan) -> bool:
    """Return True if a plan begins with all days of an earlier one."""
    days, last = len(before.times), before.times[-1].date()
    return (
        plan.daily is None
        and before.daily is None
        and list(plan.decisions[:days]) == list(before.decisions)
        and list(plan.slippage_multipliers[:days]) == list(before.slippage_multipliers)
        and _constants(plan) == _constants(before)
        and _endings_until(plan, last) == _endings_until(before, last)
        and all(_has_same_days(plan, before, symbol) for symbol in before.prices.symbols)
    )


def _constants(plan: RunPlan) -> tuple[object, ...]:
    return plan.rules, plan.recovery, plan.cash, plan.adopt, plan.begins_with_entry


def _endings_until(plan: RunPlan, last: date) -> dict[date, object]:
    return {day: list(due) for day, due in plan.settlings.items() if day <= last}


def _has_same_days(plan: RunPlan, before: RunPlan, symbol: str) -> bool:
    if symbol not in plan.market:
        return False
    new, old = plan.prices.of(symbol), before.prices.of(symbol)
    known = len(old.close)
    return all(
        np.array_equal(getattr(new, column.name)[:known], getattr(old, column.name), equal_nan=True)
        for column in fields(CoinDays)
    )
