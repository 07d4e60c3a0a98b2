"""The plan of one parameter set for the exact engine, against which a sweep is held."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.backtest.delayed import delayed
from bot.core.market import Market
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.plans import build_strategy, run_plan, stressed_times, with_decisions
from bot.settings.loader import Config
from bot.sweep.axes import delay_of, market_of_set, window_of_set
from bot.sweep.variation import with_changes


def planned_set(
    config: Config,
    market: Market,
    window: Window,
    changes: Mapping[str, object],
    key: str,
    held: Collection[str] = (),
) -> RunPlan:
    """Make the plan of a set.

    Parameters
    ----------
    config, market, window
        What the sets of the sweep vary.
    changes
        Values of the set by key of the grid.
    key
        Key of the run, from which order ids are made.
    held
        Coins of the portfolio before the first day. They are priced until they are sold, in the basket of the set or
        not.
    """
    changed, own = with_changes(config, changes), market_of_set(market, changes)
    days, strategy = window_of_set(own, window, changes), build_strategy(changed)
    decisions = delayed(strategy.decisions(own), delay_of(changes))
    traded = replace(own, series={**{symbol: market[symbol] for symbol in held}, **own.series}) if held else own
    return with_decisions(run_plan(changed, traded, days, key), days, decisions, stressed_times(strategy, own))
