"""Settings of the rotation: the numbers of the config, each under its own path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from strategies.rotation.config_paths import flattened
from strategies.rotation.rule_settings import RuleSettings
from strategies.rotation.rules import Rules
from strategies.rotation.targets import TargetRules


@dataclass(frozen=True, slots=True)
class AltcoinSettings:
    """The section `altcoins`: windows in days, volumes in USD, volatility a year."""

    count: int
    seasoned_days: int
    pause_days: int
    volume_days: int
    minimum_volume: float
    volatility_span: int
    volatility_floor: float
    momentum_days: tuple[int, ...]
    largest_share: float
    choose_every_days: int
    breadth_window: int
    breadth_least_coins: int
    breadth_needed: float


@dataclass(frozen=True, slots=True)
class LongRunSettings:
    """Sessions above a breakout's level, against past runs."""

    runs_needed: int


@dataclass(frozen=True, slots=True)
class DipsSettings:
    """Pullbacks and their recovery: windows in sessions, `depth` and `share` as shares."""

    depth: float
    sessions: int
    lookback: int
    needed: int
    share: float


@dataclass(frozen=True, slots=True)
class SectorsSettings:
    """Spread and correlation of sector funds, in sessions."""

    funds_needed: int
    dispersion_window: int
    dispersion_median: int
    correlation_window: int
    correlation_lag: int


@dataclass(frozen=True, slots=True)
class HighBetaSettings:
    """High beta against low volatility, in sessions."""

    lookback: int


@dataclass(frozen=True, slots=True)
class SupercycleSettings:
    """The section `supercycle`: four traits, and how many of them its gate needs."""

    gate_needs: int
    long_run: LongRunSettings
    dips_bought: DipsSettings
    sectors_rotate: SectorsSettings
    high_beta: HighBetaSettings


@dataclass(frozen=True, slots=True)
class FlatSettings:
    """A layer whose span is that of the rotation's reading; a change up to `flat` draws a flat arrow."""

    flat: float


@dataclass(frozen=True, slots=True)
class WeeksSettings:
    """A weekly layer and the span of its change."""

    flat: float
    weeks: int


@dataclass(frozen=True, slots=True)
class SessionsSettings:
    """A layer of the US market and the span of its change."""

    flat: float
    sessions: int


@dataclass(frozen=True, slots=True)
class DaysSettings:
    """A layer of crypto and the span of its change."""

    flat: float
    days: int


@dataclass(frozen=True, slots=True)
class BroadEquitiesSettings:
    """The layer of the broad market; its average in sessions."""

    flat: float
    sessions: int
    average: int


@dataclass(frozen=True, slots=True)
class WaterfallSettings:
    """The section `waterfall`: the layers from the top of the risk curve to its foot."""

    net_liquidity: FlatSettings
    treasury_account: WeeksSettings
    credit: SessionsSettings
    broad_equities: BroadEquitiesSettings
    small_cap_strength: FlatSettings
    small_cap_trend: SessionsSettings
    eth: DaysSettings
    altcoin_breadth: DaysSettings
    stablecoin_supply: DaysSettings


@dataclass(frozen=True, slots=True)
class RebalanceSettings:
    """The part of the section `sizing` that the rotation reads."""

    rebalance_days: int


@dataclass(frozen=True, slots=True)
class GapSettings:
    """The part of the section `quality` that the rotation reads: the share of a window that may be missing."""

    window_gaps: float


@dataclass(frozen=True, slots=True)
class EndedSettings:
    """The part of an entry of `endings` that the rotation reads: the last date, if it is known."""

    last: date | None


@dataclass(frozen=True)  # no slots: `rules` is kept once it is computed
class RotationSettings:
    """The sections of the config that the rotation reads, by their keys."""

    rotation: RuleSettings
    altcoins: AltcoinSettings
    supercycle: SupercycleSettings
    waterfall: WaterfallSettings
    sizing: RebalanceSettings
    quality: GapSettings
    endings: Mapping[str, EndedSettings]

    @cached_property
    def rules(self) -> Rules:
        """The numbers of `step`, flat because numba compiles a flat tuple of numbers."""
        return flattened(Rules, self.rotation)

    @cached_property
    def target_rules(self) -> TargetRules:
        """The numbers of target weights and trading days, flat as `rules`."""
        weights = self.rotation.weights
        return TargetRules(
            eth_first=weights.eth_first,
            eth_full=weights.eth_full,
            altcoins=weights.altcoins,
            distribution=weights.distribution,
            choose_every_days=self.altcoins.choose_every_days,
            rebalance_days=self.sizing.rebalance_days,
        )
