"""Cache from one tick to the next tick of the same process."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.backtest.run_cache import RunCache
from bot.data.vendors.market_list import KnownMarkets
from bot.ledger.writer import KnownRows


@dataclass(frozen=True, slots=True)
class TickCache:
    """Rows of one ledger, the runs of its benchmarks, and the markets of its venues by venue and quote currencies."""

    rows: KnownRows = field(default_factory=KnownRows)
    benchmarks: RunCache = field(default_factory=RunCache)
    markets: dict[tuple[str, ...], KnownMarkets] = field(default_factory=dict)
