"""The schema of config/*.yaml: every key, its type and its range. The values and their reasons are in the YAML."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from bot.core.market import Kind, Roles
from bot.data.csv_folder import Listing
from bot.data.timeline import Release

Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Positive = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Strict(), Field(ge=1, le=10_000)]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,29}$")]
Switch = Annotated[bool, Strict()]
PositiveDecimal = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StrategySection(_Section):
    """Which strategy runs: the built-in rotation, or a file of the user's own."""

    name: Literal["rotation"] | None = None
    file: Path | None = None
    parameters: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.name is None and self.file is None:
            raise ValueError("name a strategy, or the file of one")
        return self


class BreakoutSection(_Section):
    """When a record arms the bot and what makes it sustained."""

    base_sessions: Count
    confirm_closes: Count
    confirm_within: Count
    floor: Share

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.confirm_closes > self.confirm_within + 1:
            raise ValueError(
                f"confirm_closes ({self.confirm_closes}) cannot be reached within "
                f"{self.confirm_within} sessions after the breakout"
            )
        return self


class TrailSection(_Section):
    """The stop on small caps: `of_level` x max(level, `of_high` x high)."""

    of_level: Share
    of_high: Share


class GatedSection(_Section):
    """ETH's own trend, for `entry: gated`."""

    trend_days: Count
    patience_sessions: Count


class StagesSection(_Section):
    """How long each stage lasts, in sessions or days."""

    full_after_sessions: Count
    altcoins_after_sessions: Count
    leave_altcoins_days: Count
    quiet_sessions: Count
    weak_sessions: Count
    distribution_sessions: Count
    cooldown_sessions: Count


class WeightsSection(_Section):
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
            if total > 0.98 + 1e-12:
                raise ValueError(f"{name} is {total:g}; at most 0.98, since 2% pays fees and gaps")
        return self


class RelativeStrengthSection(_Section):
    """Small caps against the broad market, in sessions."""

    window: Count
    lookback: Count


class StaleSection(_Section):
    """When silence matters, in sessions or days."""

    after: Count
    leave_after: Count
    ended_days: Count

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.leave_after <= self.after:
            raise ValueError(f"leave_after ({self.leave_after}) must be more than after ({self.after})")
        return self


class GatesSection(_Section):
    """Which readings must pass to confirm."""

    relative_strength: Switch
    credit: Switch
    volatility: Switch
    participation: Switch
    volume: Switch
    trend: Switch
    net_liquidity: Switch


class KillsSection(_Section):
    """Which readings take the portfolio out at once."""

    credit: Switch
    volatility: Switch
    trail: Switch
    eth_drawdown: Switch
    peg: Switch


class CreditSection(_Section):
    """How credit stress is measured."""

    measure: Literal["treasury_ratio", "grade_ratio", "spread"]
    window: Count
    stress_below: Positive
    spread_rise: Positive
    spread_sessions: Count


class VolatilitySection(_Section):
    """The VIX thresholds."""

    calm_below: Positive
    kill_above: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.calm_below > self.kill_above:
            raise ValueError(f"calm_below ({self.calm_below:g}) must not exceed kill_above ({self.kill_above:g})")
        return self


class ParticipationSection(_Section):
    """The three signs of a broad advance."""

    parts_needed: Annotated[int, Strict(), Field(ge=1, le=3)]
    lookback: Count
    high_window: Count
    sectors_needed: Annotated[int, Strict(), Field(ge=1, le=11)]
    sector_window: Count


class VolumeSection(_Section):
    """Heavy volume, and thin trading."""

    surge: Positive
    within: Count
    window: Count
    thin_below: Positive


class TrendSection(_Section):
    """The averages of small caps, in sessions."""

    fast: Count
    slow: Count

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be shorter than slow ({self.slow})")
        return self


class NetLiquiditySection(_Section):
    """The change of net liquidity."""

    weeks: Count


class EthStopSection(_Section):
    """ETH's own stop."""

    measure: Literal["drawdown", "atr"]
    drawdown: Share
    atr_multiple: Positive
    atr_days: Count


class PegSection(_Section):
    """The stablecoin's peg."""

    below: Share
    days: Count


class RotationSection(_Section):
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
    kills: KillsSection
    credit: CreditSection
    volatility: VolatilitySection
    participation: ParticipationSection
    volume: VolumeSection
    trend: TrendSection
    net_liquidity: NetLiquiditySection
    eth_stop: EthStopSection
    peg: PegSection


class AltcoinsSection(_Section):
    """Which altcoins are eligible, and how they are chosen and weighted."""

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


class SizingSection(_Section):
    """When a coin is rebalanced, and how large an order may be."""

    rebalance_days: Count
    band: Share
    relative_band: Share
    volume_share: Annotated[float, Strict(), Field(gt=0, le=1)]


class OverridesSection(_Section):
    """The user's overrides."""

    multiplier: Share
    reduce_only: Switch
    no_trade: list[Symbol]


class BenchmarksSection(_Section):
    """The benchmarks' own numbers."""

    random_shifts: Annotated[int, Strict(), Field(ge=10, le=100_000)]
    trend_days: Count


