"""Hashes of a run's inputs: the user's strategy file, and the run key that order ids are made of."""

from __future__ import annotations

import hashlib
import json

from bot.core.market import Market
from bot.core.window import Window
from bot.infra.version import __version__
from bot.services.user_strategy import strategy_path
from bot.settings.loader import Config


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
