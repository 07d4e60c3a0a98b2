"""The schema of `rotation` and `altcoins`: the rule's own numbers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from bot.core.plural import counted
from bot.settings.schema.values import Count, Positive, Section, Share, Switch


class BreakoutSection(Section):
    """The record that arms the rotation and the closes that confirm it."""

    base_sessions: Count
    confirm_closes: Count
    confirm_within: Count
    floor: Share

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        # The breakout's own session is session 0 and counts: hence one more.
        if self.confirm_closes > self.confirm_within + 1:
            raise ValueError(
                f"confirm_closes ({self.confirm_closes}) cannot be reached within "
                f"{counted(self.confirm_within, 'session')} after the breakout"
            )
        return self


class TrailSection(Section):
    """The stop on small caps: `of_level` x max(level, `of_high` x high)."""

    of_level: Share
    of_high: Share


class GatedSection(Section):
    """ETH's own trend, for `entry: gated`."""

    trend_days: Count
    patience_sessions: Count


class StagesSection(Section):
    """Lengths of the stages, in sessions or days."""

    full_after_sessions: Count
    altcoins_after_sessions: Count
    leave_altcoins_days: Count
    quiet_sessions: Count
    weak_sessions: Count
    distribution_sessions: Count
    cooldown_sessions: Count


class WeightsSection(Section):
    """Shares of equity by stage; at least 2% stays in the stablecoin."""

    eth_first: Share
    eth_full: Share
    altcoins: Share
    distribution: Share

    @model_validator(mode="after")
    def _leaves_cash(self) -> Self:
        for name, total in (
            ("eth_full", self.eth_full),
            ("eth_first + altcoins", self.eth_first + self.altcoins),
        ):
            if total > 0.98 + 1e-12:  # 0.49 + 0.49 may be a bit above 0.98 in binary
                raise ValueError(f"{name} is {total:g}; at most 0.98, since 2% pays fees and gaps")
        return self


class RelativeStrengthSection(Section):
    """Small caps against the broad market, in sessions."""

    window: Count
    lookback: Count


class StaleSection(Section):
    """Missing rows before an input is stale or ended, in sessions or days."""

    after: Count
    leave_after: Count
    ended_days: Count

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        # The first step stops purchases, the second sells: they must come in this order.
        if self.leave_after <= self.after:
            raise ValueError(f"leave_after ({self.leave_after}) must be more than after ({self.after})")
        return self


class GatesSection(Section):
    """Switches of the gates: readings that must pass to confirm."""

    relative_strength: Switch
    credit: Switch
    volatility: Switch
    participation: Switch
    volume: Switch
    trend: Switch
    net_liquidity: Switch
    supercycle: Switch


class RiskExitsSection(Section):
    """Switches of the risk exits: each sells the whole portfolio at once."""

    credit: Switch
    volatility: Switch
    trail: Switch
    eth_drawdown: Switch
    peg: Switch


class CreditSection(Section):
    """The measure of credit stress."""

    measure: Literal["treasury_ratio", "grade_ratio", "spread"]
    window: Count
    stress_below: Positive
    spread_rise: Positive
    spread_sessions: Count


class VolatilitySection(Section):
    """The VIX thresholds."""

    calm_below: Positive
    kill_above: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        # Otherwise a VIX between the two would pass the gate and then sell the entry.
        if self.calm_below > self.kill_above:
            raise ValueError(f"calm_below ({self.calm_below:g}) must not exceed kill_above ({self.kill_above:g})")
        return self


class ParticipationSection(Section):
    """The three signs of a broad advance."""

    parts_needed: Annotated[int, Strict(), Field(ge=1, le=3)]
    lookback: Count
    high_window: Count
    sectors_needed: Annotated[int, Strict(), Field(ge=1, le=11)]
    sector_window: Count


class VolumeSection(Section):
    """Heavy volume, and thin trading."""

    surge: Positive
    within: Count
    window: Count
    thin_below: Positive


class TrendSection(Section):
    """The averages of small caps, in sessions."""

    fast: Count
    slow: Count

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        # With equal windows the condition fast > slow could never hold.
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be shorter than slow ({self.slow})")
        return self


class NetLiquiditySection(Section):
    """The change of net liquidity."""

    weeks: Count


class EthStopSection(Section):
    """ETH's own stop."""

    measure: Literal["drawdown", "atr"]
    drawdown: Share
    atr_multiple: Positive
    atr_days: Count


class PegSection(Section):
    """The stablecoin's peg."""

    below: Share
    days: Count


class RotationSection(Section):
    """The rotation's rules."""

    entry: Literal["article", "gated"]
    breakout: BreakoutSection
    trail: TrailSection
    gated: GatedSection
    stages: StagesSection
    weights: WeightsSection
    relative_strength: RelativeStrengthSection
    pair_window: Count
    stale: StaleSection
    gates: GatesSection
    risk_exits: RiskExitsSection
    credit: CreditSection
    volatility: VolatilitySection
    participation: ParticipationSection
    volume: VolumeSection
    trend: TrendSection
    net_liquidity: NetLiquiditySection
    eth_stop: EthStopSection
    peg: PegSection


class AltcoinsSection(Section):
    """Eligibility, choice and weights of altcoins."""

    count: Count
    seasoned_days: Count
    pause_days: Count
    volume_days: Count
    minimum_volume: Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
    volatility_span: Count
    volatility_floor: Positive
    momentum_days: Annotated[list[Count], Field(min_length=1)]
    largest_share: Annotated[float, Strict(), Field(gt=0, le=1)]
    choose_every_days: Count
    breadth_window: Count
    breadth_least_coins: Count
    breadth_needed: Share
