"""Every Python block of the docs runs; a block of doctest belongs to the one page that runs as a doctest."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bot.core.market import Market
from bot.core.moments import midnight
from bot.infra.clock import SystemClock
from bot.services import markets
from bot.services.local_exchange import open_exchange, venue_clock
from bot.services.plans import build_strategy
from bot.settings.loader import Config, load_config
from bot.venue.http.server import VenueServer
from strategies.examples import eth_trend
from tests.docs.blocks import ROOT, Block, blocks
from tests.markets import sessions

pytestmark = pytest.mark.slow

LOCAL_EXCHANGE = "http://127.0.0.1:8788/api/v3"
"""The address that the docs name; a test's exchange has a free port."""


def kind_of(block: Block) -> str:
    """Return which of the tests below runs a block."""
    if LOCAL_EXCHANGE in block.text:
        return "on a local exchange"
    return "as it is"


def of_kind(kind: str) -> list[Block]:
    return [block for block in blocks("python") if kind_of(block) == kind]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a user has it: the project's configs, and prices of a year in `prices`."""
    for name in ("config", "docs", "strategies"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "prices").mkdir()
    first, last = np.datetime64("2015-07-01"), np.datetime64("2016-06-30")
    days = np.arange(first, last + 1)
    us_days = [day for day in sessions().dates if first <= day <= last]
    for symbol, price in {"RUT": 1200, "IWM": 120, "SPY": 200, "VIX": 15}.items():
        rows = "".join(f"{day},{price}\n" for day in us_days)
        (tmp_path / "prices" / f"{symbol}.csv").write_text(f"date,close\n{rows}", encoding="utf-8")
    for symbol, price in {"BTC": 400, "ETH": 10}.items():
        rows = "".join(f"{day},{price},{price},{price},{price},1e9\n" for day in days)
        (tmp_path / "prices" / f"{symbol}.csv").write_text(f"date,open,high,low,close,volume\n{rows}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(block: Block, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run a block and return its names."""
    found = dict(names or {})
    exec(compile(block.text, str(block), "exec"), found)
    return found


@pytest.mark.parametrize("block", of_kind("as it is"), ids=str)
def test_a_python_block_runs(block: Block, folder: Path, demo: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, short = markets.open_market, demo.as_of(midnight(date(2103, 1, 1)))  # a hundred cuts of ten years take long

    def open_market(config: Config, data_dir: Path | None, *named: str) -> Market:
        return whole(config, data_dir, *named) if data_dir or named else short

    monkeypatch.setattr(markets, "open_market", open_market)
    drawn: list[tuple[int, ...]] = []  # pandas draws with matplotlib, which a notebook has and the bot does not need
    for kind in (pd.DataFrame, pd.Series):
        monkeypatch.setattr(kind, "plot", lambda data, **_: drawn.append(data.shape))
    run(block)
    assert len(drawn) == block.text.count(".plot(")


@pytest.mark.parametrize("block", of_kind("on a local exchange"), ids=str)
def test_a_block_for_the_local_exchange_trades_on_one(block: Block, demo: Market) -> None:
    config = load_config()
    clock = venue_clock(demo, SystemClock(), date(2112, 1, 1), driven=True)
    with VenueServer(open_exchange(config, demo, clock).exchange) as venue:
        client = run(Block(block.page, block.line, "python", block.text.replace(LOCAL_EXCHANGE, venue.api)))["client"]
        orders = client.fetch_orders("DEMO-ETH/USDT")
    assert [(order["side"], order["status"]) for order in orders] == [("buy", "closed")]


def test_the_class_in_the_docs_decides_as_the_example_does(demo: Market) -> None:
    (block,) = [block for block in blocks("python") if "class EthTrend:" in block.text]
    shown, example, until = (
        run(block)["EthTrend"](100, 0.98),
        eth_trend.strategy(),
        demo.as_of(midnight(date(2103, 1, 1))),
    )
    assert shown.decisions(until) == example.decisions(until)


def test_the_stop_loss_in_the_docs_trades_as_the_example_does(tmp_path: Path, demo: Market) -> None:
    (block,) = [block for block in blocks("python") if "class EthWithStop:" in block.text]
    (tmp_path / "shown.py").write_text(block.text, encoding="utf-8")
    until = demo.as_of(midnight(date(2108, 1, 1)))
    shown, example = (
        build_strategy(load_config(changes={"strategy": {"file": str(file)}})).decisions(until)
        for file in (tmp_path / "shown.py", ROOT / "strategies" / "examples" / "eth_with_stop.py")
    )
    assert shown == example
    assert sum(decision.reasons == ("stop_loss",) for decision in shown) == 1


def test_every_page_with_doctest_blocks_is_run_as_one() -> None:
    assert {block.page for block in blocks("pycon")} == {"docs/one-day.md"}


def test_there_are_blocks_of_each_kind() -> None:
    assert {kind_of(block) for block in blocks("python")} == {"as it is", "on a local exchange"}
