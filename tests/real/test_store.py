"""The store on real prices: a backtest from it is, to the digit, the one from the folder that it was made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.backtest.engines.exact import run_exact
from bot.core.market import Market
from bot.data.vendors.csv_folder import read_rows
from bot.data.vendors.csv_writer import write_folder
from bot.data.vendors.raw_bars import COLUMNS
from bot.infra.clock import SystemClock
from bot.services.data_update import import_folder
from bot.services.markets import stored_market, stored_rows
from bot.services.plans import planned, window_of
from bot.services.run_key import run_key
from bot.settings.loader import Config
from tests.markets import config_with

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def config(real_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A config whose state folder has a store of all real prices."""
    made = config_with({"state": str(tmp_path_factory.mktemp("state"))})
    import_folder(made, real_folder, SystemClock())
    return made


def test_a_backtest_from_the_store_is_that_from_the_folder(config: Config, real_market: Market) -> None:
    market = stored_market(config)
    window = window_of(market, None, None)
    assert run_key(config, market, window) == run_key(config, real_market, window)
    stored, read = (run_exact(planned(config, found, window)) for found in (market, real_market))
    assert stored.events == read.events


def test_what_is_exported_reads_back_to_the_last_bit(config: Config, tmp_path: Path) -> None:
    stored = {symbol: found.rows for symbol, found in stored_rows(config).items()}
    write_folder(tmp_path / "out", stored)
    again, notes = read_rows(tmp_path / "out", config.listings())
    assert notes == []
    assert again.keys() == stored.keys()
    for symbol, rows in stored.items():
        for name in ("dates", *COLUMNS):
            np.testing.assert_array_equal(getattr(again[symbol], name), getattr(rows, name))
