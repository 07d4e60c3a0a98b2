"""The demo market, and a small sweep of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.market import Market
from bot.data.demo.demo_market import DEMO
from bot.services.markets import open_market
from bot.settings.loader import Config, load_config
from bot.sweep.sweep import SweepOptions
from tests.sweep.small_grid import GRID


@pytest.fixture(scope="module")
def demo() -> Market:
    return open_market(load_config(), None, DEMO)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(changes={"state": str(tmp_path / "logs")})


@pytest.fixture
def options(tmp_path: Path) -> SweepOptions:
    (tmp_path / "grid.yaml").write_text(GRID)
    return SweepOptions(tmp_path / "grid.yaml")
