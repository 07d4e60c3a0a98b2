"""The forward ledgers: each a file by name, who may write it, and where each stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.core.errors import InUse, LedgerError, did_you_mean
from bot.core.events import Acknowledged, BalanceDifference, ConfigPeriod, Event, TradingState, TradingStateChange
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import Fill, OrderIntent, OrderResult, Settlement
from bot.core.portfolio import Portfolio
from bot.core.ports import Clock
from bot.data.store.write_lock import write_lock
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.ledger_file import is_there
from bot.ledger.record import Row, back_up_ledger, read_ledger, verify_ledger
from bot.ledger.testnet_account import expected_account
from bot.ledger.writer import LedgerWriter
from bot.report.words import sentence
from bot.settings.loader import Config

_PATIENCE = 120.0
"""Seconds for which the user's word waits for a tick that is under way."""


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
def open_ledger(
    config: Config, name: str, clock: Clock, patience: float = 0.0, waiting: Callable[[str], None] = print
) -> Iterator[LedgerWriter]:
    """A ledger for one process to write; another one may wait for so many seconds, and says so.

    Raises InUse after that, LedgerError.
    """
    path = ledger_path(config, name)
    with write_lock(path, clock, patience, waiting), LedgerWriter.open(path) as journal:
        yield journal


@contextmanager
def as_daemon(config: Config, name: str, clock: Clock) -> Iterator[None]:
    """Hold the right to be a ledger's daemon; the system gives it back if this process dies.

    Raises LedgerError where another process holds it.
    """
    path = ledger_path(config, name)
    lock = path.with_name(f"{name}.daemon.sqlite3")  # no ledger's name has a dot
    try:
        with write_lock(lock, clock, patience=0.0):
            yield
    except InUse as problem:
        if problem.where != str(lock):
            raise
        raise LedgerError(f"a daemon trades it, {problem.holder}", where=str(path), mend="end that one first") from None


def broker_of(config: Config, name: str) -> str | None:
    """The brokerage of a ledger that goes on; None where it has not begun. Raises LedgerError."""
    path = ledger_path(config, name)
    if not has_begun(config, name):
        return None
    first = next(read_ledger(path))
    require_not_over([first], path)
    return str(first.body["broker"])


def require_not_over(rows: Sequence[Row], path: Path) -> None:
    """Raise LedgerError where a ledger is a replay or a rehearsal: nothing follows its last day."""
    first = decode(rows[0]) if rows else None
    if isinstance(first, ConfigPeriod) and first.is_history:
        raise LedgerError(f"is a {first.why}, which is over", where=str(path), mend="name another ledger")


def has_begun(config: Config, name: str) -> bool:
    """Whether there is a ledger with a row in it. Raises LedgerError."""
    path = ledger_path(config, name)
    return path.is_file() and next(iter(read_ledger(path)), None) is not None


def mode_of(rows: Sequence[Row]) -> TradingState:
    """What a ledger may do, by the user's last word."""
    last = _last(rows, "switched")
    return TradingState(last.body["mode"]) if last else TradingState.ON


def is_stopped(config: Config, name: str) -> bool:
    """Whether the user stopped a ledger. Raises LedgerError."""
    return has_begun(config, name) and mode_of(list(read_ledger(ledger_path(config, name)))) is TradingState.STOPPED


def switch(config: Config, name: str, mode: TradingState, clock: Clock, waiting: Callable[[str], None] = print) -> bool:
    """Write down the user's word, which the next tick obeys; whether it is news. Raises LedgerError, StoreError."""
    status_of(config, name)
    with open_ledger(config, name, clock, _PATIENCE, waiting) as journal:
        require_not_over(journal.rows, journal.path)
        is_news = mode_of(journal.rows) is not mode
        if is_news:
            journal.append([TradingStateChange(clock.now().replace(microsecond=0), mode)])
    return is_news


