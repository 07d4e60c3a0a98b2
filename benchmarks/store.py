"""Reading the store: its arrays against its rows, in one process."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from bot.data.store.store import FILE_NAME, Store
from bot.data.store.stored import RowVersion
from bot.data.vendors.raw_bars import RawBars
from bot.infra.clock import SystemClock

_SERIES, _DAYS = 60, 3652


def store_ratio() -> dict[str, float]:
    """Seconds to read ten years of 60 series from the store's arrays and from its rows, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        dates = np.datetime64("2016-01-01", "D") + np.arange(_DAYS)
        prices = 100 + np.sin(np.arange(_DAYS))
        with Store.writing(path) as store:
            for number in range(_SERIES):
                rows = RawBars(f"COIN{number}", "made up", dates, prices, prices + 1, prices - 1, prices, prices * 1e6)
                known = (dates + 1).astype("datetime64[s]")
                store.append(rows, known, np.ones(_DAYS, bool), SystemClock().now())
        arrays = min(_seconds(path, RowVersion.FIRST_SEEN) for _ in range(3))
        one_by_one = min(_seconds(path, RowVersion.LATEST) for _ in range(2))
    return {"arrays": arrays, "rows": one_by_one, "ratio": one_by_one / arrays}


def _seconds(path: Path, reading: RowVersion) -> float:
    began = time.perf_counter()
    with Store.reading(path) as store:
        found = store.rows(reading)
    assert sum(len(stored.rows) for stored in found.values()) == _SERIES * _DAYS
    return time.perf_counter() - began
