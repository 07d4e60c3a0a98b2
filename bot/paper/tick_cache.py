"""Cache from one tick to the next tick of the same process."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.backtest.run_cache import RunCache
from bot.ledger.writer import KnownRows


@dataclass(frozen=True, slots=True)
class TickCache:
    """Rows of one ledger, and the runs of its benchmarks."""

    rows: KnownRows = field(default_factory=KnownRows)
    benchmarks: RunCache = field(default_factory=RunCache)
