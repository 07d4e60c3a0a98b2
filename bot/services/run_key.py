"""Hashes of the inputs of a run: the user's strategy file, and the run key of its order ids."""

from __future__ import annotations

import hashlib
import json

from bot.core.market import Market
from bot.core.window import Window
from bot.infra.version import __version__
from bot.services.user_strategy import strategy_path
from bot.settings.loader import Config


def strategy_sha256(config: Config) -> str | None:
    """Hash the user's strategy file; None for the built-in rotation."""
    file = config.strategy.file
    return None if file is None else hashlib.sha256(strategy_path(file).read_bytes()).hexdigest()


def run_key(config: Config, market: Market, window: Window) -> str:
    """Hash config, strategy file, data, window and version: the same inputs give the same order ids."""
    # Sorted: the key must not depend on the order in which files were read.
    data = {symbol: market[symbol].sha256 for symbol in sorted(market)}
    code = strategy_sha256(config)
    text = json.dumps([config.fingerprint(), code, data, str(window.start), str(window.end), __version__])
    return hashlib.sha256(text.encode()).hexdigest()
