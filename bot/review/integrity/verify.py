"""Whether a ledger can be believed: its chain, its orders, its books, and the files of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import takewhile
from json import loads

from bot.core.errors import LedgerError
from bot.core.instrument import ZERO
from bot.core.invariants import not_none
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement
from bot.core.portfolio import Portfolio
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.ledger_file import open_to_read
from bot.ledger.record import RawRow, Row, checked_rows
from bot.review.lists.trade_list import start_of
from bot.review.recording import Record


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """One thing that was checked, and what was found; `fault` is None where all is well."""

    name: str
    told: str
    fault: LedgerError | None = None


class _Chain:
    """Counts rows and keeps the last hash; that each is chained to the one before is checked as they are read."""

    def __init__(self) -> None:
        self.rows, self.head = 0, ""

    def take(self, raw: RawRow) -> None:
        self.rows, self.head = raw[0], raw[4]

    def told(self) -> str:
        return f"{self.rows:,} rows, each chained to the one before; ends with {self.head[:8]}"


class _Orders:
    """Every order is of a decision and ends once; every fill is of an order, all of them together not above it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._decided: str = ""
        self._sent: dict[str, Decimal] = {}
        self._filled: dict[str, Decimal] = {}
        self._ended: set[str] = set()
        self._fills = self._skipped = 0

    def take(self, row: Row) -> None:
        match decode(row):
            case OrderIntent() as order:
                self._require(row.at == self._decided, row, "is an order of no decision")
                self._require(order.order_id not in self._sent, row, "is an order that was there before")
                self._sent[order.order_id], self._filled[order.order_id] = order.quantity, ZERO
            case Fill() as fill:
                sent = self._sent.get(fill.order_id)
                self._require(sent is not None and fill.order_id not in self._ended, row, "is a fill of no open order")
                self._filled[fill.order_id] += fill.quantity
                self._require(self._filled[fill.order_id] <= (sent or ZERO), row, "fills more than was ordered")
                self._fills += 1
            case OrderResult() as result:
                self._take_end(row, result)

    def decided(self, at: str) -> None:
        """Take the moment of a decision: the orders after it are its own."""
        self._decided = at

    def _take_end(self, row: Row, result: OrderResult) -> None:
        identity, status = result.order_id, result.status
        self._require(identity not in self._ended, row, "ends an order that had ended")
        self._ended.add(identity)
        if status is OrderStatus.SKIPPED:
            self._require(identity not in self._sent, row, "skips an order that was sent")
            self._require(row.at == self._decided, row, "is an order of no decision")
            self._skipped += 1
            return
        self._require(identity in self._sent, row, "ends an order that was never sent")
        sent, filled = self._sent[identity], self._filled[identity]
        fits = {
            OrderStatus.FILLED: filled == sent,
            OrderStatus.PARTIAL: ZERO < filled < sent,
            OrderStatus.UNFILLED: filled == ZERO,
        }
        self._require(fits[status], row, f"is told {status}, and its fills add up to {plain(filled)} of {plain(sent)}")

    def told(self) -> str:
        still_open = len(self._sent.keys() - self._ended)
        open_ones = f"; {still_open:,} still open" if still_open else ""
        return (
            f"{len(self._sent):,} sent, each ended once{open_ones}; {self._fills:,} fills; {self._skipped:,} never sent"
        )

    def _require(self, holds: bool, row: Row, what: str) -> None:
        if not holds:
            raise LedgerError(f"row {row.sequence} ({row.kind} at {row.at}) {what}", where=self._path)


