"""`bot review parity` of long records: its time must grow as the number of days, and no faster."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.long_history import long_history
from bot.backtest.run import run_backtest
from bot.infra.garbage import collect_rarely
from bot.review.compare.backtest_of_ledger import parity_of
from bot.review.recording import find_record

DAYS = 24_000


def parity_growth(days: int = DAYS) -> dict[str, float]:
    """CPU seconds of the parity of so many days with an order each, and their ratio to those of a quarter of them."""
    collect_rarely()  # as the command does
    short, long = _seconds(days // 4), _seconds(days)
    return {"days": days, "seconds": long, "ratio": long / short}


def _seconds(days: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        config, first, last = long_history(Path(folder), days)
        run_backtest(config, Path(folder) / "prices", first, last, save=True)
        record = find_record(config.state, "latest").pinned()
        began = time.process_time()
        found = parity_of(config, record)
        if found.mismatches or len(found.days) != days:
            raise AssertionError(found.summary)
        return time.process_time() - began


if __name__ == "__main__":
    growth = parity_growth()
    print(
        f"bot review parity of {growth['days']:,.0f} days: {growth['seconds']:.1f} CPU s, "
        f"{growth['ratio']:.1f} x a quarter"
    )
