"""The settings of the rotation and of the waterfall, as their code reads them, from a config."""

from __future__ import annotations

from bot.settings.loader import Config
from strategies.rotation.rules import Rules
from strategies.rotation.settings import (
    AltcoinSettings,
    LayerChange,
    RotationSettings,
    SupercycleSettings,
    WaterfallSettings,
)


def rotation_settings(config: Config) -> RotationSettings:
    """The rotation's numbers as its code reads them."""
    r, stages = config.rotation, config.rotation.stages
    rules = Rules(
        entry_is_gated=r.entry == "gated",
        breakout_base_sessions=r.breakout.base_sessions,
        breakout_confirm_closes=r.breakout.confirm_closes,
        breakout_confirm_within=r.breakout.confirm_within,
        breakout_floor=r.breakout.floor,
        trail_of_level=r.trail.of_level,
        trail_of_high=r.trail.of_high,
        gated_patience_sessions=r.gated.patience_sessions,
        stages_full_after_sessions=stages.full_after_sessions,
        stages_altcoins_after_sessions=stages.altcoins_after_sessions,
        stages_leave_altcoins_days=stages.leave_altcoins_days,
        stages_quiet_sessions=stages.quiet_sessions,
        stages_weak_sessions=stages.weak_sessions,
        stages_distribution_sessions=stages.distribution_sessions,
        stages_cooldown_sessions=stages.cooldown_sessions,
        stale_after=r.stale.after,
        stale_leave_after=r.stale.leave_after,
        risk_exits_credit=r.risk_exits.credit,
        risk_exits_volatility=r.risk_exits.volatility,
        risk_exits_trail=r.risk_exits.trail,
        risk_exits_eth_drawdown=r.risk_exits.eth_drawdown,
        risk_exits_peg=r.risk_exits.peg,
        eth_stop_measure_is_atr=r.eth_stop.measure == "atr",
        eth_stop_drawdown=r.eth_stop.drawdown,
        eth_stop_atr_multiple=r.eth_stop.atr_multiple,
    )
    return RotationSettings(
        rules=rules,
        gates=frozenset(name for name, on in r.gates.model_dump().items() if on),
        rs_window=r.relative_strength.window,
        rs_lookback=r.relative_strength.lookback,
        credit_measure=r.credit.measure,
        credit_window=r.credit.window,
        credit_stress_below=r.credit.stress_below,
        credit_spread_rise=r.credit.spread_rise,
        credit_spread_sessions=r.credit.spread_sessions,
        vix_calm_below=r.volatility.calm_below,
        vix_kill_above=r.volatility.kill_above,
        participation_parts=r.participation.parts_needed,
        participation_lookback=r.participation.lookback,
        participation_high_window=r.participation.high_window,
        sectors_needed=r.participation.sectors_needed,
        sector_window=r.participation.sector_window,
        volume_surge=r.volume.surge,
        volume_within=r.volume.within,
        volume_window=r.volume.window,
        volume_thin_below=r.volume.thin_below,
        trend_fast=r.trend.fast,
        trend_slow=r.trend.slow,
        liquidity_weeks=r.net_liquidity.weeks,
        pair_window=r.pair_window,
        eth_trend_days=r.gated.trend_days,
        atr_days=r.eth_stop.atr_days,
        peg_below=r.peg.below,
        peg_days=r.peg.days,
        ended_days=r.stale.ended_days,
        ended_on=tuple((s, e.last) for s, e in config.endings.items() if e.last),
        eth_first=r.weights.eth_first,
        eth_full=r.weights.eth_full,
        altcoin_half=r.weights.altcoins,
        distribution_share=r.weights.distribution,
        rebalance_days=config.sizing.rebalance_days,
        altcoins=AltcoinSettings(
            **{**config.altcoins.model_dump(), "momentum_days": tuple(config.altcoins.momentum_days)}
        ),
        supercycle=_supercycle_settings(config),
    )


def _supercycle_settings(config: Config) -> SupercycleSettings:
    traits = config.supercycle
    return SupercycleSettings(
        gate_needs=traits.gate_needs,
        runs_needed=traits.long_run.runs_needed,
        dip_depth=traits.dips_bought.depth,
        dip_sessions=traits.dips_bought.sessions,
        dip_lookback=traits.dips_bought.lookback,
        dips_needed=traits.dips_bought.needed,
        dip_share=traits.dips_bought.share,
        sectors_needed=traits.sectors_rotate.funds_needed,
        dispersion_window=traits.sectors_rotate.dispersion_window,
        dispersion_median=traits.sectors_rotate.dispersion_median,
        correlation_window=traits.sectors_rotate.correlation_window,
        correlation_lag=traits.sectors_rotate.correlation_lag,
        high_beta_lag=traits.high_beta.lookback,
    )


def waterfall_settings(config: Config) -> WaterfallSettings:
    """The waterfall's numbers as its code reads them; where a layer is a reading, its span is that reading's."""
    shown, rotation = config.waterfall, config.rotation
    return WaterfallSettings(
        net_liquidity=LayerChange(rotation.net_liquidity.weeks, shown.net_liquidity.flat),
        treasury_account=LayerChange(shown.treasury_account.weeks, shown.treasury_account.flat),
        credit=LayerChange(shown.credit.sessions, shown.credit.flat),
        broad_equities=LayerChange(shown.broad_equities.sessions, shown.broad_equities.flat),
        broad_average=shown.broad_equities.average,
        small_cap_strength=LayerChange(rotation.relative_strength.lookback, shown.small_cap_strength.flat),
        small_cap_trend=LayerChange(shown.small_cap_trend.sessions, shown.small_cap_trend.flat),
        eth=LayerChange(shown.eth.days, shown.eth.flat),
        altcoin_breadth=LayerChange(shown.altcoin_breadth.days, shown.altcoin_breadth.flat),
        stablecoin_supply=LayerChange(shown.stablecoin_supply.days, shown.stablecoin_supply.flat),
    )
