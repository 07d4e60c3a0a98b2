"""Names of the archive's coins: which pairs are coins, and the bot's symbol of each."""

from __future__ import annotations

from collections.abc import Set
from datetime import date

from bot.settings.loader import Config

ARCHIVE = ".archive"
"""Suffix of a coin's rows from the archive in the store, a source of its own beside the live listing's rows."""
_LEVERAGED = ("UP", "DOWN", "BULL", "BEAR")


def coin_of(config: Config, pair: str, day: date) -> str:
    """Return the bot's symbol of a pair of the archive on a UTC day."""
    archive = config.sources.archive
    name = pair.removesuffix(archive.quote)
    relisted = archive.relisted.get(name)
    if relisted is not None and day >= relisted.since:
        return relisted.coin
    return archive.names.get(name, name)


def is_coin(config: Config, pair: str, listed: Set[str]) -> bool:
    """Return True for a pair of a coin in the quote currency.

    Stablecoins, wrapped, staked and leveraged tokens, money and gold are left out.
    """
    quote = config.sources.archive.quote
    name = pair.removesuffix(quote)
    if name in ("", pair):
        return False
    lists = (config.stablecoins, config.wrapped, config.staked, config.leveraged, config.sources.archive.left_out)
    if any(name in names for names in lists):
        return False
    # BTCUP is a leveraged token because BTC is listed; the same end in JUP is chance.
    return not any(name.endswith(end) and f"{name.removesuffix(end)}{quote}" in listed for end in _LEVERAGED)
