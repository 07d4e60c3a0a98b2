"""The desk: one ledger, traded forward a day at a time. Start and recovery are one path."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.book import Book, RunPlan
from bot.core.decision import Decision
from bot.core.events import ConfigPeriod, Drift, Event, Late
from bot.core.invariants import not_none
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import OrderEnd, OrderIntent, OrderResult
from bot.core.portfolio import Portfolio
from bot.core.ports import Broker
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.record import Row
from bot.ledger.testnet_account import ExpectedAccount, expected_account
from bot.ledger.writer import LedgerWriter

Plans = Callable[[date, date], RunPlan]
"""The plan of a ledger from its first day to a day, of what is known at that day's midnight."""


@dataclass(frozen=True, slots=True)
class TickResult:
    """What one tick did: the days that it decided, the orders that it carried out, those whose end is not known yet."""

    decided: tuple[date, ...]
    carried_out: tuple[OrderIntent, ...]
    drifted: tuple[date, ...]
    left_open: tuple[OrderIntent, ...] = ()


class ForwardTrader:
    """A ledger and whatever it needs to go on: plans of what is known, a broker.

    `late_after` is how long after its midnight a decision counts as late. `compare` holds a testnet account against
    what the ledger accounts for. `witness` is told each step before it is taken: tests use it to stop there. Raises
    LedgerError where the ledger cannot be written or trusted.
    """

    def __init__(
        self,
        journal: LedgerWriter,
        plans: Plans,
        broker: Broker,
        start: date,
        late_after: timedelta,
        compare: Callable[[ExpectedAccount], list[Event]] | None = None,
        witness: Callable[[str], None] = lambda step: None,
    ) -> None:
        self.journal, self._plans, self._broker = journal, plans, broker
        self.start, self._late_after, self._compare, self._witness = start, late_after, compare, witness
        self._book: Book | None = None
        self._told = 0
        self._decided: dict[datetime, str] = {}
        self._drifted: set[datetime] = set()
        self._open: dict[str, OrderIntent] = {}
        self._valued: date | None = None
        self._note(journal.rows)

    def tick(self, now: datetime) -> TickResult:
        """Bring the ledger to a moment: decide every day that is not decided, and carry out today's orders.

        Safe to repeat and safe to be killed at any instant: what was decided is never decided again, and an order that
        was written down is looked after before anything else. While nobody knows how one ended nothing new is decided.
        """
        today = now.date()
        before = self._book
        book = self._at(today)
        carried_out = self._finish(book, today)
        if self._compare is not None and not self._open and self._reconciled(self._compare):
            book = self._at(today)
        drifted = [] if book is before else self._drifts(book.plan)
        decided = []
        for day in [] if self._open else self._undecided(today):
            carried_out += self._decide(book, day, now)
            decided.append(day)
        return TickResult(tuple(decided), tuple(carried_out), tuple(drifted), tuple(self._open.values()))

    def close(self, day: date) -> None:
        """Value the book at the end of a day that was decided."""
        book = self._at(day)
        if self._valued != day:
            book.value((day - self.start).days)
            self._write(book)

    @property
    def portfolio(self) -> Portfolio:
        """What the ledger says is held, after its last row."""
        return not_none(self._book, "the book of a tick").portfolio

    # --- the steps ---------------------------------------------------------------------------------------

    def _decide(self, book: Book, day: date, now: datetime) -> list[OrderIntent]:
        """Value yesterday, settle, decide and write all of it down; then carry out the orders."""
        i = (day - self.start).days
        is_late, is_missed = now - midnight(day) > self._late_after, day < now.date()
        if i > 0 and self._valued != day - ONE_DAY:
            book.value(i - 1)
        book.settle(day)
        if is_late:
            book.events.append(Late(midnight(day), now, is_missed))
        orders = book.decide(i)
        self._write(book)
        if is_missed:
            for order in orders:
                book.unfilled(order, OrderEnd.MISSED)
            self._write(book)
            return []
        return self._carry_out(book, orders, day)

    def _finish(self, book: Book, today: date) -> list[OrderIntent]:
        """Look after orders that were written down and whose end is not."""
        return self._followed(book, self._broker.resume(book, list(self._open.values()), today))

    def _carry_out(self, book: Book, orders: Sequence[OrderIntent], day: date) -> list[OrderIntent]:
        """Carry out orders that are written down, and write down how each ended as soon as it is known."""
        self._witness("before orders")
        return self._followed(book, self._broker.execute(book, orders, day))

    def _followed(self, book: Book, ended: Iterator[OrderIntent]) -> list[OrderIntent]:
        done = []
        for order in ended:
            self._witness("order done")
            self._write(book)
            done.append(order)
        return done

    def _reconciled(self, compare: Callable[[ExpectedAccount], list[Event]]) -> bool:
        """Hold the account against the ledger, and write down what is found; whether there was anything."""
        self._witness("before comparing")
        found = compare(expected_account(map(decode, self.journal.rows)))
        if found:
            self._note(self.journal.append(found))
        return bool(found)

    def _drifts(self, plan: RunPlan) -> list[date]:
        """Write down which recorded days would be decided otherwise on what is known of them now."""
        drifts = []
        for decision in plan.decisions:
            recorded = self._decided.get(decision.at)
            if recorded is not None and decision.at not in self._drifted and recorded != _what_counts(decision):
                drifts.append(Drift(decision.at, recorded, _what_counts(decision)))
        if drifts:
            self._note(self.journal.append(drifts))
        return [drift.at.date() for drift in drifts]

    # --- what the ledger says ----------------------------------------------------------------------------

    def _at(self, day: date) -> Book:
        """The book as the ledger left it, with what is known on a day."""
        plan = self._plans(self.start, day)
        if self._book is None or self._book.plan is not plan:
            self._book = Book(plan)
            self._book.recall(event for event in map(decode, self.journal.rows) if event is not None)
            self._told = 0
        return self._book

    def _write(self, book: Book) -> None:
        """Write down what the book has to tell since the last time, all of it or nothing."""
        new = book.events[self._told :]
        self._witness("before write")
        self._note(self.journal.append(new))
        self._told = len(book.events)
        self._witness("after write")

    def _note(self, rows: Iterable[Row]) -> None:
        """Remember of rows what the next tick asks for."""
        for row in rows:
            event = decode(row)
            match event:
                case ConfigPeriod():  # what another config decided is not held against this one
                    self._drifted.update(self._decided)
                case Decision():
                    self._decided[event.at] = _what_counts(event)
                case OrderIntent():
                    self._open[event.order_id] = event
                case OrderResult():
                    self._open.pop(event.order_id, None)
                case Drift():
                    self._drifted.add(event.at)
            if row.kind == "valuation":
                self._valued = date.fromisoformat(row.at[:10])

    def _undecided(self, today: date) -> list[date]:
        first = max(self._decided).date() + ONE_DAY if self._decided else self.start
        return [first + timedelta(days=i) for i in range((today - first).days + 1)]


def _what_counts(decision: Decision) -> str:
    """What of a decision must be the same when it is made again, as text."""
    weights = {symbol: plain(weight) for symbol, weight in sorted(decision.weights.items()) if weight}
    return json.dumps([decision.stage, weights, decision.trade, decision.reduce_only])
