"""Sweeps of a small grid on the demo, on a cluster of this machine's processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from bot.core.market import Market
from bot.settings.loader import Config, load_config
from bot.sweep import sweep as sweeping
from bot.sweep.sweep import SweepOptions
from tests.sweep.cluster.cluster_sweeps import Sweeps
from tests.sweep.cluster.dask_cluster import DaskCluster, dask_cluster
from tests.sweep.small_grid import GRID


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path) as made:
        yield made


@pytest.fixture
def empty_cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path, workers=0) as made:
        yield made


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk a set, and no full backtests and report at the end: they belong to both backends."""
    monkeypatch.setattr(sweeping, "CHUNK", 1)
    monkeypatch.setattr(sweeping, "comparison_of", lambda *_: {})
    monkeypatch.setattr(sweeping, "write_report", lambda *_: None)
    monkeypatch.setattr(sweeping, "checked_sets", lambda *_: [])


@pytest.fixture(scope="module")
def on_threads(demo: Market, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The table of the sweep on threads, checked against full backtests."""
    folder = tmp_path_factory.mktemp("threads")
    (folder / "grid.yaml").write_text(GRID)
    config = load_config(changes={"state": str(folder)})
    return Sweeps(config, demo, SweepOptions(folder / "grid.yaml")).run("threads")


@pytest.fixture
def sweeps(config: Config, demo: Market, options: SweepOptions) -> Sweeps:
    return Sweeps(config, demo, options)
