"""Health: does a ledger's daemon live, and has the ledger come as far as it should have?"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.core.errors import DataError
from bot.core.events import TradingState
from bot.core.moments import ONE_DAY, iso, midnight
from bot.paper.heartbeat import Beat, heartbeat_path, last_beat
from bot.paper.ledgers import LedgerStatus, has_begun, status_of
from bot.settings.loader import Config


def daemon_line(found: Beat | None, now: datetime) -> str:
    """What is known of a daemon, in a line."""
    if found is None:
        return "no daemon"
    if found.is_stale(now):
        return f"stale since {iso(found.at)}: it was killed, failed, or the machine slept"
    return f"alive, next tick {iso(found.next_tick)}" if found.next_tick > now else "alive, ticking"


def daemon_fields(found: Beat | None, now: datetime) -> dict[str, str | int]:
    """The same as data."""
    if found is None:
        return {"state": "none"}
    return {
        "state": "stale" if found.is_stale(now) else "alive",
        "pid": found.pid,
        "at": iso(found.at),
        "next_tick": iso(found.next_tick),
        "version": found.version,
    }


def require_health(config: Config, name: str, now: datetime) -> str:
    """What is well, in a line.

    Raises DataError where the daemon is silent, a day is overdue, orders are left open, or a testnet account has
    changed without a reason; LedgerError.

    A ledger without a row is well while its daemon lives: it waits for the first prices. One that the user stopped is
    well too. Without a daemon the ledger alone is looked at: something else ticks it.
    """
    found = last_beat(heartbeat_path(config, name))
    daemon = "no daemon" if found is None else f"daemon {daemon_line(found, now)}"
    if found is not None and found.is_stale(now):
        raise DataError(daemon, where=name, mend="start it again: bot paper run")
    if found is not None and not has_begun(config, name):
        return f"{name}: nothing is decided yet; {daemon}"
    status = status_of(config, name)
    if found is None or found.next_tick > now:  # what a tick is about is not left open
        _require_all_ended(status)
    if status.unknown:
        assets = ", ".join(status.unknown)
        mend = f"bot paper acknowledge --ledger {name}"
        raise DataError(f"nothing explains how {assets} changed on the testnet account", where=name, mend=mend)
    if status.mode == TradingState.STOPPED:
        return f"{name}: stopped by its user; {daemon}"
    last = date.fromisoformat(status.last_day or status.begun)  # its first day may have begun long before the ledger
    if last < (expected := expected_day(config, now)):
        raise DataError("a day is overdue", where=name, expected=str(expected), was=status.last_day or "none decided")
    return f"{name}: decided {status.last_day or 'nothing yet'}; {daemon}"


def _require_all_ended(status: LedgerStatus) -> None:
    """Raise DataError where orders were left open."""
    if status.open_orders:
        first = f"bot paper resume --ledger {status.ledger}; then " if status.mode == TradingState.STOPPED else ""
        mend = f"{first}bot paper tick --ledger {status.ledger} looks them up"
        raise DataError(f"nobody knows how {status.open_orders} order(s) ended", where=status.ledger, mend=mend)


def expected_day(config: Config, now: datetime) -> date:
    """The day that must be decided by now."""
    grace = timedelta(minutes=config.paper.decide_after_minutes + config.paper.late_after_minutes)
    return now.date() if now - midnight(now.date()) > grace else now.date() - ONE_DAY
