"""The manifest of a run: config, data, version and times."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.backtest.backtest import Backtest
from bot.core.market import Market
from bot.infra.version import __version__
from bot.ledger.run_label import RunLabel
from bot.services.run_key import strategy_sha256
from bot.settings.loader import Config


def manifest(
    run_id: str,
    label: RunLabel,
    command: str,
    config: Config,
    market: Market,
    started: datetime,
    backtest: Backtest,
) -> dict[str, object]:
    """Make the manifest of a run, the one file of a run that has wall-clock time."""
    return {
        "run_id": run_id,
        **label.to_dict(),
        "command": command,
        "version": __version__,
        "strategy": {"name": backtest.name, "is_own": config.strategy.is_own},
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
