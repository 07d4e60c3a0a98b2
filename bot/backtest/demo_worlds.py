"""The demo market with and without effect: one seed, and the spread over many seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd

from bot.backtest.engines.exact import run_exact
from bot.core.errors import ConfigError
from bot.core.events import Valuation
from bot.core.market import Floats, Market
from bot.core.window import Window
from bot.infra.processes import process_pool
from bot.report.contents import Worlds
from bot.services.markets import demo_parameters, demo_worlds
from bot.services.plans import planned, window_of
from bot.settings.loader import Config
from bot.simulation.kernel import RunInputs, SetNumbers
from bot.simulation.prepared_market import PreparedMarket, require_simulated
from bot.simulation.simulation import Simulation
from strategies.rotation.readings import KeptReadings

_WORTH_COMPILING = 40
"""Seeds from which on compiling takes less time than it saves."""


def compare_worlds(config: Config, advance: Callable[[], None]) -> Worlds:
    """Run the config's strategy on many seeds of the demo; the rotation in both worlds of each.

    `advance` is called after each seed. The effect follows the rotation's own signal, so a user's own strategy is run
    without it. The rotation is simulated; a user's own strategy and manual overrides are run by the exact engine.
    """
    own = demo_parameters(config, planted=True)
    equity = None
    if not config.strategy.is_own:
        _, planted = demo_worlds(config, own)
        # In this process first: what is compiled here, the workers inherit or read from the cache.
        equity = _equity(config, planted, {})
    seeds = range(config.demo.spread_seeds)
    rows = []
    with process_pool() as pool:
        for row in pool.map(partial(_worlds_of_seed, config), seeds):
            rows.append(row)
            advance()
    return Worlds(own.thesis_strength, equity, pd.DataFrame(rows))


def _worlds_of_seed(config: Config, seed: int) -> dict[str, object]:
    """Return the total returns of the strategy and of ETH in the worlds of a seed."""
    row: dict[str, object] = {"seed": seed}
    readings: KeptReadings = {}  # most series are equal in both worlds
    markets = demo_worlds(config, replace(demo_parameters(config, planted=True), seed=seed))
    for name, market in zip(("absent", "planted"), markets, strict=True):
        if name == "planted" and config.strategy.is_own:
            continue
        row[name] = _equity(config, market, readings).iloc[-1] / float(config.start_equity) - 1
        eth = market[market.roles.eth].close
        row[f"eth_{name}"] = float(eth[-1] / eth[0] - 1)
    return row


def _equity(config: Config, market: Market, readings: KeptReadings) -> pd.Series:
    """Return the strategy's equity by date on one market. Both markets of a seed share `readings`."""
    window = window_of(market, None, None)
    if _is_simulated(config):
        equity = _simulated(config, PreparedMarket(config, market, window, readings=readings))
    else:
        equity = _exact(config, market, window)
    return pd.Series(equity, pd.date_range(window.start, window.end, unit="s"))


def _is_simulated(config: Config) -> bool:
    try:
        require_simulated(config)
    except ConfigError:
        return False
    return True


def _exact(config: Config, market: Market, window: Window) -> Floats:
    events = run_exact(planned(config, market, window)).events
    return np.array([float(event.equity) for event in events if isinstance(event, Valuation)])


def _simulated(config: Config, prepared: PreparedMarket) -> Floats:
    view, settings = prepared.view, prepared.settings
    stressed = view.credit_stress[prepared.first :][: prepared.days]
    multipliers = np.where(stressed, float(config.costs.stress_multiplier), 1.0)
    numbers = SetNumbers(settings.rules, settings.target_rules, prepared.numbers)
    simulation = _simulation(config.demo.spread_seeds >= _WORTH_COMPILING)
    seen = simulation.observations(view.observed)
    arrays = RunInputs(seen, view.stale, prepared.shares, prepared.coins, multipliers, prepared.first)
    return simulation.one(numbers, arrays, room=0).equity


@cache
def _simulation(is_compiled: bool) -> Simulation:
    return Simulation(is_compiled)
