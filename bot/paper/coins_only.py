"""Check that a config holds coins only: forward trading excludes funds."""

from __future__ import annotations

from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.core.window import Window
from bot.services.plans import PlannedRun, planned_run
from bot.settings.loader import Config

_MEND = "run it over history with: bot backtest"


def require_coin_roles(config: Config) -> None:
    """Raise ConfigError if the role of ETH or BTC is filled by a fund."""
    listings = config.listings()
    for role in ("eth", "btc"):
        symbol = getattr(config.roles, role)
        if not listings[symbol].kind.is_coin:
            raise _refusal(f"roles.{role}", symbol, listings[symbol].kind)


def forward_run(config: Config, market: Market, window: Window, key: str | None = None) -> PlannedRun:
    """Plan a run as `planned_run` does, for a ledger. Raises ConfigError if its decisions hold a fund."""
    require_coin_roles(config)
    run = planned_run(config, market, window, key)
    for symbol in run.plan.coins:
        if symbol in market and not market[symbol].kind.is_coin:
            raise _refusal(str(config.strategy.file or "strategy"), symbol, market[symbol].kind)
    return run


def _refusal(where: str, symbol: str, kind: str) -> ConfigError:
    what = "a ledger trades coins only"
    return ConfigError(what, where=where, expected="a coin", was=f"{symbol} ({kind})", mend=_MEND)
