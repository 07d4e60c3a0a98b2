"""A paper-trading bot that asks whether sustained small-cap breakouts lead ETH and altcoins.

In a notebook: `from bot import run_backtest; run_backtest(data_dir="prices").chart("equity")`.
`run_study(data_dir="prices").verdict` answers whether the thesis holds.
A strategy of your own is made of `Strategy`, `Decision`, `Trade`, `Market` and `Series`: docs/writing-a-strategy.md.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from bot.infra.version import __version__

__all__ = [
    "DailyStrategy",
    "Decision",
    "Holding",
    "Market",
    "Series",
    "SeriesKind",
    "Strategy",
    "Today",
    "Trade",
    "__version__",
    "run_backtest",
    "run_study",
    "run_sweep",
    "run_walk_forward",
    "to_weight",
]

if TYPE_CHECKING:
    from bot.backtest.run import run_backtest
    from bot.core.decision import Decision, Trade
    from bot.core.instrument import to_weight
    from bot.core.market import Market, Series
    from bot.core.ports import DailyStrategy, Strategy
    from bot.core.series_kind import SeriesKind
    from bot.core.today import Holding, Today
    from bot.study.study import run_study
    from bot.sweep.sweep import run_sweep
    from bot.sweep.walk_forward import run_walk_forward

_MODULES = {
    "DailyStrategy": "bot.core.ports",
    "Decision": "bot.core.decision",
    "Holding": "bot.core.today",
    "Market": "bot.core.market",
    "Series": "bot.core.market",
    "SeriesKind": "bot.core.series_kind",
    "Strategy": "bot.core.ports",
    "Today": "bot.core.today",
    "Trade": "bot.core.decision",
    "run_backtest": "bot.backtest.run",
    "run_study": "bot.study.study",
    "run_sweep": "bot.sweep.sweep",
    "run_walk_forward": "bot.sweep.walk_forward",
    "to_weight": "bot.core.instrument",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `bot --help` is quick."""
    if name not in _MODULES:
        raise AttributeError(f"module 'bot' has no attribute {name!r}")
    if name in ("run_backtest", "run_study", "run_sweep", "run_walk_forward"):
        from bot.infra.installation import require_own_strategies, require_supported_system

        require_supported_system()
        require_own_strategies()
    value: object = getattr(importlib.import_module(_MODULES[name]), name)
    return value
