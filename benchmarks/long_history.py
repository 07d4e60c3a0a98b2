"""A made-up folder of prices over any number of days, and a strategy that trades on each of them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.daemon import STRATEGY
from bot.settings.loader import Config, load_config

FIRST_DAY = date(1950, 1, 1)
_WARM_UP, _AFTER = 100, 10


def long_history(folder: Path, days: int) -> tuple[Config, date, date]:
    """Write prices and a strategy into a folder; return a config with that state, first and last day of trading."""
    prices = folder / "prices"
    prices.mkdir()
    for number, symbol in enumerate(("RUT", "ETH", "BTC", "USDT")):
        (prices / f"{symbol}.csv").write_text("\n".join(_lines(symbol, number, days + _WARM_UP + _AFTER)) + "\n")
    strategy = folder / "swaying.py"
    strategy.write_text(STRATEGY)
    config = load_config(changes={"state": str(folder), "strategy": {"file": str(strategy)}})
    first = FIRST_DAY + timedelta(days=_WARM_UP)
    return config, first, first + timedelta(days=days - 1)


def _lines(symbol: str, seed: int, days: int) -> list[str]:
    steps = np.random.default_rng(seed).normal(0.0, 0.01, days)
    lines, before = ["date,open,high,low,close,volume"], 100.0
    for i, step in enumerate(steps.tolist()):
        day = FIRST_DAY + timedelta(days=i)
        # Held between two levels, so that no fault of quality comes in over decades.
        close = 1.0 if symbol == "USDT" else min(max(before * (1 + step), 50.0), 200.0)
        opened, before = (close if symbol == "USDT" else before), close
        if symbol != "RUT" or day.weekday() < 5:
            lines.append(f"{day},{opened:.4f},{max(opened, close):.4f},{min(opened, close):.4f},{close:.4f},10000000")
    return lines