class DemoSection(_Section):
    """The synthetic market."""

    seed: Annotated[int, Strict(), Field(ge=0)]
    thesis_strength: Annotated[float, Strict(), Field(ge=-5, le=5)]
    lead_sessions: Annotated[int, Strict(), Field(ge=0, le=250)]
    shared_regime: Switch
    spread_seeds: Annotated[int, Strict(), Field(ge=2, le=1000)]


class SlippageSection(_Section):
    """Slippage by class of coin, shares of the price."""

    major: Annotated[float, Strict(), Field(ge=0, lt=0.5)]
    large: Annotated[float, Strict(), Field(ge=0, lt=0.5)]
    other: Annotated[float, Strict(), Field(ge=0, lt=0.5)]


class CostsSection(_Section):
    """What trading costs."""

    fee: Annotated[float, Strict(), Field(ge=0, lt=0.5)]
    slippage: SlippageSection
    stress_multiplier: Annotated[float, Strict(), Field(ge=1, le=100)]
    large_coins: list[Symbol]


class InstrumentSection(_Section):
    """One coin's venue rules."""

    step: PositiveDecimal
    tick: PositiveDecimal
    min_notional: PositiveDecimal


class InstrumentsSection(_Section):
    """Venue rules by coin, and those of all others."""

    fallback: InstrumentSection
    table: dict[Symbol, InstrumentSection]


class EndingSection(_Section):
    """Why one coin's series ends."""

    kind: Literal["dead", "renamed", "source ends", "halted"]
    last: date | None = None
    to: Symbol | None = None
    ratio: PositiveDecimal = Decimal(1)

    @model_validator(mode="after")
    def _renamed_to_something(self) -> Self:
        if self.kind == "renamed" and self.to is None:
            raise ValueError("a renamed coin needs `to`, the symbol that it became")
        return self


class RolesSection(_Section):
    """Which symbol plays which part."""

    small_caps: Symbol
    small_cap_fund: Symbol
    broad_fund: Symbol
    high_yield_fund: Symbol
    investment_grade_fund: Symbol
    treasury_fund: Symbol
    high_yield_spread: Symbol
    volatility: Symbol
    equal_weight_fund: Symbol
    small_cap_breadth_fund: Symbol
    sector_funds: list[Symbol]
    fed_assets: Symbol
    treasury_account: Symbol
    reverse_repo: Symbol
    btc: Symbol
    eth: Symbol
    stablecoin: Symbol

    def roles(self) -> Roles:
        """The parts as the rules read them."""
        parts = self.model_dump()
        return Roles(**{**parts, "sector_funds": tuple(parts["sector_funds"])})


SymbolKind = Literal[
    "index", "etf-adjusted", "etf-raw", "crypto", "stablecoin", "wrapped", "staked", "leveraged",
    "macro thursday", "macro same day", "macro next session", "macro utc day",
]  # fmt: skip


class Config(_Section):
    """A whole config, resolved: what the files say once `extends` is followed."""

    state: Path
    start_equity: PositiveDecimal
    on_start: Literal["adopt", "wait"]
    strategy: StrategySection
    rotation: RotationSection
    altcoins: AltcoinsSection
    sizing: SizingSection
    overrides: OverridesSection
    benchmarks: BenchmarksSection
    demo: DemoSection
    costs: CostsSection
    instruments: InstrumentsSection
    recovery: Share
    endings: dict[Symbol, EndingSection]
    symbols: dict[Symbol, SymbolKind]
    altcoin_universe: list[Symbol]
    stablecoins: list[Symbol]
    wrapped: list[Symbol]
    staked: list[Symbol]
    leveraged: list[Symbol]
    roles: RolesSection

    @model_validator(mode="after")
    def _parts_have_their_kind(self) -> Self:
        listings = self.listings()
        for part, kind in (("small_caps", Kind.INDEX), ("eth", Kind.CRYPTO), ("btc", Kind.CRYPTO)):
            symbol = getattr(self.roles, part)
            if symbol not in listings or listings[symbol].kind is not kind:
                was = listings[symbol].kind if symbol in listings else "not in the symbol table"
                raise ValueError(f"roles.{part} is {symbol}, which must be of kind {kind}, was {was}")
        return self

    def listings(self) -> dict[str, Listing]:
        """The kind and the release rule of every symbol; an entry of `symbols` wins over the lists."""
        lists = {
            Kind.CRYPTO: self.altcoin_universe, Kind.STABLECOIN: self.stablecoins, Kind.WRAPPED: self.wrapped,
            Kind.STAKED: self.staked, Kind.LEVERAGED: self.leveraged,
        }  # fmt: skip
        found = {symbol: Listing(kind, Release.UTC_DAY) for kind, names in lists.items() for symbol in names}
        for symbol, text in self.symbols.items():
            kind, _, release = text.partition(" ")
            found[symbol] = Listing(Kind(kind), Release(release) if release else _release_of(Kind(kind)))
        return found

    def resolved(self) -> dict[str, Any]:
        """The config as plain data, as `manifest.json` keeps it."""
        plain: dict[str, Any] = self.model_dump(mode="json")
        return plain

    def fingerprint(self) -> str:
        """SHA-256 of the resolved config, but for where its output goes."""
        plain = self.resolved()
        del plain["state"]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _release_of(kind: Kind) -> Release:
    return Release.UTC_DAY if kind.is_coin else Release.SESSION
