"""Forward ledgers: files by name, locks, the trading state and the status of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.decision import Decision
from bot.core.errors import InUse, LedgerError, did_you_mean
from bot.core.events import (
    Acknowledged,
    BalanceDifference,
    ConfigPeriod,
    TradingState,
    TradingStateChange,
)
from bot.core.moments import ONE_DAY, midnight
from bot.data.store.write_lock import write_lock
from bot.infra.write_access import write_error
from bot.ledger.anchor_files import copy_anchors, move_anchors
from bot.ledger.checked_file import checked_path, verify_changed
from bot.ledger.codec import plain
from bot.ledger.decode import decode
from bot.ledger.ledger_file import is_there
from bot.ledger.record import back_up_ledger, back_up_numbered, read_end, read_ledger
from bot.ledger.recorded import E, Recorded, recorded
from bot.ledger.row import Row
from bot.ledger.testnet_account import expected_account
from bot.ledger.writer import KnownRows, LedgerWriter
from bot.paper.ledger_state import LedgerState
from bot.report.beside import NOT_VALUED, BesideLedger
from bot.report.labels import Labels, labels_of
from bot.report.strategy_text import own_text
from bot.report.words import reason_sentence
from bot.review.recording import Record
from bot.review.stopped_coins import stopped_sentences
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.core.ports import Clock

_PATIENCE = 120.0
"""Seconds that `stop`, `flat`, `resume` and the like wait for the ledger lock."""


def ledger_path(config: Config, name: str) -> Path:
    """Return the file of a forward ledger."""
    return config.state / "ledgers" / f"{name}.sqlite3"


def make_ledger_folder(path: Path) -> None:
    """Make the folder of a ledger. Raises LedgerError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise write_error(LedgerError, path, problem) from None


def ledgers(config: Config) -> list[str]:
    """List the names of the forward ledgers in alphabetical order."""
    return sorted(path.stem for path in (config.state / "ledgers").glob("*.sqlite3") if is_there(path))


@contextmanager
def open_ledger(
    config: Config,
    name: str,
    clock: Clock,
    patience: float = 0.0,
    waiting: Callable[[str], None] = print,
    known: KnownRows | None = None,
) -> Iterator[LedgerWriter]:
    """Open a ledger for writing, by one process at a time.

    Parameters
    ----------
    patience : float
        Seconds to wait for another process that writes.
    waiting : callable
        Shows a line while it waits.
    known : KnownRows, optional
        Rows of an earlier opening by the same process.

    Raises
    ------
    InUse
        Another process still writes after that time.
    LedgerError
        The ledger fails to be written, or is damaged.
    """
    path = ledger_path(config, name)
    with write_lock(path, clock, patience, waiting), LedgerWriter.open(path, known) as writer:
        yield writer


