"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bot.core.market import Floats


@dataclass(frozen=True, eq=False)
class Band:
    """What luck alone would have made of the same exposure: growth of 1 by day at the 5, 50 and 95 percentiles."""

    low: Floats
    median: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Worlds:
    """The demo's two worlds of one seed, and the spread over many seeds.

    `planted` is the equity in the world with the lead, by date. `spread` has a row a seed with the columns `seed`,
    `absent`, `planted` (total returns of the strategy), `eth_absent`, `eth_planted` (of holding ETH).
    """

    strength: float
    planted: pd.Series
    spread: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Waterfall:
    """The layers of liquidity over a run.

    `layers` and `score` are those of the last decision, as `bot signal --json` tells them. `states` has a row a
    decision and a column a layer (easing, tight, no data) or a part of the score (yes, no, no data).
    """

    layers: Sequence[Mapping[str, Any]]
    score: Mapping[str, Any]
    states: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Contents:
    """Everything that a report shows: the files of a run, typed, and the series to draw them against.

    `tables` are those of `bot.ledger.tables`; `small_caps` are closes by session date; `worlds` is None but for the
    demo market.
    """

    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    small_caps: pd.Series
    band: Band
    waterfall: Waterfall
    worlds: Worlds | None = None

    @property
    def is_demo(self) -> bool:
        """Whether the market is synthetic."""
        return bool(self.manifest["market"] == "demo")
