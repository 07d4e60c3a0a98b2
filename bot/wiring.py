"""The one place that builds objects from a config."""

from __future__ import annotations

from bot.config import Config
from strategies.rules import Rules
from strategies.settings import AltcoinSettings, RotationSettings


def rotation_settings(config: Config) -> RotationSettings:
    """The rotation's numbers as its code reads them."""
    r, stages = config.rotation, config.rotation.stages
    rules = Rules(
        gated=r.entry == "gated",
        min_base=r.breakout.base_sessions,
        confirm_closes=r.breakout.confirm_closes,
        confirm_within=r.breakout.confirm_within,
        floor=r.breakout.floor,
        trail_of_level=r.trail.of_level,
        trail_of_high=r.trail.of_high,
        patience_sessions=r.gated.patience_sessions,
        full_after_sessions=stages.full_after_sessions,
        altcoins_after_sessions=stages.altcoins_after_sessions,
        leave_altcoins_days=stages.leave_altcoins_days,
        quiet_sessions=stages.quiet_sessions,
        weak_sessions=stages.weak_sessions,
        distribution_sessions=stages.distribution_sessions,
        cooldown_sessions=stages.cooldown_sessions,
        stale_after=r.stale.after,
        stale_leave_after=r.stale.leave_after,
        kill_on_credit=r.kills.credit,
        kill_on_volatility=r.kills.volatility,
        kill_on_trail=r.kills.trail,
        kill_on_eth=r.kills.eth_drawdown,
        kill_on_peg=r.kills.peg,
        eth_stop_is_atr=r.eth_stop.measure == "atr",
        eth_drawdown=r.eth_stop.drawdown,
        atr_multiple=r.eth_stop.atr_multiple,
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
        eth_first=r.weights.eth_first,
        eth_full=r.weights.eth_full,
        altcoin_half=r.weights.altcoins,
        distribution_share=r.weights.distribution,
        rebalance_days=config.sizing.rebalance_days,
        altcoins=AltcoinSettings(**{**config.altcoins.model_dump(), "momentum_days": tuple(config.altcoins.momentum_days)}),
    )
