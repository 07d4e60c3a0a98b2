"""Health: does the daemon live, has the ledger come as far as it should have, and what was not as it should be?"""

from __future__ import annotations

import shutil
from dataclasses import asdict

from bot.core.errors import BotError
from bot.core.events import ConfigPeriod, TradingState
from bot.core.moments import iso
from bot.ledger.decode import decode
from bot.paper.health_facts import unexplained
from bot.review.recording import Record
from bot.web.site import Plain, Site

_TROUBLES = {
    "late": "late",
    "drift": "drift",
    "difference": "difference",
    "unfinished": "unfinished orders",
}
_SHOWN = 20


def health(site: Site, record: Record) -> Plain:
    """Everything that a watcher of a ledger asks, as plain data. Raises LedgerError."""
    verdict = site.health(record)
    sequence, head = record.end()
    epoch, decision, switched = _first_epoch(record), record.last("decision"), record.last("switched")
    unknown = unexplained(record)
    return {
        "is_well": verdict.is_healthy,
        "told": verdict.line,
        "findings": [asdict(finding) for finding in verdict.findings],
        "is_over": record.folder is not None or (epoch is not None and epoch.is_history),
        "daemon": _daemon(site, record),
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


def _daemon(site: Site, record: Record) -> Plain:
    if record.folder is not None:
        return {"state": "none", "line": "a run has none"}
    daemon = site.daemon(record.name)
    return {**daemon.to_dict(), "line": daemon.line}


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
