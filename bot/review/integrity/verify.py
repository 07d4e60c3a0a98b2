"""Verify a ledger: its hash chain, its orders, its books, and the files of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING

from bot.core.errors import LedgerError
from bot.core.events import Event, Valuation
from bot.core.instrument import ZERO
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement
from bot.core.plural import counted
from bot.core.portfolio import Portfolio
from bot.ledger.anchor_files import anchor_files
from bot.ledger.codec import plain
from bot.ledger.decode import decode, read_row
from bot.ledger.ledger_file import open_to_read
from bot.ledger.record import checked_rows
from bot.ledger.row import RawRow, Row
from bot.ledger.run_folder import RunFolder
from bot.review.integrity.anchors import AnchorProof, verify_anchors
from bot.review.integrity.kept_heads import KeptHead, heads_message, missing_head
from bot.review.recording import Record

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_ADVANCED_AFTER = 5000
"""Rows between two steps of the progress bar."""


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """Result of one check in a sentence, its fault, if any, and the proofs of valid anchors."""

    name: str
    message: str
    fault: LedgerError | None = None
    proofs: Sequence[AnchorProof] = ()


class _Chain:
    """Count of the rows, the last hash, and hash and moment of some rows; the reader checks the chain itself."""

    def __init__(self, kept: Iterable[int]) -> None:
        self.rows, self.head = 0, ""
        self.hashes: dict[int, str] = {}
        self.moments: dict[int, str] = {}
        self._kept = frozenset(kept)

    def take(self, raw: RawRow) -> None:
        self.rows, self.head = raw[0], raw[4]
        if self.rows in self._kept:
            self.hashes[self.rows], self.moments[self.rows] = self.head, raw[2]

    def message(self) -> str:
        return f"{counted(self.rows, 'row')}, each chained to the one before; ends with {self.head[:8]}"


class _Orders:
    """Check that each order has a decision and ends once, and that its fills add up to what its end says."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._decided: str = ""
        self._sent: dict[str, Decimal] = {}
        self._filled: dict[str, Decimal] = {}
        self._ended: set[str] = set()
        self._fills = self._skipped = 0

    def take(self, row: Row, event: Event) -> None:
        match event:
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
        """Set the moment of the decision that the next orders are of."""
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
        self._require(fits[status], row, f"ended as {status}, and its fills add up to {plain(filled)} of {plain(sent)}")

    def message(self) -> str:
        still_open = len(self._sent.keys() - self._ended)
        open_ones = f"; {still_open:,} still open" if still_open else ""
        fills = counted(self._fills, "fill")
        return f"{len(self._sent):,} sent, each ended once{open_ones}; {fills}; {self._skipped:,} never sent"

    def _require(self, holds: bool, row: Row, what: str) -> None:
        if not holds:
            raise LedgerError(f"row {row.sequence} ({row.kind} at {row.at}) {what}", where=self._path)


class _Books:
    """Check that cash and holdings follow from the start, fills and settlements, and equity from the marks."""

    def __init__(self, path: str, start: Decimal) -> None:
        self._path = path
        self._portfolio = Portfolio(start)
        self._valuations = self._unmarked = 0

    def take(self, row: Row, event: Event) -> None:
        if isinstance(event, Valuation):
            self._take_valuation(row, event)
        elif isinstance(event, Fill | Settlement):
            try:
                self._portfolio = self._portfolio.apply(event)
            except ValueError as problem:
                raise self._fault(row, str(problem)) from None

    def _take_valuation(self, row: Row, valued: Valuation) -> None:
        holdings, marks, book = valued.holdings, valued.marks, self._portfolio
        # Compared with ==: the ledger writes every digit, so that rounding is no excuse.
        if valued.cash != book.cash:
            raise self._fault(row, "has another cash than the fills make", plain(book.cash), plain(valued.cash))
        if holdings != book.holdings:
            differing = sorted({*holdings, *book.holdings} - {s for s in holdings if holdings[s] == book.held(s)})
            expected = ", ".join(f"{plain(book.held(s))} {s}" for s in differing)
            was = ", ".join(f"{plain(holdings.get(s, ZERO))} {s}" for s in differing)
            raise self._fault(row, "has other holdings than the fills make", expected, was)
        self._valuations += 1
        if holdings and not marks:  # early ledgers recorded no marks
            self._unmarked += 1
            return
        if not holdings.keys() <= marks.keys():
            raise self._fault(row, f"has no mark of {', '.join(sorted(holdings.keys() - marks.keys()))}")
        equity = book.equity(marks)
        if equity != valued.equity:
            raise self._fault(row, "has an equity that does not add up", plain(equity), plain(valued.equity))

    def message(self) -> str:
        unmarked = f"; {self._unmarked:,} have no marks" if self._unmarked else ""
        return f"{self._valuations:,} valuations are what fills and marks make{unmarked}"

    def _fault(self, row: Row, what: str, expected: str | None = None, was: str | None = None) -> LedgerError:
        return LedgerError(
            f"row {row.sequence} ({row.kind} at {row.at}) {what}", where=self._path, expected=expected, was=was
        )


