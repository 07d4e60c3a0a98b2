"""The forward ledgers: each a file by name, and where each stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.config import Config
from bot.core.errors import LedgerError, did_you_mean
from bot.core.events import Acknowledged, Difference, Event, Mode, Switched
from bot.core.orders import Fill, OrderIntent, OrderResult, Settlement
from bot.core.portfolio import Portfolio
from bot.core.ports import Clock
from bot.data.update import only_one
from bot.forward.reconcile import account_of
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.journal import Journal
from bot.ledger.ledger_file import is_there
from bot.ledger.record import Row, back_up_ledger, read_ledger, verify_ledger
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
    return sorted(path.stem for path in (config.state / "ledgers").glob("*.sqlite3") if is_there(path))


@contextmanager
def open_ledger(config: Config, name: str, clock: Clock) -> Iterator[Journal]:
    """A ledger for one process to write; another one has to wait, and is told so. Raises LedgerError."""
    path = ledger_path(config, name)
    with only_one(path, clock, patience=0.0), Journal.open(path) as journal:
        yield journal


def broker_of(config: Config, name: str) -> str | None:
    """The brokerage with which a ledger began; None where there is no such ledger. Raises LedgerError."""
    path = ledger_path(config, name)
    first = next(iter(read_ledger(path)), None) if path.is_file() else None
    return None if first is None else first.body["broker"]


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


def acknowledge(config: Config, name: str, clock: Clock) -> list[Difference]:
    """Write down that the user has seen what nothing explains, and return it. Raises LedgerError, StoreError."""
    status_of(config, name)
    with open_ledger(config, name, clock) as journal:
        unknown = account_of(map(decode, journal.rows)).unknown
        if unknown:
            journal.append([Acknowledged(clock.now().replace(microsecond=0))])
    return unknown


@dataclass(frozen=True, slots=True)
class Status:
    """Where a ledger stands; money is decimal text, `head` the hash of its last row, empty what is not there yet.

    `testnet` is what its trades have changed of each asset of a testnet account, in play money that is no part of the
    equity; `unknown` names the assets of that account that have changed without a reason, until it is acknowledged.
    """

    ledger: str
    broker: str
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
    testnet: dict[str, str]
    unknown: tuple[str, ...]
    rows: int
    head: str

    def as_dict(self) -> dict[str, Any]:
        """The status as plain data."""
        return asdict(self)


def status_of(config: Config, name: str) -> Status:
    """Where a ledger stands, read without writing. Raises LedgerError, naming the nearest, where there is none."""
    path = _that_is_there(config, name)
    count, head = verify_ledger(path)
    rows = list(read_ledger(path))
    epochs = [row for row in rows if row.kind == "epoch"]
    if not epochs:
        raise LedgerError("has not begun", where=str(path), mend="begin it with: bot paper tick")
    decision, valued = _last(rows, "decision"), _last(rows, "valuation")
    events = list(map(decode, rows))
    portfolio, open_orders = _folded(events, Decimal(epochs[0].body["cash"]))
    account = account_of(events)
    return Status(
        ledger=name,
        broker=epochs[0].body["broker"],
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
        testnet={asset: plain(amount) for asset, amount in account.net.items()},
        unknown=tuple(difference.asset for difference in account.unknown),
        rows=count,
        head=head,
    )


def _that_is_there(config: Config, name: str) -> Path:
    path = ledger_path(config, name)
    if not is_there(path):
        near = did_you_mean(name, ledgers(config)) or "begin one with: bot paper tick"
        raise LedgerError("there is no such ledger", where=str(path), mend=near)
    return path


def _last(rows: Sequence[Row], kind: str) -> Row | None:
    return next((row for row in reversed(rows) if row.kind == kind), None)


def _folded(events: Iterable[Event | None], cash: Decimal) -> tuple[Portfolio, int]:
    """The portfolio that the events add up to, and how many orders have no end yet."""
    portfolio, unended = Portfolio(cash), set()
    for event in events:
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


def back_up(config: Config, name: str, clock: Clock, target: Path | None) -> tuple[Path, int, str]:
    """Copy a ledger, also while it is written, and tell where to, its number of rows and the hash of the last.

    Without a target it stands beside the ledgers, under the ledger's name and the present moment. Raises LedgerError.
    """
    path = _that_is_there(config, name)
    target = target or path.parent / "backup" / f"{name}-{clock.now():%Y%m%dT%H%M%SZ}.sqlite3"
    return target, *back_up_ledger(path, target)
