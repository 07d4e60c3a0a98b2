"""Health page: findings of the check, the daemon, late days, drifts, balance differences and the market store."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TypedDict

from bot.core.decision import Decision
from bot.core.errors import BotError
from bot.core.events import BalanceDifference, ConfigPeriod, Drift, Late, TradingState, TradingStateChange
from bot.core.moments import iso
from bot.ledger.anchor_files import anchor_files
from bot.ledger.codec import plain
from bot.paper.health_facts import unexplained
from bot.review.recording import Record
from bot.web.site import Site

_COUNTED = ("late", "drift", "difference", "unfinished")
_SHOWN = 20


class UnexplainedBalance(TypedDict):
    """Unexplained balance of a testnet account: what the ledger accounts for, and what was found."""

    asset: str
    at: str
    recorded: str
    found: str


class Trouble(TypedDict):
    """A late day, a drift or a balance difference in words."""

    at: str
    kind: str
    message: str


class HealthPage(TypedDict):
    """Data of the page."""

    is_well: bool
    message: str
    findings: list[dict[str, object]]
    is_over: bool
    daemon: dict[str, str | int]
    mode: str
    decided: str
    expected: str
    counts: dict[str, int]
    unknown: list[UnexplainedBalance]
    troubles: list[Trouble]
    rows: int
    head: str
    anchored_row: int | None
    bytes: int
    disk_free: int | None
    store: dict[str, object]
    now: str


def health(site: Site, record: Record) -> HealthPage:
    """Read everything that the page shows. Raises LedgerError."""
    verdict = site.health(record)
    sequence, head = record.end()
    period, decision = record.first_event(ConfigPeriod), record.last_event(Decision)
    switch, unknown = record.last_event(TradingStateChange), unexplained(record)
    return {
        "is_well": verdict.is_healthy,
        "message": verdict.line,
        "findings": [asdict(finding) for finding in verdict.findings],
        "is_over": record.folder is not None or (period is not None and period.event.is_history),
        "daemon": _daemon(site, record),
        "mode": switch.event.mode.value if switch else TradingState.ON.value,
        "decided": decision.day if decision else "",
        "expected": site.expected().isoformat(),
        "counts": {
            "missed": sum(one.event.missed for one in record.events(Late)),
            **{kind: record.count(kind) for kind in _COUNTED},
            "unknown": len(unknown),
        },
        "unknown": [
            {"asset": one.asset, "at": iso(one.at)[:10], "recorded": str(one.recorded), "found": str(one.found)}
            for one in unknown
        ],
        "troubles": _troubles(record),
        "rows": sequence,
        "head": head,
        "anchored_row": max(anchor_files(record.path), default=None),
        "bytes": record.path.stat().st_size,
        "disk_free": _free(site),
        "store": _store(site),
        "now": iso(site.now()),
    }


def _daemon(site: Site, record: Record) -> dict[str, str | int]:
    if record.folder is not None:
        return {"state": "none", "line": "a run has none"}
    daemon = site.daemon(record.name)
    return {**daemon.to_dict(), "line": daemon.line}


def _troubles(record: Record) -> list[Trouble]:
    rows = record.events(Late, Drift, BalanceDifference, newest_first=True, limit=_SHOWN)
    return [_trouble(one.day, one.event) for one in rows]


def _trouble(day: str, event: Late | Drift | BalanceDifference) -> Trouble:
    match event:
        case Late():
            sent = "its orders were not sent" if event.missed else "its orders were sent"
            return {"at": day, "kind": "late", "message": f"decided {event.decided_at:%Y-%m-%d %H:%M}, {sent}"}
        case Drift():
            text = f"recorded {event.recorded}, would now be {event.replayed}"
            return {"at": day, "kind": "drift", "message": text}
        case BalanceDifference():
            recorded, found = plain(event.recorded), plain(event.found)
            text = f"{event.asset}: accounted for {recorded}, found {found} ({event.cause})"
            return {"at": day, "kind": "difference", "message": text}


def _free(site: Site) -> int | None:
    try:
        return shutil.disk_usage(site.state).free
    except OSError:
        return None  # the folder may lie on a disk that was removed


def _store(site: Site) -> dict[str, object]:
    try:
        stored = site.store()
    except BotError as problem:
        return {"problem": str(problem)}
    if stored is None:
        return {"problem": "There is no market store. Make one with: bot data update"}
    return {
        "problem": "",
        "seen_at": iso(stored.seen_at) if stored.seen_at else "",
        "series": stored.series,
        "oldest": [{"symbol": symbol, "last": last} for symbol, last in stored.oldest],
    }