class _Books:
    """Cash and holdings are what fills and settlements make of the start; equity is theirs at the marks."""

    def __init__(self, path: str, start: Decimal) -> None:
        self._path = path
        self._portfolio = Portfolio(start)
        self._valuations = self._unmarked = 0

    def take(self, row: Row) -> None:
        if row.kind == "valuation":
            self._take_valuation(row)
            return
        event = decode(row)
        if isinstance(event, Fill | Settlement):
            try:
                self._portfolio = self._portfolio.apply(event)
            except ValueError as problem:
                raise self._fault(row, str(problem)) from None

    def _take_valuation(self, row: Row) -> None:
        body, book = row.body, self._portfolio
        holdings = {symbol: Decimal(quantity) for symbol, quantity in body["holdings"].items()}
        if Decimal(body["cash"]) != book.cash:
            raise self._fault(row, "has another cash than the fills make", plain(book.cash), body["cash"])
        if holdings != book.holdings:
            differing = sorted({*holdings, *book.holdings} - {s for s in holdings if holdings[s] == book.held(s)})
            expected = ", ".join(f"{plain(book.held(s))} {s}" for s in differing)
            was = ", ".join(f"{plain(holdings.get(s, ZERO))} {s}" for s in differing)
            raise self._fault(row, "has other holdings than the fills make", expected, was)
        self._valuations += 1
        if holdings and "marks" not in body:
            self._unmarked += 1
            return
        marks = {symbol: Decimal(mark) for symbol, mark in body.get("marks", {}).items()}
        if not holdings.keys() <= marks.keys():
            raise self._fault(row, f"has no mark of {', '.join(sorted(holdings.keys() - marks.keys()))}")
        equity = book.equity(marks)
        if equity != Decimal(body["equity"]):
            raise self._fault(row, "has an equity that does not add up", plain(equity), body["equity"])

    def told(self) -> str:
        unmarked = f"; {self._unmarked:,} have no marks" if self._unmarked else ""
        return f"{self._valuations:,} valuations are what fills and marks make{unmarked}"

    def _fault(self, row: Row, what: str, expected: str | None = None, was: str | None = None) -> LedgerError:
        return LedgerError(
            f"row {row.sequence} ({row.kind} at {row.at}) {what}", where=self._path, expected=expected, was=was
        )


def verify(record: Record, advanced: Callable[[int], object] = lambda rows: None) -> list[IntegrityCheck]:
    """Check all that a record can be held against; `advanced` is told how many rows are read, some at a time.

    What comes after a fault in the chain cannot be believed and is not checked.
    """
    try:
        start = start_of(record)
        chain, orders, books = _Chain(), _Orders(str(record.path)), _Books(str(record.path), start)
        faults = _read(record, chain, orders, books, advanced)
    except LedgerError as broken:
        return [IntegrityCheck("chain", broken.what, broken)]
    checks = [IntegrityCheck("chain", chain.told())]
    for name, checker in (("orders", orders), ("books", books)):
        fault = faults.get(name)
        checks.append(IntegrityCheck(name, fault.what if fault else checker.told(), fault))
    if record.folder is not None:
        checks.append(_files(record, chain))
    return checks


def _read(
    record: Record, chain: _Chain, orders: _Orders, books: _Books, advanced: Callable[[int], object]
) -> dict[str, LedgerError]:
    """Read every row once and show it to all; the first fault of each. Raises LedgerError for one in the chain."""
    faults: dict[str, LedgerError] = {}
    takers: dict[str, list[tuple[str, Callable[[Row], None]]]] = {
        "order": [("orders", orders.take)],
        "order_result": [("orders", orders.take)],
        "fill": [("orders", orders.take), ("books", books.take)],
        "settlement": [("books", books.take)],
        "valuation": [("books", books.take)],
    }
    for raw in _raw(record):
        chain.take(raw)
        sequence, kind, at, body, _ = raw
        if sequence % _ADVANCED_AFTER == 0:
            advanced(_ADVANCED_AFTER)
        if kind == "decision":
            orders.decided(at)
        elif kind in takers:
            row = Row(sequence, kind, at, loads(body))
            for name, take in takers[kind]:
                if name not in faults:
                    try:
                        take(row)
                    except LedgerError as fault:
                        faults[name] = fault
                    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
                        where = str(record.path)
                        faults[name] = LedgerError(f"row {sequence} ({kind} at {at}) is no such event", where=where)
    return faults


_ADVANCED_AFTER = 5000


def _raw(record: Record) -> Iterator[RawRow]:
    with closing(open_to_read(record.path)) as connection:
        rows = checked_rows(connection, record.path)
        yield from rows if record.head is None else takewhile(lambda raw: raw[0] <= (record.head or 0), rows)


def _files(record: Record, chain: _Chain) -> IntegrityCheck:
    folder = not_none(record.folder, "the folder of a run")
    try:
        folder.require_end(chain.rows, chain.head)
        files = folder.require_files()
    except LedgerError as fault:
        return IntegrityCheck("files", fault.what, fault)
    return IntegrityCheck("files", f"{files} as the run left them; the ledger ends as the manifest says")
