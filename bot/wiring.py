"""The one place that builds objects from a config."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from bot.backtesting import Backtest, run, with_decisions
from bot.config import Config
from bot.core.book import RunPlan
from bot.core.cycle import Overrides, SizingRules, TradingRules
from bot.core.endings import Ending, EndingKind, settlings
from bot.core.errors import ConfigError, DataError, did_you_mean
from bot.core.instrument import Instrument, exact
from bot.core.market import Market
from bot.core.moments import iso
from bot.core.ports import Strategy
from bot.core.window import Window
from bot.data.demo import ENDINGS as DEMO_ENDINGS
from bot.data.demo import PREFIX as DEMO_PREFIX
from bot.data.demo_market import NAME as DEMO
from bot.provenance import run_key
from bot.report.contents import Waterfall
from bot.user_strategy import load_strategy, strategy_path
from strategies.indicators import rolling_median
from strategies.rotation import Rotation
from strategies.rules import Rules
from strategies.settings import AltcoinSettings, Move, RotationSettings, SupercycleSettings, WaterfallSettings
from strategies.view import view_of
from strategies.waterfall import waterfall


def build_strategy(config: Config) -> Strategy:
    """The rotation, or the strategy of a user's own file. Raises ConfigError."""
    if config.strategy.file is None:
        return Rotation(rotation_settings(config))
    return load_strategy(strategy_path(config.strategy.file), config.strategy.parameters)


def window_of(market: Market, start: date | None, end: date | None) -> Window:
    """The days of trading: what is asked for, or all that the market has.

    Raises ConfigError for days that contradict each other, DataError for days that the market does not have.
    """
    times = market.decision_times
    first, last = times[0].item().date(), market[market.roles.eth].dates[-1].item()
    if start is not None and end is not None and start > end:
        raise ConfigError("the window ends before it begins", expected=f"an end after {start}", was=str(end))
    for day, name in ((start, "start"), (end, "end")):
        _require_inside(market, f"the {name} lies outside the data", day or first, first, last)
    return Window(start or first, end or last)


def _require_inside(market: Market, what: str, day: date, first: date, last: date) -> None:
    if not first <= day <= last:
        expected = f"a day from {first} to {last}"
        raise DataError(what, where=f"market {market.name}", expected=expected, was=str(day))


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
        net_liquidity=Move(rotation.net_liquidity.weeks, shown.net_liquidity.flat),
        treasury_account=Move(shown.treasury_account.weeks, shown.treasury_account.flat),
        credit=Move(shown.credit.sessions, shown.credit.flat),
        broad_equities=Move(shown.broad_equities.sessions, shown.broad_equities.flat),
        broad_average=shown.broad_equities.average,
        small_cap_strength=Move(rotation.relative_strength.lookback, shown.small_cap_strength.flat),
        small_cap_trend=Move(shown.small_cap_trend.sessions, shown.small_cap_trend.flat),
        eth=Move(shown.eth.days, shown.eth.flat),
        altcoin_breadth=Move(shown.altcoin_breadth.days, shown.altcoin_breadth.flat),
        stablecoin_supply=Move(shown.stablecoin_supply.days, shown.stablecoin_supply.flat),
    )


def trading_rules(config: Config, market: Market, run_key: str) -> TradingRules:
    """The instruments of every coin of a market, the sizing and the overrides. Raises ConfigError."""
    instruments = {s: _instrument(config, market, s) for s in market if market[s].kind.is_coin}
    sizing = SizingRules(
        exact(config.sizing.band), exact(config.sizing.relative_band), exact(config.sizing.volume_share)
    )
    wanted = config.overrides
    for symbol in wanted.no_trade:
        if symbol not in instruments:
            mend = did_you_mean(symbol, instruments) or "a misspelt coin would be traded"
            raise ConfigError(f"no_trade names {symbol}, which this market does not have", where="overrides", mend=mend)
    overrides = Overrides(exact(wanted.multiplier), wanted.reduce_only, frozenset(wanted.no_trade))
    return TradingRules(instruments, sizing, overrides, run_key)


