"""A paper-trading bot that asks whether sustained small-cap breakouts lead ETH and altcoins.

In a notebook: `from bot import run_backtest; run_backtest(data_dir="prices").equity.plot()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.infra.version import __version__

__all__ = ["__version__", "run_backtest"]

if TYPE_CHECKING:
    from bot.backtest.run import run_backtest


def __getattr__(name: str) -> Any:
    """Import the heavy part only when it is asked for."""
    if name == "run_backtest":
        from bot.infra.installation import require_own_strategies

        require_own_strategies()
        from bot.backtest.run import run_backtest

        return run_backtest
    raise AttributeError(f"module 'bot' has no attribute {name!r}")
