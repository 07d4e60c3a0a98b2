"""The config that the sets vary and random timing, as figures that the sets of a sweep are compared with."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.backtest.extras import extras_of
from bot.backtest.figures import figures_of
from bot.backtest.random_timing import daily_exposures
from bot.core.market import Market
from bot.core.window import Window
from bot.services.plans import build_strategy, planned
from bot.settings.loader import Config


def comparison_of(config: Config, market: Market, window: Window) -> dict[str, Any]:
    """Run the config that the sets vary, and shift its exposures around the run.

    Returns
    -------
    dict
        `default` has the config's total return (share) and Sharpe ratio a year. `random_timing` has the total returns
        of the shifts at the 5th, 50th and 95th percentile, the share of the shifts that did at least as well as the
        config, and their number.
    """
    plan = planned(config, market, window, "sweep")
    book = run_exact(plan)
    figures = figures_of(book, config.start_equity)
    extras = extras_of(build_strategy(config), plan.decisions)
    timing = daily_exposures(book.events, plan, extras).random_timing(config.benchmarks.random_shifts)
    low, median, high = (float(value) - 1 for value in np.percentile(timing.final, [5, 50, 95]))
    return {
        "default": {"total_return": figures["total_return"], "sharpe": figures["sharpe"]},
        "random_timing": {
            "low": low,
            "median": median,
            "high": high,
            "at_least_as_well": timing.at_least_as_well,
            "shifts": len(timing.final),
        },
    }