def _instrument(config: Config, market: Market, symbol: str) -> Instrument:
    bare = symbol.removeprefix(DEMO_PREFIX)
    rules = config.instruments.table.get(bare, config.instruments.fallback)
    slippage = config.costs.slippage
    if symbol in (market.roles.btc, market.roles.eth):
        share = slippage.major
    else:
        share = slippage.large if bare in config.costs.large_coins else slippage.other
    return Instrument(symbol, rules.step, rules.tick, rules.min_notional, exact(config.costs.fee), exact(share))


def _demo_ending(entry: Mapping[str, Any]) -> Ending:
    return Ending(EndingKind(entry["kind"]), entry.get("to"), Decimal(entry.get("ratio", 1)))


def run_plan(config: Config, market: Market, window: Window, run_key: str) -> RunPlan:
    """Everything that a run needs but its decisions."""
    table = {s: Ending(EndingKind(e.kind), e.to, e.ratio, e.last) for s, e in config.endings.items()}
    if market.name == DEMO:
        table |= {s: _demo_ending(entry) for s, entry in DEMO_ENDINGS.items()}
    days = config.altcoins.volume_days
    return RunPlan(
        market=market,
        decisions=(),
        slippage_multipliers=(),
        rules=trading_rules(config, market, run_key),
        settlings=settlings(market, table, window.end),
        recovery=exact(config.recovery),
        stress_multiplier=exact(config.costs.stress_multiplier),
        cash=config.start_equity,
        adopt=config.on_start == "adopt",
        median_volume=lambda series: rolling_median(series.volume, days),
    )


def signal_at(config: Config, market: Market, day: date | None) -> dict[str, Any]:
    """The decision at a day's 00:00 UTC, by default the newest, as plain data.

    Raises DataError for a day that has no decision.
    """
    decisions = build_strategy(config).decisions(market)
    first, last = decisions[0].at.date(), decisions[-1].at.date()
    day = day or last
    _require_inside(market, "there is no decision on this day", day, first, last)
    decision = decisions[(day - first).days]
    view = view_of(market, rotation_settings(config))
    seen = (day - market.decision_moments[0].date()).days
    return {
        "market": market.name,
        "at": iso(decision.at),
        "stage": decision.stage,
        "previous_stage": decision.previous,
        "weights": {symbol: str(weight) for symbol, weight in decision.weights.items()},
        "reasons": list(decision.reasons),
        "readings": {name: dict(reading) for name, reading in decision.readings.items()},
        "waterfall": [layer.at(seen) for layer in waterfall(view, waterfall_settings(config))],
        "supercycle": view.supercycle.at(seen),
    }


def waterfall_over(config: Config, market: Market, window: Window) -> Waterfall:
    """The waterfall and the supercycle score at every decision of a window, for its report."""
    view = view_of(market, rotation_settings(config))
    layers, score = waterfall(view, waterfall_settings(config)), view.supercycle
    days = view.times.astype("datetime64[D]")
    inside = np.flatnonzero((days >= np.datetime64(window.start)) & (days <= np.datetime64(window.end)))
    said = {layer.name: layer.states for layer in layers} | {name: score.verdicts(name) for name in score.parts}
    states = pd.DataFrame(said, pd.DatetimeIndex(view.times)).iloc[inside]
    last = int(inside[-1])
    return Waterfall([layer.at(last) for layer in layers], score.at(last), states)


def planned(config: Config, market: Market, window: Window, key: str | None = None) -> RunPlan:
    """The plan of the config's strategy, decisions and all; without a key, orders are named by config and data."""
    view = view_of(market, rotation_settings(config))
    plan = run_plan(config, market, window, key or run_key(config, market, window))
    return with_decisions(plan, window, view, build_strategy(config).decisions(market))


def backtest(config: Config, market: Market, window: Window) -> Backtest:
    """Run a config on a market."""
    settings = rotation_settings(config)
    plan = run_plan(config, market, window, run_key(config, market, window))
    benchmarks = config.benchmarks
    return run(market, build_strategy(config), settings, plan, window, benchmarks.trend_days, benchmarks.random_shifts)
