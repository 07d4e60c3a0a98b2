"""Trade one ledger forward, a day at a time. Start and recovery are one path."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from bot.core.book import Book
from bot.core.decision import Decision
from bot.core.events import ConfigPeriod, Drift, Event, Late, Valuation
from bot.core.invariants import not_none
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import OrderEnd, OrderIntent, OrderResult, OrderStatus
from bot.core.portfolio import Portfolio
from bot.core.ports import Broker
from bot.core.run_plan import RunPlan
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.portfolio_fold import recall_recorded
from bot.ledger.row import Row
from bot.ledger.testnet_account import ExpectedAccount, expected_account
from bot.ledger.writer import LedgerWriter
from bot.paper.stop_support import require_simulated_stops
from bot.paper.tick_result import TickResult, WaitingOrder

Plans = Callable[[date, date], RunPlan]
"""Returns the plan of a ledger from its first day to a day, from the prices known at that day's midnight (UTC)."""

Beside = Callable[[Valuation, Sequence[Row], Sequence[Event]], Valuation]
"""Adds the figures of the benchmarks to a valuation, given the ledger's rows and the unwritten events before it."""


class ForwardTrader:
    """Trader of one ledger with a broker.

    Parameters
    ----------
    writer : LedgerWriter
        Open ledger; its rows are replayed into the book.
    plans : callable
        Returns the plan from the first day to a day.
    start : date
        First day (UTC).
    late_after : timedelta
        Time after midnight from which a decision counts as late.
    compare : callable, optional
        Compares a testnet account with the ledger and returns the differences as events.
    step_hook : callable
        Called with the name of each step before it is taken; tests stop the process there.
    beside : callable
        Adds the figures of the benchmarks to each valuation; returns it as it is by default.

    Raises
    ------
    LedgerError
        The ledger fails to be written, or is damaged.
    """

    def __init__(
        self,
        writer: LedgerWriter,
        plans: Plans,
        broker: Broker,
        start: date,
        late_after: timedelta,
        compare: Callable[[ExpectedAccount], list[Event]] | None = None,
        step_hook: Callable[[str], None] = lambda step: None,
        beside: Beside = lambda valued, rows, unwritten: valued,
    ) -> None:
        self.writer, self._plans, self._broker = writer, plans, broker
        self.start, self._late_after, self._compare, self._step_hook = start, late_after, compare, step_hook
        self._beside = beside
        self._book: Book | None = None
        self._written = 0
        self._decided: dict[datetime, Decision] = {}
        self._drifted: set[datetime] = set()
        self._open: dict[str, OrderIntent] = {}
        self._valued: date | None = None
        self._short: list[OrderResult] = []
        self._note(writer.rows)

    def tick(self, now: datetime) -> TickResult:
        """Decide every undecided day up to `now` (UTC), and execute today's orders.

        Safe to repeat and to kill at any instant: a decided day is never decided again, and an order that was written
        is resumed before any other step. New days wait while an order has an unknown status. An order without a quote
        stays open until its day is over.
        """
        today = now.date()
        before, self._short = self._book, []
        book = self._at(today)
        carried_out = self._finish(book, today)
        if self._compare is not None and not self._unknown() and self._reconciled(self._compare):
            book = self._at(today)
        drifted = [] if book is before else self._drifts(book)
        decided: list[date] = []
        for day in [] if self._open else self._undecided(today):
            carried_out += self._decide(book, day, now)
            decided.append(day)
        waiting = self._broker.waiting
        return TickResult(
            tuple(decided),
            tuple(carried_out),
            tuple(drifted),
            tuple(self._unknown()),
            tuple(WaitingOrder(order, waiting[key]) for key, order in self._open.items() if key in waiting),
            tuple(self._short),
            tuple(day for day in decided if day < today),
        )

    def close(self, day: date) -> None:
        """Value the book at the close of a decided day."""
        book = self._at(day)
        if self._valued != day:
            self._value(book, (day - self.start).days)
            self._write(book)

    @property
    def portfolio(self) -> Portfolio:
        """Portfolio after the last row of the ledger."""
        return not_none(self._book, "the book of a tick").portfolio

    # --- the steps ---------------------------------------------------------------------------------------

    def _decide(self, book: Book, day: date, now: datetime) -> list[OrderIntent]:
        """Value yesterday, settle, decide and write all of it; then execute the orders."""
        i, stopped = (day - self.start).days, list[OrderIntent]()
        is_late, is_missed = now - midnight(day) > self._late_after, day < now.date()
        if i > 0 and self._valued != day - ONE_DAY:
            stopped = self._value(book, i - 1)
        book.settle(day)
        if is_late:
            book.note_late(Late(midnight(day), now, is_missed))
        orders = book.decide(i)
        require_simulated_stops(book.events[self._written :], self._broker.name)
        self._write(book)
        if is_missed:
            reported = len(self._short)
            for order in orders:
                book.unfilled(order, OrderEnd.MISSED)
            self._write(book)
            del self._short[reported:]  # the day itself is reported as made up for
            return stopped
        return stopped + self._execute(book, orders, day)

    def _value(self, book: Book, i: int) -> list[OrderIntent]:
        """Fill the stops of a decision's day, value the book at its close, and return the sales of the stops."""
        stopped = book.fill_stops(i)
        unwritten = book.events[self._written :]
        book.events[-1] = self._beside(book.value(i), self.writer.rows, unwritten)
        return stopped

    def _finish(self, book: Book, today: date) -> list[OrderIntent]:
        """Resume the orders that were written and have no end yet."""
        return self._write_ends(book, self._broker.resume(book, list(self._open.values()), today))

    def _execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> list[OrderIntent]:
        """Execute written orders, and write the end of each as soon as it is known."""
        self._step_hook("before orders")
        return self._write_ends(book, self._broker.execute(book, orders, day))

    def _write_ends(self, book: Book, ended: Iterator[OrderIntent]) -> list[OrderIntent]:
        done = []
        for order in ended:
            # Each end is written before the next order is sent: a kill leaves at most one order of unknown status.
            self._step_hook("order done")
            self._write(book)
            done.append(order)
        return done

    def _reconciled(self, compare: Callable[[ExpectedAccount], list[Event]]) -> bool:
        """Compare the account with the ledger and write the differences; return True if there are any."""
        self._step_hook("before comparing")
        # From the rows, not from memory: the account is compared with what a restart would know.
        differences = compare(expected_account(map(decode, self.writer.rows)))
        if differences:
            self._note(self.writer.append(differences))
        return bool(differences)

    def _drifts(self, book: Book) -> list[date]:
        """Write and return the decided days whose decision would differ on what is known now."""
        drifts = []
        # A daily strategy was asked again with the recorded book of each day.
        for decision in book.remade if book.plan.daily else book.plan.decisions:
            recorded = self._decided.get(decision.at)
            # Equal decisions have equal texts, which take longer to make.
            if recorded is None or recorded == decision or decision.at in self._drifted:
                continue
            was, is_now = _comparable(recorded), _comparable(decision)
            if was != is_now:
                drifts.append(Drift(decision.at, was, is_now))
        if drifts:
            self._note(self.writer.append(drifts))
        return [drift.at.date() for drift in drifts]

    def _unknown(self) -> list[OrderIntent]:
        """Return the open orders that may have been sent."""
        return [order for order_id, order in self._open.items() if order_id not in self._broker.waiting]

    # --- state of the ledger ------------------------------------------------------------------------------

    def _at(self, day: date) -> Book:
        """Return the book after the last row, with the plan of a day."""
        plan = self._plans(self.start, day)
        if self._book is None or self._book.plan is not plan:
            self._book = Book(plan)
            recall_recorded(self._book, map(decode, self.writer.rows))
            self._written = 0
        return self._book

    def _write(self, book: Book) -> None:
        """Write the new events of the book in one transaction."""
        new = book.events[self._written :]
        self._step_hook("before write")
        self._note(self.writer.append(new))
        ends = [event for event in new if isinstance(event, OrderResult)]
        self._short += [end for end in ends if end.status is not OrderStatus.FILLED]
        self._written = len(book.events)
        self._step_hook("after write")

    def _note(self, rows: Iterable[Row]) -> None:
        """Keep the state of new rows that the next tick needs."""
        for row in rows:
            event = decode(row)
            match event:
                case ConfigPeriod():  # a decision under another config is no drift
                    self._drifted.update(self._decided)
                case Decision():
                    self._decided[event.at] = event
                case OrderIntent():
                    self._open[event.order_id] = event
                case OrderResult():
                    self._open.pop(event.order_id, None)
                case Drift():
                    self._drifted.add(event.at)
                case Valuation():
                    self._valued = event.day

    def _undecided(self, today: date) -> list[date]:
        first = max(self._decided).date() + ONE_DAY if self._decided else self.start
        return [first + timedelta(days=i) for i in range((today - first).days + 1)]


def _comparable(decision: Decision) -> str:
    """Return the parts of a decision that must be the same when it is made again, as text."""
    # Reasons and readings are left out: they may change with a revised price that leaves the trade as it is.
    weights = {symbol: plain(weight) for symbol, weight in sorted(decision.weights.items()) if weight}
    parts: list[object] = [decision.stage, weights, decision.trade, decision.reduce_only]
    if decision.stops:
        parts.append({symbol: plain(level) for symbol, level in sorted(decision.stops.items())})
    return json.dumps(parts)
