"""The forward ledgers: each a file by name, and where each stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.config import Config
from bot.core.errors import LedgerError, did_you_mean
from bot.core.events import Mode, Switched
from bot.core.orders import Fill, OrderIntent, OrderResult, Settlement
from bot.core.portfolio import Portfolio
from bot.core.ports import Clock
from bot.data.update import only_one
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.journal import Journal
from bot.ledger.record import Row, read_ledger, verify_ledger
from bot.report.words import sentence


def ledger_path(config: Config, name: str) -> Path:
    """The file of a forward ledger."""
    return config.state / "ledgers" / f"{name}.sqlite3"


def make_room(path: Path) -> None:
    """Make a ledger's folder. Raises LedgerError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise LedgerError(f"cannot be written: {problem.strerror}", where=str(path)) from None


def ledgers(config: Config) -> list[str]:
    """The names of the forward ledgers there are, in order."""
    return sorted(path.stem for path in (config.state / "ledgers").glob("*.sqlite3"))


@contextmanager
def open_ledger(config: Config, name: str, clock: Clock) -> Iterator[Journal]:
    """A ledger for one process to write; another one has to wait, and is told so. Raises LedgerError."""
    path = ledger_path(config, name)
    with only_one(path, clock, patience=0.0), Journal.open(path) as journal:
        yield journal


def mode_of(rows: Sequence[Row]) -> Mode:
    """What a ledger may do, by the user's last word."""
    last = _last(rows, "switched")
    return Mode(last.body["mode"]) if last else Mode.ON


def switch(config: Config, name: str, mode: Mode, clock: Clock) -> None:
    """Write down the user's word; the next tick obeys. Raises LedgerError, StoreError."""
    status_of(config, name)
    with open_ledger(config, name, clock) as journal:
        if mode_of(journal.rows) is not mode:
            journal.append([Switched(clock.now().replace(microsecond=0), mode)])


@dataclass(frozen=True, slots=True)
class Status:
    """Where a ledger stands; money is decimal text, `head` the hash of its last row, empty what is not there yet."""

    ledger: str
    mode: str
    begun: str
    epochs: int
    last_day: str
    stage: str
    why: str
    valued: str
    equity: str
    cash: str
    holdings: dict[str, str]
    open_orders: int
    rows: int
    head: str

    def as_dict(self) -> dict[str, Any]:
        """The status as plain data."""
        return asdict(self)


def status_of(config: Config, name: str) -> Status:
    """Where a ledger stands, read without writing. Raises LedgerError, naming the nearest, where there is none."""
    path = ledger_path(config, name)
    if not path.is_file():
        near = did_you_mean(name, ledgers(config)) or "begin one with: bot paper tick"
        raise LedgerError("there is no such ledger", where=str(path), mend=near)
    count, head = verify_ledger(path)
    rows = list(read_ledger(path))
    epochs = [row for row in rows if row.kind == "epoch"]
    if not epochs:
        raise LedgerError("has not begun", where=str(path), mend="begin it with: bot paper tick")
    decision, valued = _last(rows, "decision"), _last(rows, "valuation")
    portfolio, open_orders = _folded(rows, Decimal(epochs[0].body["cash"]))
    return Status(
        ledger=name,
        mode=mode_of(rows),
        begun=epochs[0].at[:10],
        epochs=len(epochs),
        last_day=decision.at[:10] if decision else "",
        stage=decision.body["stage"] if decision else "",
        why=" ".join(map(sentence, decision.body["reasons"])) if decision else "Nothing is decided yet.",
        valued=valued.at[:10] if valued else "",
        equity=valued.body["equity"] if valued else plain(portfolio.cash),
        cash=plain(portfolio.cash),
        holdings={symbol: plain(quantity) for symbol, quantity in sorted(portfolio.holdings.items())},
        open_orders=open_orders,
        rows=count,
        head=head,
    )


def _last(rows: Sequence[Row], kind: str) -> Row | None:
    return next((row for row in reversed(rows) if row.kind == kind), None)


def _folded(rows: Sequence[Row], cash: Decimal) -> tuple[Portfolio, int]:
    """The portfolio that the rows add up to, and how many orders have no end yet."""
    portfolio, unended = Portfolio(cash), set()
    for event in map(decode, rows):
        match event:
            case Fill() | Settlement():
                portfolio = portfolio.apply(event)
            case OrderIntent():
                unended.add(event.order_id)
            case OrderResult():
                unended.discard(event.order_id)
    return portfolio, len(unended)


def archive_ledger(config: Config, name: str, clock: Clock) -> Path:
    """Put a ledger away beside the others, and return where. Raises LedgerError, StoreError."""
    status_of(config, name)
    path = ledger_path(config, name)
    target = path.parent / "archive" / f"{name}-{clock.now():%Y%m%dT%H%M%SZ}.sqlite3"
    with only_one(path, clock, patience=0.0):
        try:
            target.parent.mkdir(exist_ok=True)
            path.rename(target)
        except OSError as problem:
            raise LedgerError(f"cannot be put away: {problem.strerror}", where=str(path)) from None
    return target
