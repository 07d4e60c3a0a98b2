"""Work of a tick that the next tick of the same process goes on from."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.backtest.kept_runs import KeptRuns
from bot.ledger.writer import KnownRows


@dataclass(frozen=True, slots=True)
class KeptWork:
    """Rows of one ledger, and the runs of its benchmarks."""

    rows: KnownRows = field(default_factory=KnownRows)
    benchmarks: KeptRuns = field(default_factory=KeptRuns)
