"""Which universe a run read, and what survivorship is worth in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from bot.backtest.engines.exact import run_exact
from bot.backtest.figures import figures_of
from bot.backtest.survivorship import survivorship_of, survivorship_of_config
from bot.core.market import Market
from bot.core.window import Window
from bot.data.store.store import Store
from bot.data.vendors.raw_bars import RawBars
from bot.services.markets import open_market, store_path, stored_market
from bot.services.plans import planned
from bot.services.universe import universe_of
from bot.settings.loader import Config
from tests.markets import default_config, session_days, utc_days

SEEN = datetime(2024, 6, 1, tzinfo=UTC)


def put(store: Store, symbol: str, source: str, dates: np.ndarray, close: float) -> None:
    closes = close + np.arange(len(dates)) % 7
    bars = RawBars(symbol, source, dates, closes, closes, closes, closes, np.full(len(dates), 1e6))
    store.append(bars, (dates + 1).astype("datetime64[s]"), np.ones(len(dates), bool), SEEN)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A store with RUT, BTC, ETH and SOL of live listings, and with SOL and SRM of the archive."""
    config = default_config().model_copy(update={"state": tmp_path})
    days = utc_days("2024-01-01", 60)
    with Store.writing(store_path(config)) as store:
        put(store, "RUT", "yahoo ^RUT", session_days("2024-01-02", 40), 2000.0)
        for symbol, close in {"BTC": 40_000.0, "ETH": 2_500.0, "SOL": 100.0}.items():
            put(store, symbol, f"binance {symbol}/USDT", days, close)
        put(store, "SOL.archive", "archive SOLUSDT", days, 50.0)
        put(store, "SRM.archive", "archive SRMUSDT", days[:30], 0.3)
        put(store, "IWM.archive", "archive IWMUSDT", days[:30], 0.3)  # a coin with the name of a fund
        store.save_archive_pairs(["SOLUSDT", "SRMUSDT"], SEEN)
        store.complete_archive_pair("SRMUSDT", SEEN)
    return config


def test_a_backtest_reads_the_coins_that_only_the_archive_has(config: Config) -> None:
    market = open_market(config, None)
    assert market.archived == {"SRM"}
    assert (len(market["SRM"]), float(market["SOL"].close[0]), "IWM" in market) == (30, 100.0, False)
    assert universe_of(market) == {
        "kind": "point in time",
        "coins": 4,
        "archived": 1,
        "line": "Universe: 4 coins, point in time: 3 of live listings and 1 that only the archive has",
    }
    assert "the archive is incomplete: 1 of 2 pairs are stored; go on with: bot data archive" in market.notes


def test_a_forward_ledger_reads_the_live_listings_alone(config: Config) -> None:
    market = stored_market(config)
    assert (market.archived, "SRM" in market) == (frozenset(), False)
    line = "Universe: 3 coins of the store's live listings; coins that venues no longer list are missing "
    assert universe_of(market)["line"] == f"{line}(survivorship bias): bot data archive adds them"


def test_the_archive_can_be_left_out_of_backtests(config: Config) -> None:
    sources = config.sources.model_copy(update={"archive": config.sources.archive.model_copy(update={"read": False})})
    assert "SRM" not in open_market(config.model_copy(update={"sources": sources}), None)


def test_a_market_without_some_coins_names_them_nowhere(config: Config) -> None:
    market = open_market(config, None).without({"SRM"})
    assert "SRM" not in market
    assert [fault for fault in market.faults if fault.symbol == "SRM"] == []
    assert market.archived == frozenset()


class TestSurvivorship:
    WINDOW = Window(date(2104, 1, 1), date(2104, 12, 31))

    def test_one_universe_alone_has_no_line(self, demo: Market) -> None:
        assert survivorship_of(default_config(), demo, self.WINDOW, 0.5, {"DEMO-A"}) is None

    def test_a_run_that_bought_no_altcoin_is_not_repeated(self, demo: Market) -> None:
        market = replace(demo, archived=frozenset(["DEMO-A"]))
        assert survivorship_of(default_config(), market, self.WINDOW, 0.5, {"DEMO-ETH", "DEMO-BTC"}) == {
            "total_return_all": 0.5,
            "total_return_live": 0.5,
            "difference": 0.0,
            "line": "Survivorship: worth 0.0 points in this run, which bought no altcoin",
        }

    @pytest.mark.slow
    def test_the_difference_is_that_of_the_same_run_on_live_coins(self, demo: Market) -> None:
        config, window = default_config(), Window(date(2103, 1, 1), date(2110, 12, 31))
        plan = planned(config, demo, window, "all")
        bought = set(plan.coins) - {"DEMO-ETH", "DEMO-BTC"}
        assert bought
        gone = frozenset(sorted(bought)[: len(bought) // 2])
        market = replace(demo, archived=gone)
        total = float(str(figures_of(run_exact(plan), config.start_equity)["total_return"]))
        alone = planned(config, demo.without(gone), window, "alone")
        live = float(str(figures_of(run_exact(alone), config.start_equity)["total_return"]))
        found = survivorship_of(config, market, window, total, bought)
        assert found is not None
        of_config = survivorship_of_config(config, market, window)
        assert of_config == {**found, "line": found["line"].replace("the same run", "the config itself")}
        assert survivorship_of_config(config, demo, window) is None
        assert (found["total_return_all"], found["total_return_live"]) == (total, live)
        assert found["difference"] == pytest.approx(live - total)
        assert found["difference"] != 0
        assert found["line"].endswith(f"leaving out the others is worth {100 * (live - total):+.1f} points")
