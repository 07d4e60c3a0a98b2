"""Health: does the daemon live, has the ledger come as far as it should have, and what was not as it should be?"""

from __future__ import annotations

import shutil
from datetime import date

from bot.core.errors import BotError
from bot.core.events import AccountSnapshot, Acknowledged, BalanceDifference, ConfigPeriod, TradingState
from bot.core.moments import iso
from bot.ledger.decode import decode
from bot.ledger.testnet_account import expected_account
from bot.review.recording import Record
from bot.web.site import Plain, Site

_TROUBLES = {
    "late": "late",
    "drift": "drift",
    "difference": "difference",
    "unfinished": "unfinished orders",
}
_SHOWN = 20


def verdict(site: Site, record: Record) -> tuple[bool, str]:
    """Whether all is well with a record, and what is or is not, in a line. Raises LedgerError.

    A run, a replay and a rehearsal are over, and well. A forward ledger is well while its daemon is not silent and no
    day is overdue, or where its user stopped it.
    """
    epoch = _first_epoch(record)
    if record.folder is not None:
        return True, "a finished run"
    if epoch is not None and epoch.is_history:
        return True, f"a {epoch.why}, which is over"
    daemon = site.daemon(record.name)
    if daemon["state"] == "stale":
        return False, f"daemon {daemon['line']}"
    if unknown := _unknown(record):
        assets = ", ".join(one.asset for one in unknown)
        return False, f"nothing explains how {assets} changed on the testnet account"
    switched = record.last("switched")
    if switched is not None and switched.body["mode"] == TradingState.STOPPED:
        return True, "stopped by its user"
    if epoch is None and daemon["state"] == "alive":
        return True, "nothing is decided yet"
    decision = record.last("decision")
    last = date.fromisoformat(decision.at[:10]) if decision else epoch.at.date() if epoch else date.min
    expected = site.expected()
    if last < expected:
        return False, f"a day is overdue: expected {expected}, was {decision.at[:10] if decision else 'none decided'}"
    return True, f"decided {last}"


def health(site: Site, record: Record) -> Plain:
    """Everything that a watcher of a ledger asks, as plain data. Raises LedgerError."""
    is_well, told = verdict(site, record)
    sequence, head = record.end()
    epoch, decision, switched = _first_epoch(record), record.last("decision"), record.last("switched")
    unknown = _unknown(record)
    return {
        "is_well": is_well,
        "told": told,
        "is_over": record.folder is not None or (epoch is not None and epoch.is_history),
        "daemon": dict(site.daemon(record.name))
        if record.folder is None
        else {"state": "none", "line": "a run has none"},
        "mode": switched.body["mode"] if switched else TradingState.ON.value,
        "decided": decision.at[:10] if decision else "",
        "expected": site.expected().isoformat(),
        "counts": {
            "missed": sum(1 for row in record.rows("late") if row.body["missed"]),
            **{kind: record.count(kind) for kind in _TROUBLES},
            "unknown": len(unknown),
        },
        "unknown": [
            {"asset": one.asset, "at": iso(one.at)[:10], "recorded": str(one.recorded), "found": str(one.found)}
            for one in unknown
        ],
        "troubles": _troubles(record),
        "rows": sequence,
        "head": head,
        "bytes": record.path.stat().st_size,
        "disk_free": _free(site),
        "store": _store(site),
        "now": iso(site.now()),
    }


def _unknown(record: Record) -> list[BalanceDifference]:
    """The differences of a testnet account that nothing explains and that the user has not seen."""
    seen = record.events(AccountSnapshot, BalanceDifference, Acknowledged)
    return expected_account(one.event for one in seen).unknown


def _first_epoch(record: Record) -> ConfigPeriod | None:
    row = record.first("epoch")
    event = decode(row) if row else None
    return event if isinstance(event, ConfigPeriod) else None


def _troubles(record: Record) -> list[Plain]:
    rows = record.rows("late", "drift", "difference", newest_first=True, limit=_SHOWN)
    return [{"at": row.at[:10], "kind": _TROUBLES[row.kind], "told": _told(row.kind, row.body)} for row in rows]


def _told(kind: str, body: Plain) -> str:
    if kind == "late":
        did = "its orders were not sent" if body["missed"] else "its orders were sent"
        return f"decided {body['decided_at'][:16].replace('T', ' ')}, {did}"
    if kind == "drift":
        return f"recorded {body['recorded']}, would now be {body['replayed']}"
    return f"{body['asset']}: accounted for {body['recorded']}, found {body['found']} ({body['cause']})"


def _free(site: Site) -> int | None:
    try:
        return shutil.disk_usage(site.state).free
    except OSError:
        return None


def _store(site: Site) -> Plain:
    try:
        stored = site.store()
    except BotError as problem:
        return {"problem": str(problem)}
    if stored is None:
        return {"problem": "There is no store: nothing was fetched or imported."}
    return {
        "problem": "",
        "seen_at": iso(stored.seen_at) if stored.seen_at else "",
        "series": stored.series,
        "oldest": [{"symbol": symbol, "last": last} for symbol, last in stored.oldest],
    }
