"""Sources of the dashboard: the ledgers of a state folder, daemons, the market store and the waterfall."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bot.core.errors import LedgerError, did_you_mean
from bot.ledger.run_folder import named_runs
from bot.paper.daemon_status import DaemonStatus
from bot.paper.health import HealthVerdict, StoreFreshness, judge
from bot.paper.health_facts import facts_of
from bot.report.labels import Labels
from bot.review.recording import LATEST, Record, all_records, find_record


@dataclass(frozen=True, slots=True)
class Stored:
    """State of the market store: newest write (UTC), number of series, and the series with the oldest last day."""

    seen_at: datetime | None
    series: int
    oldest: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Site:
    """Folder of the ledgers, and functions that read everything beside them.

    `daemon` is the status of a ledger's daemon by the ledger's name. `expected` is the UTC day that a forward ledger
    must have decided by now. `freshness` and `store` are None where there is no market store. `waterfall` gives the
    layers of liquidity on a record's day: its `state` is ready, reading (ask again) or none, with a reason in `why`.
    `closes` gives the daily closes of the coins that a record traded, with the same states; ready has `closes`, a
    Series by symbol.
    `labels` are the names and numbers of the config that a record was made with.
    """

    state: Path
    now: Callable[[], datetime]
    daemon: Callable[[str], DaemonStatus]
    expected: Callable[[], date]
    freshness: Callable[[], StoreFreshness | None]
    store: Callable[[], Stored | None]
    waterfall: Callable[[Record, date], Mapping[str, object]]
    closes: Callable[[Record, date], Mapping[str, object]]
    labels: Callable[[Record], Labels]

    def records(self) -> list[Record]:
        """Read every ledger and complete run. Raises LedgerError."""
        return all_records(self.state)

    def record(self, name: str | None) -> Record:
        """Find a ledger, or a run by its id or its name, or `latest`, or the default of `find_record`.

        Raises LedgerError that names the nearest.
        """
        # A path is refused: a request must not open files outside the state folder.
        if not name or name == LATEST:
            return find_record(self.state, name or None).pinned()
        known = {record.name: record for record in self.records()}
        if name in known:
            return known[name].pinned()
        named = named_runs(self.state / "runs")
        if name in named and named[name].run_id in known:
            return known[named[name].run_id].pinned()
        raise LedgerError(f"there is no run or ledger {name!r}", mend=did_you_mean(name, [*known, *named]))

    def health(self, record: Record) -> HealthVerdict:
        """Judge the health of a record. Raises LedgerError."""
        return judge(facts_of(record, self.daemon(record.name), self.expected(), self.freshness()))