@contextmanager
def daemon_lock(config: Config, name: str, clock: Clock) -> Iterator[None]:
    """Hold the lock of a ledger's daemon. Raises LedgerError if another process holds it.

    The operating system releases the lock when a daemon is killed.
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
    """Return the broker of a ledger, if the ledger has begun. Raises LedgerError, also if it is finished."""
    path = ledger_path(config, name)
    if not has_begun(config, name):
        return None
    first = next(read_ledger(path))
    require_unfinished([first], path)
    period = next(recorded([first], ConfigPeriod), None)
    return period.event.broker if period else None


def require_unfinished(rows: Sequence[Row], path: Path) -> None:
    """Raise LedgerError if a ledger is a replay or a rehearsal, which ends with its last day."""
    first = decode(rows[0]) if rows else None
    if isinstance(first, ConfigPeriod) and first.is_history:
        raise LedgerError(f"is a finished {first.why}", where=str(path), mend="name another ledger")


def has_begun(config: Config, name: str) -> bool:
    """Return True if the ledger exists and has a row. Raises LedgerError."""
    path = ledger_path(config, name)
    return path.is_file() and next(iter(read_ledger(path)), None) is not None


def trading_state_of(rows: Sequence[Row]) -> TradingState:
    """Return the trading state that the user set last; on by default."""
    last = _last(rows, TradingStateChange)
    return last.event.mode if last else TradingState.ON


def is_stopped(config: Config, name: str) -> bool:
    """Return True if the user stopped the ledger. Raises LedgerError."""
    path = ledger_path(config, name)
    if not path.is_file():
        return False
    change = LedgerState(path, read_end(path)[0]).last_change()
    return change is not None and change.event.mode is TradingState.STOPPED


def set_trading_state(
    config: Config, name: str, state: TradingState, clock: Clock, waiting: Callable[[str], None] = print
) -> bool:
    """Write a new trading state, which the next tick follows; False if it is the present one already.

    Raises LedgerError, StoreError.
    """
    status_of(config, name)  # before the lock: a missing ledger is reported at once, and no file is made for it
    with open_ledger(config, name, clock, _PATIENCE, waiting) as writer:
        require_unfinished(writer.rows, writer.path)
        is_new = trading_state_of(writer.rows) is not state
        if is_new:
            writer.append([TradingStateChange(clock.now().replace(microsecond=0), state)])
    return is_new


def next_decision(config: Config, name: str, now: datetime) -> str:
    """Return in words when the next day of a ledger is decided. Raises LedgerError."""
    today, last = now.date(), status_of(config, name).last_day
    if last < str(today):
        return "the next tick: today is not decided yet"
    at = midnight(today + ONE_DAY) + timedelta(minutes=config.paper.decide_after_minutes)
    return f"{at:%Y-%m-%d %H:%M} UTC: today is decided, and no command sells sooner"


def acknowledge(
    config: Config, name: str, clock: Clock, waiting: Callable[[str], None] = print
) -> list[BalanceDifference]:
    """Acknowledge every unexplained balance difference, and return them. Raises LedgerError, StoreError."""
    status_of(config, name)
    with open_ledger(config, name, clock, _PATIENCE, waiting) as writer:
        require_unfinished(writer.rows, writer.path)
        unknown = expected_account(map(decode, writer.rows)).unknown
        if unknown:
            writer.append([Acknowledged(clock.now().replace(microsecond=0))])
    return unknown


_APART = ("beside", "strategy")
"""Fields of a status that its JSON writes in another form."""


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """Status of a ledger. Money is decimal text in the quote currency, `head` the hash of the last row.

    Before the first valuation `equity` counts the holdings at the prices paid, and `valued` is empty.
    `epochs` counts the config periods. `testnet` is the net change of each asset of a testnet account by the ledger's
    trades, in play money that is separate from the equity. `unknown` names the assets of that account with an
    unexplained change that the user has yet to acknowledge. A value that is still unknown is empty. `beside` has the
    ledger's return and that of its benchmarks; None before the first valuation.
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
    beside: BesideLedger | None
    strategy: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the status as plain data; the parts of `beside` are keys of their own."""
        data = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _APART}
        if self.strategy:
            data["strategy"] = self.strategy
        return {**data, **(self.beside.to_dict() if self.beside else NOT_VALUED)}


def labels_of_ledger(config: Config, strategy: str) -> Labels:
    """Return the labels of a ledger by its config, and by the name of the user's own strategy that it recorded."""
    labels = labels_of(config.resolved(), name=strategy)
    # The ledger may be of another strategy than the config that is at hand.
    return replace(labels, strategy=own_text(strategy)) if strategy else labels


def _why(config: Config, strategy: str, decision: Decision, record: Record) -> str:
    """Format the reasons of a decision, and the stop sales of coins that it still targets."""
    labels = labels_of_ledger(config, strategy)
    why = " ".join(reason_sentence(code, labels) for code in decision.reasons)
    stopped = " ".join(stopped_sentences(record, decision))
    # A strategy of the user's own may give a bare code as its reason, or no reason.
    return "; ".join(filter(None, (why.removesuffix("."), stopped))) if stopped else why


