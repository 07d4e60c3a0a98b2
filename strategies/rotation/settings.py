"""The numbers that readings, altcoin selection and waterfall need; their reasons are in config/*.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from strategies.rotation.rules import Rules


@dataclass(frozen=True, slots=True)
class AltcoinSettings:
    """Eligibility, score and weights of altcoins. Windows in days, volumes in USD, volatility a year."""

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
class SupercycleSettings:
    """The four traits of a supercycle; windows and lags in sessions, depth and shares as shares."""

    gate_needs: int
    runs_needed: int
    dip_depth: float
    dip_sessions: int
    dip_lookback: int
    dips_needed: int
    dip_share: float
    sectors_needed: int
    dispersion_window: int
    dispersion_median: int
    correlation_window: int
    correlation_lag: int
    high_beta_lag: int


@dataclass(frozen=True, slots=True)
class LayerChange:
    """Over how many of its own weeks, sessions or days a layer's change is read, and how small a one is flat."""

    span: int
    flat: float


@dataclass(frozen=True, slots=True)
class WaterfallSettings:
    """What the arrow of each layer is about; `broad_average` is in sessions."""

    net_liquidity: LayerChange
    treasury_account: LayerChange
    credit: LayerChange
    broad_equities: LayerChange
    broad_average: int
    small_cap_strength: LayerChange
    small_cap_trend: LayerChange
    eth: LayerChange
    altcoin_breadth: LayerChange
    stablecoin_supply: LayerChange


@dataclass(frozen=True, slots=True)
class RotationSettings:
    """Windows in sessions (weeks for liquidity, days for coins), thresholds as in the config, weights as shares."""

    rules: Rules
    gates: frozenset[str]
    rs_window: int
    rs_lookback: int
    credit_measure: str
    credit_window: int
    credit_stress_below: float
    credit_spread_rise: float
    credit_spread_sessions: int
    vix_calm_below: float
    vix_kill_above: float
    participation_parts: int
    participation_lookback: int
    participation_high_window: int
    sectors_needed: int
    sector_window: int
    volume_surge: float
    volume_within: int
    volume_window: int
    volume_thin_below: float
    trend_fast: int
    trend_slow: int
    liquidity_weeks: int
    pair_window: int
    eth_trend_days: int
    atr_days: int
    peg_below: float
    peg_days: int
    ended_days: int
    ended_on: tuple[tuple[str, date], ...]
    eth_first: float
    eth_full: float
    altcoin_half: float
    distribution_share: float
    rebalance_days: int
    altcoins: AltcoinSettings
    supercycle: SupercycleSettings
