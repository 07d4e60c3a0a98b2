"""Settings of the section `rotation` of the config; config/default.yaml has the reason of each number."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class BreakoutSettings:
    """The record that arms and the closes that confirm: counts in sessions, `floor` as a share of the level."""

    base_sessions: int
    confirm_closes: int
    confirm_within: int
    floor: float


@dataclass(frozen=True, slots=True)
class TrailSettings:
    """Shares of the trailing stop on small caps."""

    of_level: float
    of_high: float


@dataclass(frozen=True, slots=True)
class GatedSettings:
    """ETH's own trend, for the gated entry."""

    trend_days: int
    patience_sessions: int


@dataclass(frozen=True, slots=True)
class StagesSettings:
    """Lengths of the stages, in sessions or days."""

    full_after_sessions: int
    altcoins_after_sessions: int
    leave_altcoins_days: int
    quiet_sessions: int
    weak_sessions: int
    distribution_sessions: int
    cooldown_sessions: int


@dataclass(frozen=True, slots=True)
class WeightsSettings:
    """Shares of equity by stage; `distribution` is a share of the weights before it."""

    eth_first: float
    eth_full: float
    altcoins: float
    distribution: float


@dataclass(frozen=True, slots=True)
class RelativeStrengthSettings:
    """Small caps against the broad market, in sessions."""

    window: int
    lookback: int


@dataclass(frozen=True, slots=True)
class StaleSettings:
    """Missing rows before an input is stale, in its own sessions or days; `ended_days` in days."""

    after: int
    leave_after: int
    ended_days: int


@dataclass(frozen=True, slots=True)
class GatesSettings:
    """Switches of the gates."""

    relative_strength: bool
    credit: bool
    volatility: bool
    participation: bool
    volume: bool
    trend: bool
    net_liquidity: bool
    supercycle: bool

    @property
    def switched_on(self) -> frozenset[str]:
        """Names of the gates that are on."""
        return frozenset(field.name for field in fields(self) if getattr(self, field.name))


@dataclass(frozen=True, slots=True)
class RiskExitsSettings:
    """Switches of the risk exits."""

    credit: bool
    volatility: bool
    trail: bool
    eth_drawdown: bool
    peg: bool


@dataclass(frozen=True, slots=True)
class CreditSettings:
    """The measure of credit stress: windows in sessions, `spread_rise` in percentage points."""

    measure: str
    window: int
    stress_below: float
    spread_rise: float
    spread_sessions: int


@dataclass(frozen=True, slots=True)
class VolatilitySettings:
    """Limits of the VIX, per cent a year."""

    calm_below: float
    kill_above: float


@dataclass(frozen=True, slots=True)
class ParticipationSettings:
    """The three signs of a broad advance; windows in sessions."""

    parts_needed: int
    lookback: int
    high_window: int
    sectors_needed: int
    sector_window: int


@dataclass(frozen=True, slots=True)
class VolumeSettings:
    """Heavy and thin volume as multiples of the median; windows in sessions."""

    surge: float
    within: int
    window: int
    thin_below: float


@dataclass(frozen=True, slots=True)
class TrendSettings:
    """The averages of small caps, in sessions."""

    fast: int
    slow: int


@dataclass(frozen=True, slots=True)
class NetLiquiditySettings:
    """The change of net liquidity."""

    weeks: int


@dataclass(frozen=True, slots=True)
class EthStopSettings:
    """ETH's own stop: a share under its high, or a multiple of its mean true range."""

    measure: str
    drawdown: float
    atr_multiple: float
    atr_days: int


@dataclass(frozen=True, slots=True)
class PegSettings:
    """The stablecoin's peg, in dollars and days."""

    below: float
    days: int


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The section `rotation`."""

    entry: str
    breakout: BreakoutSettings
    trail: TrailSettings
    gated: GatedSettings
    stages: StagesSettings
    weights: WeightsSettings
    relative_strength: RelativeStrengthSettings
    pair_window: int
    stale: StaleSettings
    gates: GatesSettings
    risk_exits: RiskExitsSettings
    credit: CreditSettings
    volatility: VolatilitySettings
    participation: ParticipationSettings
    volume: VolumeSettings
    trend: TrendSettings
    net_liquidity: NetLiquiditySettings
    eth_stop: EthStopSettings
    peg: PegSettings
