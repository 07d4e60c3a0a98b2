"""What a run was made from: the hash that names it, and its manifest."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from bot.backtesting import Backtest
from bot.config import Config
from bot.core.market import Market
from bot.core.window import Window
from bot.user_strategy import strategy_path
from bot.version import __version__


def strategy_sha256(config: Config) -> str | None:
    """The hash of the user's strategy file, or None for the built-in rotation."""
    file = config.strategy.file
    return None if file is None else hashlib.sha256(strategy_path(file).read_bytes()).hexdigest()


def run_key(config: Config, market: Market, window: Window) -> str:
    """The hash of config, strategy file, data and window: the same inputs always give the same order ids."""
    data = {symbol: market[symbol].sha256 for symbol in sorted(market)}
    code = strategy_sha256(config)
    text = json.dumps([config.fingerprint(), code, data, str(window.start), str(window.end), __version__])
    return hashlib.sha256(text.encode()).hexdigest()


def manifest(
    run_id: str, command: str, config: Config, market: Market, started: datetime, backtest: Backtest
) -> dict[str, Any]:
    """What a run was made from: the only file of a run that holds wall-clock time."""
    return {
        "run_id": run_id,
        "command": command,
        "version": __version__,
        "market": market.name,
        "started": f"{started.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "origin": f"{market.decision_times[0]}Z",
        "start": str(backtest.window.start),
        "end": str(backtest.window.end),
        "config_hash": config.fingerprint(),
        "strategy_sha256": strategy_sha256(config),
        "series": {
            symbol: {
                "source": series.source,
                "first": str(series.dates[0]),
                "last": str(series.dates[-1]),
                "rows": len(series),
                "sha256": series.sha256,
            }
            for symbol, series in sorted(market.series.items())
            if len(series)
        },
        "config": config.resolved(),
    }