def next_decision(config: Config, name: str, now: datetime) -> str:
    """When the next day of a ledger is decided, and why not sooner, in words. Raises LedgerError."""
    today, last = now.date(), status_of(config, name).last_day
    if last < str(today):
        return "the next tick: today is not decided yet"
    at = midnight(today + ONE_DAY) + timedelta(minutes=config.paper.decide_after_minutes)
    return f"{at:%Y-%m-%d %H:%M} UTC: today is decided, and no command sells sooner"


def acknowledge(
    config: Config, name: str, clock: Clock, waiting: Callable[[str], None] = print
) -> list[BalanceDifference]:
    """Write down that the user has seen what nothing explains, and return it. Raises LedgerError, StoreError."""
    status_of(config, name)
    with open_ledger(config, name, clock, _PATIENCE, waiting) as journal:
        require_not_over(journal.rows, journal.path)
        unknown = expected_account(map(decode, journal.rows)).unknown
        if unknown:
            journal.append([Acknowledged(clock.now().replace(microsecond=0))])
    return unknown


@dataclass(frozen=True, slots=True)
class LedgerStatus:
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


def status_of(config: Config, name: str) -> LedgerStatus:
    """Where a ledger stands, read without writing. Raises LedgerError, naming the nearest, where there is none."""
    path = existing_path(config, name)
    count, head = verify_ledger(path)
    rows = list(read_ledger(path))
    epochs = [row for row in rows if row.kind == "epoch"]
    if not epochs:
        raise LedgerError("has not begun", where=str(path), mend="begin it with: bot paper tick")
    decision, valued = _last(rows, "decision"), _last(rows, "valuation")
    events = list(map(decode, rows))
    portfolio, open_orders = _folded(events, Decimal(epochs[0].body["cash"]))
    account = expected_account(events)
    return LedgerStatus(
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
        testnet={} if _is_history(events) else {asset: plain(amount) for asset, amount in account.net.items()},
        unknown=tuple(difference.asset for difference in account.unknown),
        rows=count,
        head=head,
    )


def existing_path(config: Config, name: str) -> Path:
    """Return the file of a ledger. Raises LedgerError that names the nearest, where there is none."""
    path = ledger_path(config, name)
    if not is_there(path):
        near = did_you_mean(name, ledgers(config)) or "begin one with: bot paper tick"
        raise LedgerError("there is no such ledger", where=str(path), mend=near)
    return path


def _is_history(events: Sequence[Event | None]) -> bool:
    """Whether a ledger is a replay or a rehearsal: there the trades of a venue are the book's own."""
    return any(isinstance(event, ConfigPeriod) and event.is_history for event in events)


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


def archive_ledger(config: Config, name: str, clock: Clock, waiting: Callable[[str], None] = print) -> Path:
    """Put a ledger away beside the others, whatever is in it, and return where.

    Raises LedgerError, also while a daemon trades it, StoreError.
    """
    path = existing_path(config, name)
    with as_daemon(config, name, clock), write_lock(path, clock, _PATIENCE, waiting):
        target = path.parent / "archive" / f"{name}-{clock.now():%Y%m%dT%H%M%SZ}.sqlite3"
        try:
            target.parent.mkdir(exist_ok=True)
            if (half_done := path.with_name(f"{path.name}-journal")).exists():  # what a killed writer left
                half_done.rename(target.with_name(f"{target.name}-journal"))
            path.rename(target)
        except OSError as problem:
            raise LedgerError(f"cannot be put away: {problem.strerror}", where=str(path)) from None
    return target


def back_up(config: Config, name: str, clock: Clock, target: Path | None) -> tuple[Path, int, str]:
    """Copy a ledger, also while it is written, and tell where to, its number of rows and the hash of the last.

    Without a target it stands beside the ledgers, under the ledger's name and the present moment. Raises LedgerError.
    """
    path = existing_path(config, name)
    target = target or path.parent / "backup" / f"{name}-{clock.now():%Y%m%dT%H%M%SZ}.sqlite3"
    return target, *back_up_ledger(path, target)
