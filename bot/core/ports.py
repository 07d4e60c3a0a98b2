"""The ports: what the bot asks of a strategy, a broker and a clock, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.core.book import Book
from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.orders import OrderIntent


class Strategy(Protocol):
    """A rule that turns what is known of the market into one decision a UTC midnight."""

    name: str

    def decisions(self, market: Market) -> Sequence[Decision]:
        """One decision for each of `market.decision_times`, each from what was known at that moment only."""
        ...


class Broker(Protocol):
    """Who carries orders out, and tells the book how each ended."""

    name: str

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Carry orders out in their order, yielding each once the book knows how it ended."""
        ...

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Look after orders that were meant before a stop, of which it is not known whether they were sent."""
        ...


class Clock(Protocol):
    """The time, and waiting for it: only what reaches out of the process holds one."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...
