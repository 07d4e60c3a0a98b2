"""Make the plan of a run from a config and a market."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from bot.brokers.simulated import run_simulated
from bot.core.corporate_actions import CorporateAction, CorporateActionKind, schedule_endings
from bot.core.cycle import Overrides, SizingRules, TradingRules
from bot.core.decision import Decision
from bot.core.errors import ConfigError, DataError, did_you_mean
from bot.core.instrument import Instrument, to_decimal
from bot.core.market import Market
from bot.core.ports import Simulated, Strategy, StressAware
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.data.demo.generator import ENDINGS as DEMO_ENDINGS
from bot.data.demo.generator import PREFIX as DEMO_PREFIX
from bot.data.store.store import Store
from bot.data.vendors.public_venues import VENUES
from bot.services.markets import endings_of, store_path
from bot.services.run_key import run_key
from bot.services.strategy_file import strategy_path
from bot.services.strategy_settings import rotation_settings
from bot.services.user_strategy import load_strategy
from bot.settings.loader import Config
from strategies.indicators import daily_volatility, rolling_median
from strategies.rotation.rotation import Rotation
from strategies.rotation.view import Views

_ONE = Decimal(1)


def build_strategy(config: Config, views: Views | None = None) -> Strategy:
    """Build the strategy of a config: the rotation, or that of the user's own file.

    The rotation takes its views of a market from `views`, so that a caller who needs them too computes them once.
    Raises ConfigError.
    """
    if config.strategy.file is None:
        return Rotation(rotation_settings(config), views=views)
    plan_of = partial(whole_plan, config)
    return load_strategy(strategy_path(config.strategy.file), config.strategy.parameters, plan_of)


def own_strategy_name(config: Config) -> str:
    """Return the name of the user's own strategy; "" for the rotation. Raises ConfigError."""
    return build_strategy(config).name if config.strategy.is_own else ""


def whole_plan(config: Config, market: Market) -> RunPlan:
    """Make the plan of a market's whole history, with the day after its last row."""
    times = market.decision_moments
    return run_plan(config, market, Window(times[0].date(), times[-1].date()), "whole")


def window_of(market: Market, start: date | None, end: date | None) -> Window:
    """Return the days of trading: the given ones, or all that the market has.

    Raises ConfigError if the end lies before the start, DataError for days outside the market's data.
    """
    times = market.decision_times
    first, last = times[0].item().date(), market[market.roles.eth].dates[-1].item()
    if start is not None and end is not None and start > end:
        expected = f"a day from {start} on"
        raise ConfigError("the window ends before it begins", where="--end", expected=expected, was=str(end))
    for day, name in ((start, "start"), (end, "end")):
        require_inside(market, f"the {name} lies outside the data", day or first, first, last)
    return Window(start or first, end or last)


def require_inside(market: Market, what: str, day: date, first: date, last: date) -> None:
    """Raise DataError for a day outside the data of a market."""
    if not first <= day <= last:
        expected = f"a day from {first} to {last}"
        raise DataError(what, where=f"market {market.name}", expected=expected, was=str(day))


def trading_rules(config: Config, market: Market, run_key: str) -> TradingRules:
    """Make the instruments of all that may be held, the sizing rules and the overrides. Raises ConfigError."""
    instruments = {s: _instrument(config, market, s) for s in market if market[s].kind.may_be_held}
    sizing = SizingRules(
        to_decimal(config.sizing.band), to_decimal(config.sizing.relative_band), to_decimal(config.sizing.volume_share)
    )
    settings = config.overrides
    # A misspelt name would switch the protection off without a sign.
    for symbol in settings.no_trade:
        if symbol not in instruments:
            mend = did_you_mean(symbol, instruments) or "a misspelt coin would be traded"
            raise ConfigError(f"no_trade names {symbol}, which this market does not have", where="overrides", mend=mend)
    overrides = Overrides(to_decimal(settings.multiplier), settings.reduce_only, frozenset(settings.no_trade))
    return TradingRules(instruments, sizing, overrides, run_key, config.costs.impact)


def _instrument(config: Config, market: Market, symbol: str) -> Instrument:
    bare = symbol.removeprefix(DEMO_PREFIX)
    rules = config.instruments.table.get(bare, config.instruments.fallback)
    share = getattr(config.costs.slippage, slippage_class(config, market, symbol))
    return Instrument(
        symbol, rules.step, rules.tick, rules.min_notional, to_decimal(config.costs.fee), to_decimal(share)
    )


def slippage_class(config: Config, market: Market, symbol: str) -> str:
    """Return the key of a coin's slippage under `costs.slippage`."""
    # By role: a market may call them otherwise (DEMO-ETH).
    if symbol in (market.roles.btc, market.roles.eth):
        return "major"
    return "large" if symbol.removeprefix(DEMO_PREFIX) in config.costs.large_coins else "other"


def _demo_ending(entry: Mapping[str, Any]) -> CorporateAction:
    return CorporateAction(CorporateActionKind(entry["kind"]), entry.get("to"), Decimal(entry.get("ratio", 1)))


def endings_for(config: Config, market: Market) -> dict[str, CorporateAction]:
    """Return the table of endings by symbol: that of the config, and the demo's own on the demo."""
    table = endings_of(config)
    if market.name == DEMO:
        table |= {s: _demo_ending(entry) for s, entry in DEMO_ENDINGS.items()}
    return table


