"""The demo market with and without effect: one seed, and the spread over many seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd

from bot.backtest.engines.exact import run_exact
from bot.core.events import Valuation
from bot.infra.processes import process_pool
from bot.report.contents import Worlds
from bot.services.markets import demo_parameters, demo_world
from bot.services.plans import planned, window_of
from bot.settings.loader import Config


def compare_worlds(config: Config, advance: Callable[[], None]) -> Worlds:
    """Run the config's strategy with and without effect, on its own seed and on many seeds.

    `advance` is called after each seed. The exact engine runs them.
    """
    own = demo_parameters(config, planted=True)
    planted = _equity(config, own.seed, own.thesis_strength)
    seeds = range(config.demo.spread_seeds)
    rows = []
    with process_pool() as pool:
        for row in pool.map(partial(_both_worlds, config), seeds):
            rows.append(row)
            advance()
    return Worlds(own.thesis_strength, planted, pd.DataFrame(rows))


def _both_worlds(config: Config, seed: int) -> dict[str, object]:
    row: dict[str, object] = {"seed": seed}
    for name, strength in (("absent", 0.0), ("planted", config.demo.thesis_strength)):
        equity = _equity(config, seed, strength)
        row[name] = equity.iloc[-1] / float(config.start_equity) - 1
        row[f"eth_{name}"] = equity.attrs["eth_return"]
    return row


def _equity(config: Config, seed: int, strength: float) -> pd.Series:
    """Return the strategy's equity by date on one market; `attrs` has the return of holding ETH."""
    parameters = replace(demo_parameters(config, planted=True), seed=seed, thesis_strength=strength)
    market = demo_world(config, parameters)
    window = window_of(market, None, None)
    book = run_exact(planned(config, market, window))
    valued = [event for event in book.events if isinstance(event, Valuation)]
    equity = pd.Series([float(v.equity) for v in valued], pd.DatetimeIndex([v.day for v in valued]))
    eth = market[market.roles.eth].close
    equity.attrs["eth_return"] = float(eth[-1] / eth[0] - 1)
    return equity
