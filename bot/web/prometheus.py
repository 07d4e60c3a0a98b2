"""The forward ledgers as Prometheus reads them: its text format, version 0.0.4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from bot.core.errors import LedgerError
from bot.infra.version import __version__
from bot.paper.daemon_status import DaemonState
from bot.review.recording import Record
from bot.web.site import Site

_HELP = {
    "bot_info": "The version of the bot.",
    "bot_readable": "Whether the ledger can be read.",
    "bot_healthy": "Whether no daemon is silent and no day overdue.",
    "bot_daemon_alive": "Whether a daemon of this ledger told of itself lately.",
    "bot_heartbeat_timestamp_seconds": "When the daemon told of itself last.",
    "bot_last_decision_timestamp_seconds": "The midnight that was decided last.",
    "bot_equity": "Equity at the last close, in the stablecoin.",
    "bot_cash": "Cash at the last close, in the stablecoin.",
    "bot_exposure_ratio": "Share of equity in coins at the last close.",
    "bot_stage": "1 for the stage of the last decision.",
    "bot_ledger_rows": "Rows of the ledger.",
    "bot_fills_total": "Fills so far.",
    "bot_late_days_total": "Days that were decided late.",
    "bot_drifts_total": "Decisions that would not be made again.",
    "bot_differences_total": "Differences between the testnet account and the ledger.",
}
_COUNTED = {
    "bot_fills_total": "fill",
    "bot_late_days_total": "late",
    "bot_drifts_total": "drift",
    "bot_differences_total": "difference",
}
Sample = tuple[str, dict[str, str], float]


def metrics(site: Site) -> str:
    """Every sample of every forward ledger."""
    samples: dict[str, list[str]] = defaultdict(list)
    for name, labels, value in _samples(site):
        samples[name].append(f"{name}{_labels(labels)} {value:.17g}")
    lines: list[str] = []
    for name, told in samples.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} {kind}", *told]
    return "\n".join(lines) + "\n"


def _samples(site: Site) -> Iterator[Sample]:
    yield "bot_info", {"version": __version__}, 1
    for record in site.records():
        if record.folder is None:
            ledger = {"ledger": record.name}
            try:
                samples = list(_of_ledger(site, record, ledger))
            except LedgerError:
                samples = [("bot_readable", ledger, 0)]
            yield from samples


def _of_ledger(site: Site, record: Record, ledger: dict[str, str]) -> Iterator[Sample]:
    daemon, decision, valued = site.daemon(record.name), record.last("decision"), record.last("valuation")
    yield "bot_readable", ledger, 1
    yield "bot_healthy", ledger, site.health(record).is_healthy
    yield "bot_daemon_alive", ledger, daemon.state is DaemonState.ALIVE
    if daemon.beat is not None:
        yield "bot_heartbeat_timestamp_seconds", ledger, daemon.beat.at.timestamp()
    if decision is not None:
        yield "bot_last_decision_timestamp_seconds", ledger, _seconds(decision.at)
        yield "bot_stage", {**ledger, "stage": decision.body["stage"]}, 1
    if valued is not None:
        equity, cash = float(valued.body["equity"]), float(valued.body["cash"])
        yield "bot_equity", ledger, equity
        yield "bot_cash", ledger, cash
        yield "bot_exposure_ratio", ledger, 1 - cash / equity if equity else 0.0
    yield "bot_ledger_rows", ledger, record.end()[0]
    for name, kind in _COUNTED.items():
        yield name, ledger, record.count(kind)


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
