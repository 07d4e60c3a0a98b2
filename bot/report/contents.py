"""Contents of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.report.labels import Labels, labels_of
from bot.report.strategy_text import strategy_name

if TYPE_CHECKING:
    import pandas as pd

    from bot.core.market import Floats

Json: TypeAlias = Mapping[str, Any]
"""Object of a JSON file of the run, such as its manifest or its summary."""
Cells: TypeAlias = dict[Any, Any]
"""Row of a table by column, with the types that pandas gave the columns."""


@dataclass(frozen=True, eq=False)
class Band:
    """Random-timing band: growth of 1 by day at the 5th, 50th and 95th percentile of random timings."""

    low: Floats
    median: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Worlds:
    """Demo markets of one seed with and without effect, and the spread over many seeds.

    `planted` is the equity in the world with effect, by date; None for a strategy of the user's own, which is run only
    in the world without effect. `spread` has a row a seed with the columns `seed`, `absent`, `planted` (total returns
    of the strategy), `eth_absent`, `eth_planted` (of holding ETH).
    """

    strength: float
    planted: pd.Series | None
    spread: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Waterfall:
    """Layers of liquidity over a run.

    `layers` and `score` are those of the last decision, as in `bot signal --json`. `states` has a row a
    decision and a column a layer (easing, tight, no data) or a part of the score (yes, no, no data).
    """

    layers: Sequence[Json]
    score: Json
    states: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Contents:
    """Files of a run with their types, and the series that are drawn beside them.

    `tables` are those of `bot.ledger.typed_tables`; `small_caps` are closes by session date. `band` is None where
    random timing is left out, `waterfall` for a strategy of the user's own; only the demo market has `worlds`. `prices`
    are closes of each traded coin by UTC day.
    """

    manifest: Json
    summary: Json
    tables: Mapping[str, pd.DataFrame]
    small_caps: pd.Series
    band: Band | None
    waterfall: Waterfall | None
    worlds: Worlds | None = None
    prices: Mapping[str, pd.Series] = field(default_factory=dict)

    @cached_property
    def labels(self) -> Labels:
        """Names and numbers of the run's config, for sentences."""
        name = strategy_name(self.manifest)
        return labels_of(self.manifest["config"], is_real=not self.is_demo, name=name)

    @property
    def is_demo(self) -> bool:
        """True for the demo market, whose prices are synthetic."""
        return bool(self.manifest["market"] == "demo")
