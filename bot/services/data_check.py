"""Check a market: faults of its series, and later revisions of stored bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.core.errors import ConfigError, did_you_mean
from bot.core.moments import iso
from bot.data.quality import Standing, Verdict, proposed_closures, read_verdicts, summarize
from bot.data.quality.verdict import SummaryRow
from bot.data.store.store import Store
from bot.data.store.stored import Revision
from bot.services.markets import STORE, open_market, store_path
from bot.settings.loader import Config


@dataclass(frozen=True)
class Checked:
    """Verdicts on every series of a market, the revisions in its store, the sessions that may be closures, and notes.

    `notes` name what was not read, such as files of unknown symbols.
    """

    market: str
    verdicts: dict[str, Verdict]
    revisions: Sequence[Revision]
    closures: Sequence[date] = ()
    notes: Sequence[str] = ()

    def of(self, symbols: Sequence[str]) -> Checked:
        """Return the result of some series alone. Raises ConfigError for an unknown one."""
        for symbol in symbols:
            if symbol not in self.verdicts:
                raise ConfigError(f"there is no series {symbol!r}", mend=did_you_mean(symbol, self.verdicts))
        verdicts = {symbol: verdict for symbol, verdict in self.verdicts.items() if symbol in symbols}
        revisions = [revision for revision in self.revisions if revision.symbol in symbols]
        return Checked(self.market, verdicts, revisions)

    @cached_property
    def rows(self) -> list[SummaryRow]:
        """One row for each kind of fault of each series, quarantined series first."""
        return summarize(self.verdicts)

    @property
    def quarantined(self) -> list[Verdict]:
        """Verdicts of the quarantined series."""
        return [verdict for verdict in self.verdicts.values() if verdict.standing is Standing.QUARANTINED]

    @property
    def counts(self) -> Counter[Standing]:
        """Number of series by verdict."""
        return Counter(verdict.standing for verdict in self.verdicts.values())

    def as_dict(self) -> dict[str, Any]:
        """Return all results as data for `--json`."""
        return {
            "market": self.market,
            "verdicts": {symbol: verdict.standing for symbol, verdict in self.verdicts.items()},
            # `barred` is a key of version 0.1.0: readers of `--json` depend on it.
            "barred": {
                v.symbol: {"from": _iso_or_none(v.quarantined_from), "why": v.quarantine_faults[0].text}
                for v in self.quarantined
            },
            "faults": [
                {
                    "symbol": row.symbol,
                    "verdict": row.standing,
                    "fault": row.kind,
                    "first": str(row.first),
                    "last": str(row.last),
                    "rows": row.count,
                    "known_from": iso(row.known_from),
                    "message": row.text,
                }
                for row in self.rows
            ],
            "revisions": [
                {
                    "symbol": r.symbol,
                    "date": r.date,
                    "seen_at": iso(datetime.fromtimestamp(r.seen_at, UTC)),
                    "close": r.close,
                    "close_before": r.close_before,
                    "changed": list(r.changed),
                }
                for r in self.revisions
            ],
            "proposed_closures": [str(day) for day in self.closures],
        }


def check_data(config: Config, data_dir: Path | None) -> Checked:
    """Check the series of a folder, or by default of the store. Raises DataError, StoreError."""
    market = open_market(config, data_dir, STORE)
    revisions: list[Revision] = []
    if data_dir is None:
        with Store.reading(store_path(config)) as store:
            revisions = store.revisions()
    return Checked(market.name, read_verdicts(market), revisions, proposed_closures(market), market.notes)


def _iso_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