def status_of(config: Config, name: str) -> LedgerStatus:
    """Check the whole hash chain of a ledger and read its status; rows that the status does not need stay undecoded.

    A large file with the same bytes as at an earlier check is checked by one digest of the file; see `verify_changed`.

    Raises LedgerError; for an unknown name the message suggests the nearest one.
    """
    path = existing_path(config, name)
    count, head = verify_changed(path)
    state = LedgerState(path, count)
    periods, decision, valued = state.periods(), state.last_decision(), state.last_valuation()
    if not periods:
        raise LedgerError("has not begun", where=str(path), mend="begin it with: bot paper tick")
    change, portfolio = state.last_change(), state.portfolio(periods[0].cash, valued)
    # In a replay or a rehearsal the venue's trades are those of the book.
    is_history = any(period.is_history for period in periods)
    account = state.account(with_trades=not is_history)
    return LedgerStatus(
        ledger=name,
        broker=periods[0].broker,
        mode=(change.event.mode if change else TradingState.ON).value,
        begun=f"{periods[0].at:%Y-%m-%d}",
        epochs=len(periods),
        last_day=decision.day if decision else "",
        stage=decision.event.stage if decision else "",
        why=_why(config, periods[-1].strategy, decision.event, Record(name, path, head=count))
        if decision
        else "No decision yet.",
        valued=valued.day if valued else "",
        equity=plain(valued.event.equity if valued else portfolio.equity(state.prices_paid())),
        cash=plain(portfolio.cash),
        holdings={symbol: plain(quantity) for symbol, quantity in sorted(portfolio.holdings.items())},
        open_orders=state.open_orders(decision),
        testnet={} if is_history else {asset: plain(amount) for asset, amount in account.net.items()},
        unknown=tuple(difference.asset for difference in account.unknown),
        rows=count,
        head=head,
        beside=state.beside(periods[0].cash, valued),
        strategy=periods[-1].strategy,
    )


def existing_path(config: Config, name: str) -> Path:
    """Return the file of a ledger. Raises LedgerError, with the nearest name, if it is missing."""
    path = ledger_path(config, name)
    if not is_there(path):
        near = did_you_mean(name, ledgers(config)) or "begin one with: bot paper tick"
        raise LedgerError("there is no such ledger", where=str(path), mend=near)
    return path


def _last(rows: Sequence[Row], one: type[E]) -> Recorded[E] | None:
    return next(recorded(reversed(rows), one), None)


def archive_ledger(config: Config, name: str, clock: Clock, waiting: Callable[[str], None] = print) -> Path:
    """Move a ledger, valid or damaged, into the archive folder and return its new path.

    Raises LedgerError, also while a daemon trades it, StoreError.
    """
    path = existing_path(config, name)
    with daemon_lock(config, name, clock), write_lock(path, clock, _PATIENCE, waiting):
        target = path.parent / "archive" / f"{name}-{clock.now():%Y%m%dT%H%M%SZ}.sqlite3"
        try:
            target.parent.mkdir(exist_ok=True)
            if (
                half_done := path.with_name(f"{path.name}-journal")
            ).exists():  # the rollback journal of a killed writer belongs to the file
                half_done.rename(target.with_name(f"{target.name}-journal"))
            path.rename(target)
            checked_path(path).unlink(missing_ok=True)
            move_anchors(path, target)  # left behind, they would be those of a new ledger of this name
        except OSError as problem:
            raise write_error(LedgerError, target, problem) from None
    return target


def back_up(config: Config, name: str, clock: Clock, target: Path | None) -> tuple[Path, int, str]:
    """Copy a ledger, also while it is written, with its tokens, and check the copy. Raises LedgerError.

    Returns
    -------
    tuple of (Path, int, str)
        Path of the copy, number of its rows, and hash of the last row. By default the copy is in the folder `backup`
        beside the ledgers.
    """
    path = existing_path(config, name)
    if target is None:
        # Two backups may begin in the same second; both get a file.
        wished = path.parent / "backup" / f"{name}-{clock.now():%Y%m%dT%H%M%SZ}.sqlite3"
        target, rows, head = back_up_numbered(path, wished)
    else:
        rows, head = back_up_ledger(path, target)
    copy_anchors(path, target)
    return target, rows, head