def run_plan(config: Config, market: Market, window: Window, run_key: str) -> RunPlan:
    """Make the plan of a run before its decisions are made."""
    endings = schedule_endings(market, endings_for(config, market), window.end)
    # One window for eligibility and for the largest order, so that both judge the same liquidity.
    days, gaps = config.altcoins.volume_days, config.quality.window_gaps
    return RunPlan(
        market=market,
        decisions=(),
        slippage_multipliers=(),
        rules=trading_rules(config, market, run_key),
        settlings=endings.due,
        unused_endings=endings.unused,
        recovery=to_decimal(config.recovery),
        stress_multiplier=to_decimal(config.costs.stress_multiplier),
        cash=config.start_equity,
        adopt=config.on_start == "adopt",
        median_volume=lambda series: rolling_median(series.traded_value, days, gaps),
        volatility=lambda series: daily_volatility(series.close, days, gaps),
    )


@dataclass(frozen=True)
class PlannedRun:
    """The plan of a run, with the strategy that made its decisions.

    `decisions` are those of the market's whole history, of a daily strategy those of the window. `stressed` are the
    decision times (UTC) with wide spreads.
    """

    plan: RunPlan
    strategy: Strategy
    decisions: Sequence[Decision]
    stressed: Collection[datetime]


def planned(config: Config, market: Market, window: Window, key: str | None = None) -> RunPlan:
    """Make the whole plan of the config's strategy; without a key, order ids are made of config and data."""
    return planned_run(config, market, window, key).plan


def planned_run(config: Config, market: Market, window: Window, key: str | None = None) -> PlannedRun:
    """Make the whole plan of the config's strategy, as `planned`, and keep the strategy for its benchmarks."""
    strategy = build_strategy(config)
    plan = run_plan(config, market, window, key or run_key(config, market, window))
    return with_strategy(plan, market, window, strategy)


def with_strategy(plan: RunPlan, market: Market, window: Window, strategy: Strategy) -> PlannedRun:
    """Add a strategy to a plan: its decisions, or for a daily strategy itself.

    A daily strategy begins on the first day of the window. `decisions` are then those of a simulated run; a book that
    is filled otherwise may get others.
    """
    stressed = stressed_times(strategy, market)
    if not isinstance(strategy, Simulated):
        decisions = strategy.decisions(market)
        return PlannedRun(with_decisions(plan, window, decisions, stressed), strategy, decisions, stressed)
    times = [at for at in market.decision_moments if window.start <= at.date() <= window.end]
    rule = strategy.rule(times, market)
    # Its first entry is always of the run's own days, so there is nothing to wait for.
    plan = replace(plan, daily=rule, slippage_multipliers=_multipliers(plan, times, stressed), begins_with_entry=True)
    made = [event for event in run_simulated(plan).events if isinstance(event, Decision)]
    coins = sorted({symbol for decision in made for symbol in decision.weights})
    return PlannedRun(replace(plan, daily=replace(rule, coins=coins)), strategy, made, stressed)


def _multipliers(plan: RunPlan, times: Iterable[datetime], stressed: Collection[datetime]) -> list[Decimal]:
    return [plan.stress_multiplier if at in stressed else _ONE for at in times]


def stressed_times(strategy: Strategy, market: Market) -> frozenset[datetime]:
    """Return the decision times (UTC) at which a strategy says that spreads are wide; empty by default."""
    return frozenset(strategy.stressed(market)) if isinstance(strategy, StressAware) else frozenset()


def with_decisions(
    plan: RunPlan, window: Window, decisions: Sequence[Decision], stressed: Collection[datetime]
) -> RunPlan:
    """Add the decisions inside a window to a plan, with slippage multiplied at the stressed decision times."""
    inside = window.cut(decisions)
    before = next((decision for decision in reversed(decisions) if decision.at.date() < window.start), None)
    is_entry = bool(inside and inside[0].weights) and not (before and before.weights)
    multipliers = _multipliers(plan, (d.at for d in inside), stressed)
    return replace(plan, decisions=inside, daily=None, slippage_multipliers=multipliers, begins_with_entry=is_entry)


def venue_instruments(config: Config, instruments: Mapping[str, Instrument]) -> dict[str, Instrument]:
    """Return instruments with the newest rules of their public venues; other coins keep the config's."""
    found = dict(instruments)
    with Store.reading(store_path(config)) as store:
        for rules in store.rules():
            known = found.get(rules.symbol)
            # Rules of a venue whose prices are not used would round by a tick that the prices do not have.
            if known is not None and rules.venue == public_venue(config, store, rules.symbol):
                least = rules.min_notional or known.min_notional
                found[rules.symbol] = replace(
                    known,
                    step=rules.step,
                    tick=rules.tick,
                    min_notional=least,
                    min_quantity=rules.min_quantity or known.min_quantity,
                    is_of_venue=True,
                )
    return found


def public_venue(config: Config, store: Store, symbol: str) -> str:
    """Return the venue of a coin's candles, by default the first venue of the config."""
    stored = store.rows_of(symbol)
    sources = [] if stored is None else [source.partition(" ")[0] for _, source in stored.sources]
    # The newest rows decide: a coin that moved to another venue trades by the rules of that one.
    return next((name for name in reversed(sources) if name in VENUES), config.sources.exchange.venues[0])
