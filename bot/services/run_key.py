"""Hashes of the inputs of a run: the user's strategy file, and the run key of its order ids."""

from __future__ import annotations

import hashlib
import json

from bot.core.events import ConfigPeriod
from bot.core.market import Market
from bot.core.window import Window
from bot.infra.version import __version__
from bot.services.strategy_file import strategy_path
from bot.settings.loader import Config


def strategy_sha256(config: Config) -> str | None:
    """Hash the user's strategy file; None for the built-in rotation."""
    file = config.strategy.file
    return None if file is None else hashlib.sha256(strategy_path(file).read_bytes()).hexdigest()


def period_hash(config: Config) -> str:
    """Return the hash of what decides the days of a forward ledger.

    Returns
    -------
    str
        The config's fingerprint. With a strategy file of the user "+" and the SHA-256 of its content follow.

    Raises
    ------
    ConfigError
        The strategy file is missing.
    """
    code = strategy_sha256(config)
    return config.fingerprint() if code is None else f"{config.fingerprint()}+{code}"


def is_same_config(period: ConfigPeriod, config: Config) -> bool:
    """Return True if a config period was begun with this config, whatever the strategy file has become."""
    return period.config_hash.partition("+")[0] == config.fingerprint()


def is_same_strategy(period: ConfigPeriod, config: Config) -> bool:
    """Return True if a config period was begun with this config and this content of the strategy file."""
    # Version 0.1.0 hashed the config alone; its ledgers go on in their period.
    is_old = period.version == "0.1.0" and period.config_hash == config.fingerprint()
    return is_old or period.config_hash == period_hash(config)


def run_key(config: Config, market: Market, window: Window) -> str:
    """Hash config, strategy file, data, window and version: the same inputs give the same order ids."""
    # Sorted: the key must not depend on the order in which files were read.
    data = {symbol: market[symbol].sha256 for symbol in sorted(market)}
    code = strategy_sha256(config)
    text = json.dumps([config.fingerprint(), code, data, str(window.start), str(window.end), __version__])
    return hashlib.sha256(text.encode()).hexdigest()