def verify(
    record: Record,
    advanced: Callable[[int], object] = lambda rows: None,
    heads: Sequence[KeptHead] = (),
    trusted: Sequence[Certificate] | None = None,
) -> list[IntegrityCheck]:
    """Check everything that a record can be checked against.

    A fault in the chain ends the check: the rows after it are unproved. A row with a right hash and a malformed body
    fails the check `rows`, which is there only then.

    Parameters
    ----------
    record
        The record to check.
    advanced
        Called with the number of rows read since the last call.
    heads
        Heads that were kept elsewhere, which the record must contain.
    trusted
        Certificates of the authority that time-stamped the record; None leaves its anchors unread.

    Returns
    -------
    list[IntegrityCheck]
        One result per check, the chain first.
    """
    kept = {head.rows for head in heads} | (set() if trusted is None else anchor_files(record.path).keys())
    try:
        start = _start_cash(record)
        chain, orders, books = _Chain(kept), _Orders(str(record.path)), _Books(str(record.path), start)
        faults = _read(record, chain, orders, books, advanced)
    except LedgerError as broken:
        return [IntegrityCheck("chain", broken.what, broken)]
    checks = [IntegrityCheck("chain", chain.message())]
    if heads:
        lost = missing_head(heads, chain.rows, chain.hashes, record.path)
        checks.append(IntegrityCheck("heads", lost.what if lost else heads_message(heads), lost))
    if trusted is not None:
        checks += _anchors(record, chain, trusted)
    if "rows" in faults:
        checks.append(IntegrityCheck("rows", faults["rows"].what, faults["rows"]))
    for name, checker in (("orders", orders), ("books", books)):
        fault = faults.get(name)
        checks.append(IntegrityCheck(name, fault.what if fault else checker.message(), fault))
    if record.folder is not None:
        checks.append(_files(record.folder, chain))
    return checks


def _read(
    record: Record, chain: _Chain, orders: _Orders, books: _Books, advanced: Callable[[int], object]
) -> dict[str, LedgerError]:
    """Read every row once and return the first fault of each check. Raises LedgerError for one in the chain."""
    faults: dict[str, LedgerError] = {}
    takers: dict[str, list[tuple[str, Callable[[Row, Event], None]]]] = {
        "order": [("orders", orders.take)],
        "order_result": [("orders", orders.take)],
        "fill": [("orders", orders.take), ("books", books.take)],
        "settlement": [("books", books.take)],
        "valuation": [("books", books.take)],
    }
    for raw in _raw(record):
        chain.take(raw)
        sequence, kind, at, *_ = raw
        if sequence % _ADVANCED_AFTER == 0:
            advanced(_ADVANCED_AFTER)
        if kind == "decision":
            orders.decided(at)
        try:
            row = read_row(raw, record.path)
        except LedgerError as malformed:
            # Every check that needs the row fails with it; the chain still holds.
            for name in ("rows", *(name for name, _ in takers.get(kind, ()))):
                faults.setdefault(name, malformed)
            continue
        for name, take in takers.get(kind, ()):
            # After a fault the state of that check is wrong, and each later row would be a fault too.
            if name not in faults:
                try:
                    take(row, decode(row))
                except LedgerError as fault:
                    faults[name] = fault
    return faults


def _raw(record: Record) -> Iterator[RawRow]:
    with closing(open_to_read(record.path)) as connection:
        rows = checked_rows(connection, record.path)
        yield from rows if record.head is None else takewhile(lambda raw: raw[0] <= (record.head or 0), rows)


def _anchors(record: Record, chain: _Chain, trusted: Sequence[Certificate]) -> list[IntegrityCheck]:
    """Return a check of the valid tokens together, and one of each other token."""
    heads = {row: (chain.hashes[row], chain.moments[row]) for row in chain.hashes}
    found = verify_anchors(record.path, chain.rows, heads, trusted)
    valid = [IntegrityCheck("anchors", found.message(), proofs=found.proofs)] if found.proofs else []
    return valid + [IntegrityCheck("anchors", fault.what, fault) for fault in found.faults]


def _files(folder: RunFolder, chain: _Chain) -> IntegrityCheck:
    try:
        folder.require_end(chain.rows, chain.head)
        files = folder.require_files()
    except LedgerError as fault:
        return IntegrityCheck("files", fault.what, fault)
    return IntegrityCheck("files", f"{files} as the run left them; the ledger ends as the manifest says")


def _start_cash(record: Record) -> Decimal:
    cash = record.start_cash()
    if cash is None:
        raise LedgerError(
            "has no row with the cash that it began with", where=str(record.path), mend="name the run's folder"
        )
    return cash
