"""Health of a record: one judgement that `bot paper status --check`, `/healthz`, the dashboard and notices format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.events import TradingState
from bot.core.moments import iso, midnight
from bot.paper.daemon_status import DaemonState, DaemonStatus


class FindingSeverity(StrEnum):
    """Weight of a finding: a fault ends a check with exit code 3, a warning is shown beside it."""

    FAULT = "fault"
    WARNING = "warning"


class FindingKind(StrEnum):
    """Everything that a health check can find."""

    DAEMON_STALE = "daemon stale"
    NOT_BEGUN = "not begun"
    ORDERS_UNKNOWN = "orders unknown"
    BALANCE_UNEXPLAINED = "balance unexplained"
    DAY_OVERDUE = "day overdue"
    STORE_STALE = "store stale"
    STORE_UNREADABLE = "store unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, what was expected, what it was, and what to do about it."""

    kind: FindingKind
    severity: FindingSeverity
    message: str
    expected: str | None = None
    was: str | None = None
    mend: str | None = None

    @property
    def text(self) -> str:
        """Message with what was expected and what it was."""
        return f"{self.message}: expected {self.expected}, was {self.was}" if self.expected else self.message


@dataclass(frozen=True, slots=True)
class StoreFreshness:
    """Newest moment (UTC) at which the market store got a row, or the problem that kept it from being read."""

    seen_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """Facts about a record that decide its health.

    `finished` says in words what a run, a replay or a rehearsal is, and is empty for a forward ledger. `expected` is
    the UTC day that must be decided by now. `unexplained` holds the assets of a testnet account that changed for an
    unknown reason. `store` is empty if the market store is missing.
    """

    ledger: str
    daemon: DaemonStatus
    expected: date
    finished: str = ""
    first_day: date | None = None
    last_day: date | None = None
    trading_state: TradingState = TradingState.ON
    open_orders: int = 0
    is_simulated: bool = False
    unexplained: tuple[str, ...] = ()
    store: StoreFreshness | None = None


@dataclass(frozen=True, slots=True)
class HealthVerdict:
    """Findings of a check, the most urgent first, and a summary of the record, which is shown if it is healthy."""

    findings: tuple[Finding, ...]
    summary: str

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Findings that make the record unhealthy."""
        return tuple(finding for finding in self.findings if finding.severity is FindingSeverity.FAULT)

    @property
    def is_healthy(self) -> bool:
        """True if every finding is a warning."""
        return not self.faults

    @property
    def line(self) -> str:
        """The faults in one line, else the summary, with every warning after it."""
        warnings = [finding for finding in self.findings if finding.severity is FindingSeverity.WARNING]
        main = [finding.text for finding in self.faults] or [self.summary]
        return "; ".join([*main, *(f"warning: {finding.text}" for finding in warnings)])


def judge(facts: HealthFacts) -> HealthVerdict:
    """Judge the health of a record from facts alone.

    Parameters
    ----------
    facts : HealthFacts
        Ledger state, heartbeat, store freshness and expected day, all of one moment.

    Returns
    -------
    HealthVerdict
        A healthy verdict for a run, a replay and a rehearsal unless they left orders open or a testnet balance
        unexplained. An empty ledger is healthy while its daemon lives, since it waits for its first prices. Overdue
        days are allowed while the user has stopped the ledger.
    """
    checks = (_daemon, _orders, _balance) if facts.finished else (_daemon, _begun, _orders, _balance, _overdue, _store)
    findings = (check(facts) for check in checks)
    return HealthVerdict(tuple(finding for finding in findings if finding is not None), _summary(facts))


def _summary(facts: HealthFacts) -> str:
    if facts.finished:
        return facts.finished
    if facts.trading_state is TradingState.STOPPED:
        return "stopped by its user"
    return f"decided {facts.last_day}" if facts.last_day else "no decision yet"


def _daemon(facts: HealthFacts) -> Finding | None:
    if facts.finished or facts.daemon.state is not DaemonState.STALE:
        return None
    mend = "start it again: bot paper run"
    return Finding(FindingKind.DAEMON_STALE, FindingSeverity.FAULT, f"daemon {facts.daemon.line}", mend=mend)


def _begun(facts: HealthFacts) -> Finding | None:
    if facts.first_day is not None or facts.daemon.state is not DaemonState.NONE:
        return None
    mend = "begin it with: bot paper tick"
    return Finding(FindingKind.NOT_BEGUN, FindingSeverity.FAULT, "the ledger has not begun", mend=mend)


def _orders(facts: HealthFacts) -> Finding | None:
    # During a tick its orders are open on their way to an end; only those that a tick leaves behind are a fault.
    if not facts.open_orders or facts.daemon.is_ticking:
        return None
    one = facts.open_orders == 1
    if facts.is_simulated and not facts.finished:
        # A simulated order is never sent: an open one waits for a quote, or for a tick after a stop.
        message = f"{facts.open_orders} {'order waits' if one else 'orders wait'} to be filled"
        return Finding(FindingKind.ORDERS_UNKNOWN, FindingSeverity.FAULT, message, mend=_orders_mend(facts))
    message = f"{facts.open_orders} {'order has' if one else 'orders have'} an unknown status"
    return Finding(FindingKind.ORDERS_UNKNOWN, FindingSeverity.FAULT, message, mend=_orders_mend(facts))


def _orders_mend(facts: HealthFacts) -> str:
    if facts.finished:
        return "go on with the same bot paper rehearse command and ledger"
    first = f"bot paper resume --ledger {facts.ledger}; then " if facts.trading_state is TradingState.STOPPED else ""
    return f"{first}bot paper tick --ledger {facts.ledger} looks {'it' if facts.open_orders == 1 else 'them'} up"


def _balance(facts: HealthFacts) -> Finding | None:
    if not facts.unexplained:
        return None
    message = f"unexplained change of the testnet balance: {', '.join(facts.unexplained)}"
    # A finished record takes no acknowledgement.
    mend = None if facts.finished else f"bot paper acknowledge --ledger {facts.ledger}"
    return Finding(FindingKind.BALANCE_UNEXPLAINED, FindingSeverity.FAULT, message, mend=mend)


def _overdue(facts: HealthFacts) -> Finding | None:
    # The first day of a ledger may have begun long before its file, so the day before its first decision counts.
    last = facts.last_day or facts.first_day
    if facts.trading_state is TradingState.STOPPED or last is None or last >= facts.expected:
        return None
    was = str(facts.last_day) if facts.last_day else "none decided"
    return Finding(FindingKind.DAY_OVERDUE, FindingSeverity.FAULT, "a day is overdue", str(facts.expected), was)


def _store(facts: HealthFacts) -> Finding | None:
    # A warning only: the store may belong to a tick at this moment, and a ledger that lags is a fault of its own.
    if facts.store is None or facts.first_day is None or facts.trading_state is TradingState.STOPPED:
        return None
    if facts.store.problem:
        message = f"the market store cannot be read: {facts.store.problem}"
        return Finding(FindingKind.STORE_UNREADABLE, FindingSeverity.WARNING, message)
    seen = facts.store.seen_at
    if facts.first_day > facts.expected or (seen is not None and seen >= midnight(facts.expected)):
        return None
    was = iso(seen) if seen else "never"
    message = f"the market store has no row from {facts.expected} or later; its newest came {was}"
    return Finding(FindingKind.STORE_STALE, FindingSeverity.WARNING, message, mend="bot data update")
