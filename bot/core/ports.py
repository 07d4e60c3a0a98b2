"""Ports: the interfaces of a strategy, a broker and a clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from bot.core.book import Book
from bot.core.daily_rule import DailyRule
from bot.core.decision import Decision
from bot.core.events import Episode
from bot.core.market import Floats, Market
from bot.core.moments import Days
from bot.core.orders import OrderIntent
from bot.core.today import Today
from bot.core.window import Window


class Strategy(Protocol):
    """A trading rule that makes one decision at each UTC midnight."""

    name: str

    def decisions(self, market: Market) -> Sequence[Decision]:
        """Decide at every decision time of a market.

        Parameters
        ----------
        market
            The whole history. A decision may use only the rows that are known at its own moment.

        Returns
        -------
        Sequence[Decision]
            One for each of `market.decision_times`, in the same order.
        """
        ...


@runtime_checkable
class DailyStrategy(Protocol):
    """A trading rule that is called once a day, in order, with the market and the book of that day."""

    name: str

    def decide(self, today: Today) -> Decision:
        """Decide the day that begins: `today.target(weights)`, `today.hold()`, or a decision of its own."""
        ...


@runtime_checkable
class Simulated(Protocol):
    """An optional part of a strategy: it decides day by day, with the state of the book that asks it."""

    @property
    def reads_whole_market(self) -> bool:
        """True if it reads the whole market before the first day, so that it can look ahead."""
        ...

    def rule(self, times: Sequence[datetime], market: Market) -> DailyRule:
        """Return the strategy as a part of the plan of some days (UTC midnights) of a market."""
        ...


@runtime_checkable
class Reloadable(Protocol):
    """An optional part of a strategy: a new instance that keeps no state of earlier calls."""

    def reloaded(self) -> Strategy:
        """Return the same strategy, loaded again. Raises ConfigError."""
        ...


@runtime_checkable
class StressAware(Protocol):
    """An optional part of a strategy: the times at which spreads are wide."""

    def stressed(self, market: Market) -> Collection[datetime]:
        """Return the decision times (UTC) at which slippage is multiplied by `costs.stress_multiplier`."""
        ...


@runtime_checkable
class BacktestExtras(Protocol):
    """An optional part of a strategy: what it adds to the summary and the files of its own backtest."""

    def variants(self, market: Market) -> Mapping[str, Sequence[Decision]]:
        """Return the decisions of each variant of the strategy, by its name as a benchmark."""
        ...

    def episodes(self, market: Market) -> Sequence[Episode]:
        """Return the signals of the whole history, in order of time, with their outcomes."""
        ...

    def warnings(self, market: Market, window: Window) -> Sequence[str]:
        """Return a sentence for each fault of the inputs inside the window.

        Raises
        ------
        DataError
            If an input ends before the window begins.
        """
        ...

    def basket_returns(self, market: Market, days: Days) -> Floats:
        """Return the simple return of the strategy's altcoin basket on each of consecutive UTC days.

        Returns
        -------
        Floats
            Shape (days,), 0 on days of an empty basket. The random-timing band uses them.
        """
        ...


class Broker(Protocol):
    """The port that executes orders and records their results in the book.

    Open orders are either in `waiting`, and still to be sent, or of unknown status.
    """

    name: str

    @property
    def waiting(self) -> Mapping[str, str]:
        """Reasons of the orders that stay open and wait for a quote, by order id."""
        ...

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Execute orders in sequence, yielding each as soon as its result is in the book."""
        ...

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Finish orders of unknown status after a restart: a part of them may have been sent."""
        ...


class Clock(Protocol):
    """The port for the current time and for waiting."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds."""
        ...
