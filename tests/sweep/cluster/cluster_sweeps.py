"""Sweeps of one small grid, on threads or on a cluster."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bot.core.market import Market
from bot.settings.loader import Config
from bot.sweep.sweep import BackendName, SweepOptions, backend_of, sweep
from bot.sweep.sweep_file import SweepFile

Advance = Callable[[int, int], None]


class Sweeps:
    """Sweeps of one grid on the demo, each with its own file."""

    def __init__(self, config: Config, demo: Market, options: SweepOptions) -> None:
        self._config, self._demo, self._options = config, demo, options

    def file(self, name: str) -> SweepFile:
        return SweepFile(self._config.state / "sweeps" / f"{name}.sqlite3")

    def run(
        self, name: str, scheduler: str | None = None, advance: Advance = lambda *_: None, resume: bool = False
    ) -> pd.DataFrame:
        backend: BackendName = "threads" if scheduler is None else "dask"
        with backend_of(backend, scheduler) as run_chunks:
            sweep(self._config, self._demo, self._options, self.file(name), resume, advance, run_chunks)
        return self.file(name).table()


def require_same(table: pd.DataFrame, other: pd.DataFrame) -> None:
    """Raise AssertionError unless both are equal to the last bit."""
    pd.testing.assert_frame_equal(table, other, check_exact=True)
