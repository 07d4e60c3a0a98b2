"""Metrics of the forward ledgers in the text format of Prometheus, version 0.0.4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.core.decision import Decision
from bot.core.errors import LedgerError
from bot.core.events import Valuation
from bot.core.text import printable
from bot.infra.version import __version__
from bot.paper.daemon_status import DaemonState
from bot.review.recording import Record
from bot.web.curve import exposure_of
from bot.web.site import Site

_HELP = {
    "bot_info": "The version of the bot.",
    "bot_readable": "1 if the ledger can be read.",
    "bot_healthy": "1 if the health check finds no fault.",
    "bot_daemon_alive": "1 if the heartbeat of the ledger's daemon is fresh.",
    "bot_heartbeat_timestamp_seconds": "Moment of the last heartbeat.",
    "bot_last_decision_timestamp_seconds": "Midnight of the last decision.",
    "bot_equity": "Equity at the last close, in the stablecoin.",
    "bot_cash": "Cash at the last close, in the stablecoin.",
    "bot_exposure_ratio": "Share of equity in coins at the last close.",
    "bot_stage": "1 for the stage of the last decision.",
    "bot_ledger_rows": "Rows of the ledger.",
    "bot_fills_total": "Fills so far.",
    "bot_late_days_total": "Days that were decided late.",
    "bot_drifts_total": "Decisions that differ on what is known now.",
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
    """Return the metrics of every forward ledger as text."""
    samples: dict[str, list[str]] = defaultdict(list)
    for name, labels, value in _samples(site):
        samples[name].append(f"{name}{_labels(labels)} {value:.17g}")
    lines: list[str] = []
    for name, series in samples.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} {kind}", *series]
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
    daemon, decision, valued = site.daemon(record.name), record.last_event(Decision), record.last_event(Valuation)
    yield "bot_readable", ledger, 1
    yield "bot_healthy", ledger, site.health(record).is_healthy
    yield "bot_daemon_alive", ledger, daemon.state is DaemonState.ALIVE
    if daemon.beat is not None:
        yield "bot_heartbeat_timestamp_seconds", ledger, daemon.beat.at.timestamp()
    if decision is not None:
        yield "bot_last_decision_timestamp_seconds", ledger, decision.event.at.timestamp()
        yield "bot_stage", {**ledger, "stage": decision.event.stage}, 1
    if valued is not None:
        yield "bot_equity", ledger, float(valued.event.equity)
        yield "bot_cash", ledger, float(valued.event.cash)
        yield "bot_exposure_ratio", ledger, exposure_of(valued.event)
    yield "bot_ledger_rows", ledger, record.end()[0]
    for name, kind in _COUNTED.items():
        yield name, ledger, record.count(kind)


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return printable(value, kept="\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
