"""Collect the facts of a health check from a record, its heartbeat and the market store."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.core.decision import Decision
from bot.core.errors import BotError, DataError, LedgerError
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceDifference,
    ConfigPeriod,
    TradingState,
    TradingStateChange,
)
from bot.core.moments import ONE_DAY, midnight
from bot.core.orders import OrderIntent, OrderResult
from bot.data.store.store import Store
from bot.ledger.record import verify_ledger
from bot.ledger.testnet_account import expected_account
from bot.paper.broker_choice import SIMULATED
from bot.paper.daemon_status import DaemonState, DaemonStatus, daemon_status
from bot.paper.health import FindingKind, HealthFacts, HealthVerdict, StoreFreshness, judge
from bot.paper.ledgers import existing_path, has_begun
from bot.review.recording import Record
from bot.services.markets import store_path
from bot.settings.loader import Config


def expected_day(config: Config, now: datetime) -> date:
    """Return the UTC day that a forward ledger must have decided by `now`.

    Returns
    -------
    date
        The day of `now` once a decision of it would count as late, else the day before.
    """
    grace = timedelta(minutes=config.paper.decide_after_minutes + config.paper.late_after_minutes)
    return now.date() if now - midnight(now.date()) > grace else now.date() - ONE_DAY


def store_freshness(config: Config) -> StoreFreshness | None:
    """Return the newest moment at which the market store got a row, if there is a store."""
    path = store_path(config)
    if not path.is_file():
        return None
    try:
        with Store.reading(path) as store:
            return StoreFreshness(store.newest_seen_at())
    except BotError as problem:
        return StoreFreshness(problem=str(problem))


def facts_of(record: Record, daemon: DaemonStatus, expected: date, store: StoreFreshness | None) -> HealthFacts:
    """Read the facts of a record that decide its health. Raises LedgerError."""
    if record.folder is not None:
        return HealthFacts(record.name, daemon, expected, finished="a finished run")
    first, decision = record.first_event(ConfigPeriod), record.last_event(Decision)
    period, last_day = first.event if first else None, decision.event.at.date() if decision else None
    switch = record.last_event(TradingStateChange)
    return HealthFacts(
        ledger=record.name,
        daemon=daemon,
        expected=expected,
        finished=f"a {period.why}, which is over" if period is not None and period.is_history else "",
        first_day=period.at.date() if period else None,
        last_day=last_day,
        trading_state=switch.event.mode if switch else TradingState.ON,
        open_orders=_open_orders(record, last_day),
        is_simulated=period is not None and period.broker == SIMULATED,
        unexplained=tuple(difference.asset for difference in unexplained(record)),
        store=store,
    )


def check_ledger(config: Config, name: str, daemon: DaemonStatus, is_verified: bool = False) -> HealthVerdict:
    """Judge a forward ledger by its name at the moment of a daemon's status, after checking its whole hash chain.

    An empty or missing ledger is judged by its heartbeat alone, if it has one. With `is_verified` the caller has
    checked the chain. Raises LedgerError.
    """
    expected, store = expected_day(config, daemon.now), store_freshness(config)
    if daemon.state is not DaemonState.NONE and not has_begun(config, name):
        return judge(HealthFacts(name, daemon, expected, store=store))
    path = existing_path(config, name)
    if not is_verified:
        verify_ledger(path)
    return judge(facts_of(Record(name, path).pinned(), daemon, expected, store))


def require_health(config: Config, name: str, now: datetime) -> str:
    """Return one line about a healthy ledger and its daemon.

    Raises
    ------
    DataError
        One or more faults, all in the message.
    LedgerError
        The ledger is missing, empty or unreadable.
    """
    daemon = daemon_status(config, name, now)
    verdict = check_ledger(config, name, daemon)
    if not verdict.is_healthy:
        raise _as_error(verdict, name)
    return f"{name}: {verdict.line}; {'no daemon' if daemon.beat is None else f'daemon {daemon.line}'}"


def _as_error(verdict: HealthVerdict, name: str) -> BotError:
    """Format the faults of a verdict as the error of `bot paper status --check`."""
    first, *others = verdict.faults
    mend = "; then ".join(finding.mend for finding in verdict.faults if finding.mend) or None
    if first.kind is FindingKind.NOT_BEGUN:
        return LedgerError(first.message, where=name, mend=mend)
    if others:
        return DataError("; ".join(finding.text for finding in verdict.faults), where=name, mend=mend)
    return DataError(first.message, where=name, expected=first.expected, was=first.was, mend=mend)


def _open_orders(record: Record, last_day: date | None) -> int:
    """Count the open orders. All of them are of the last decided day, since the next day waits until they end."""
    if last_day is None:
        return 0
    open_orders: set[str] = set()
    for one in record.events(OrderIntent, OrderResult, since=last_day):
        if isinstance(one.event, OrderIntent):
            open_orders.add(one.event.order_id)
        else:
            open_orders.discard(one.event.order_id)
    return len(open_orders)


def unexplained(record: Record) -> list[BalanceDifference]:
    """Read the unexplained differences of a testnet account that the user has yet to acknowledge."""
    events = record.events(AccountSnapshot, BalanceDifference, Acknowledged)
    return expected_account(one.event for one in events).unknown
