"""Real prices for the tests that need them, and fewer hypothesis examples than a soak would take."""

from __future__ import annotations

import functools
import gc
import os
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, localcontext
from pathlib import Path

import pytest
import typer.main
from hypothesis import settings

from bot.core.market import Market
from bot.services.markets import open_market
from bot.settings.loader import load_config

settings.register_profile("fast", max_examples=40, deadline=None)
settings.load_profile("fast")


_LONGEST = "test_every_command_that_needs_no_prices_runs"
"""Begins first, so that no worker is left alone with it at the end."""


typer.main.get_command = functools.cache(typer.main.get_command)
"""Builds the tree of a command's options once a worker: it takes half of the time of a short command."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest test begin first; all others stay in their order."""
    items.sort(key=lambda item: item.name != _LONGEST)


def pytest_collection_finish() -> None:
    """Take the libraries and the tests out of the garbage collector's rounds, which take a tenth of the time else."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def own_decimals() -> Iterator[None]:
    """A decimal context for each test: those that call the exchange library by itself leave it rounding half up."""
    with localcontext(Context(rounding=ROUND_HALF_EVEN)):
        yield


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """The folder of real prices that MARKET_DATA_DIR names."""
    named = os.environ.get("MARKET_DATA_DIR")
    if not named:
        pytest.skip("MARKET_DATA_DIR names no folder of real prices")
    return Path(named)


@pytest.fixture(scope="session")
def real_market(real_folder: Path) -> Market:
    """The real market, read once a worker."""
    return open_market(load_config(), real_folder)


@pytest.fixture(scope="session")
def demo() -> Market:
    """The demo market of the default seed, made once a worker."""
    return open_market(load_config(), None, "demo")
