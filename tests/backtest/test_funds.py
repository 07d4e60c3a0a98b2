"""A fund in a backtest: filled at the opens of its own sessions, valued at its last close, settled as it ends.

January 2024: no session on the 1st (New Year), on the weekends of the 6th and the 13th, and on the 15th (a holiday).
The costs of FUND_RAW are a fee of 0.001 and a slippage of 0.006; quantities are in steps of 0.0001.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.backtest.extras import daily_returns
from bot.backtest.result_warnings import result_warnings
from bot.backtest.run import run_backtest
from bot.core.book import Book
from bot.core.errors import ConfigError
from bot.core.events import Valuation
from bot.core.market import Market, Series
from bot.core.orders import Fill, OrderEnd, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.core.run_plan import RunPlan
from bot.core.series_kind import SeriesKind
from bot.core.window import Window
from bot.data.timeline import us_sessions
from bot.infra.clock import SystemClock
from bot.paper.replay_check import replay_history
from bot.paper.tick import new_ledger
from bot.services.local_exchange import open_exchange, venue_clock
from bot.services.plans import run_plan, window_of
from bot.settings.loader import CONFIG_FOLDER, Config, load_config
from bot.simulation.prepared_market import require_simulated
from tests.markets import closes_on_sessions, config_with, default_config, series_of, with_series
from tests.plans import events, market, plan

D = Decimal
FUND = "FUND_RAW"
EXAMPLES = CONFIG_FOLDER / "examples"


def fund(closes: Mapping[str, float], **columns: Mapping[str, float]) -> Series:
    return series_of(FUND, closes, SeriesKind.ETF_RAW, **columns)  # type: ignore[arg-type]


def with_fund(series: Series) -> Market:
    return with_series([*market().values(), series])


def run(made: RunPlan) -> Book:
    """The book of both engines, which must be the same."""
    exact, matched = run_exact(made), run_backtrader(made)
    assert matched.events == exact.events
    return matched


def test_an_order_of_a_weekend_is_filled_at_the_open_of_the_next_session() -> None:
    """Bought on Saturday the 6th: 50 on Monday at 12 x 1.006. Sold on Saturday the 13th: on Tuesday at 13 x 0.994."""
    closes = closes_on_sessions("2024-01-02", [10.0] * 4 + [11.0] * 9)
    series = fund(closes, opens={"2024-01-08": 12.0, "2024-01-16": 13.0})
    book = run(plan(with_fund(series), [*[{}] * 3, *[{FUND: "0.5"}] * 7, {}]))
    assert [(f.at.day, f.quantity, f.price, f.fee) for f in events(book, Fill)] == [
        (8, D(50), D("12.072"), D("0.6036")),
        (16, D(50), D("12.922"), D("0.6461")),
    ]
    ends = [(e.at.day, e.status, e.end) for e in events(book, OrderResult)]
    assert ends == [
        (6, OrderStatus.SKIPPED, OrderEnd.MARKET_CLOSED),
        (8, OrderStatus.FILLED, None),
        (13, OrderStatus.SKIPPED, OrderEnd.MARKET_CLOSED),
        (16, OrderStatus.FILLED, None),
    ]
    # Cash of 1000 - 603.6 - 0.6036, and 50 at Friday's close of 11 on the weekend, which is not stale.
    held = {e.day.day: (e.equity, e.stale) for e in book.events if isinstance(e, Valuation)}
    assert held[12] == held[13] == held[14] == held[15] == (D("945.7964"), ())
    assert held[16][0] == D("395.7964") + D("646.1") - D("0.6461")


def test_a_session_without_its_row_is_stale_and_leaves_the_order_open() -> None:
    closes = closes_on_sessions("2024-01-02", [10.0] * 13)
    del closes["2024-01-04"]
    book = run(plan(with_fund(fund(closes)), [{}, {FUND: "0.5"}]))
    ends = [(e.at.day, e.status, e.end) for e in events(book, OrderResult)]
    # On the 4th the row is not there; on the 5th the price of the session before is unknown; the next is Monday.
    assert ends == [
        (4, OrderStatus.UNFILLED, OrderEnd.NO_BAR),
        (8, OrderStatus.FILLED, None),
    ]


def test_a_fund_that_ends_is_settled_at_its_last_close_less_costs() -> None:
    """50 of 10 bought at 10.06 on the 3rd; the rows end on the 5th, and more than 14 days of others follow."""
    base = closes_on_sessions("2024-01-02", [10.0] * 4)
    made = plan(with_fund(fund(base)), [{FUND: "0.5"}])
    settled = events(run(made), Settlement)
    assert [(s.at.day, s.quantity, s.price, s.cause) for s in settled] == [
        (6, D(50), D("9.94"), SettlementCause.SOURCE_ENDS)
    ]
    assert "settled at its last close" in made.endings[FUND][1].warning  # type: ignore[operator]


def test_a_stop_of_a_fund_works_on_sessions_alone() -> None:
    """Held at 10 with a stop at 9.5: the weekend has no price; Monday the 8th opens at 9, under the level."""
    closes = closes_on_sessions("2024-01-02", [10.0] * 4 + [9.0] * 9)
    lows = {"2024-01-08": 8.0}
    made = plan(with_fund(fund(closes, lows=lows)), [{FUND: "0.5"}])
    stops = {FUND: D("9.5")}
    book = run(replace(made, decisions=[replace(one, stops=stops) for one in made.decisions]))
    sold = [(f.at.day, f.quantity, f.reference_price) for f in events(book, Fill) if f.side is Side.SELL]
    assert sold == [(8, D(50), D(9))]


def test_a_fund_trades_shares_times_price() -> None:
    """Medians of three days: of 10 x 100, 20 x 200 and 30 x 300 it is 4000; a coin's volume is in USD already."""
    closes = dict(zip(("2024-01-02", "2024-01-03", "2024-01-04"), (10.0, 20.0, 30.0), strict=True))
    shares = dict(zip(closes, (100.0, 200.0, 300.0), strict=True))
    config = config_with({"altcoins": {"volume_days": 3}})
    made = run_plan(config, market(), Window(date(2024, 1, 3), date(2024, 1, 9)), "key")
    assert made.median_volume(fund(closes, volumes=shares))[-1] == 4000
    assert made.median_volume(series_of("A", closes, volumes=shares))[-1] == 200


def test_the_return_over_a_weekend_is_that_of_the_session_after_it() -> None:
    series = fund({"2024-01-04": 8.0, "2024-01-05": 10.0, "2024-01-08": 15.0})
    days = np.arange(np.datetime64("2024-01-04"), np.datetime64("2024-01-09"))
    assert np.array_equal(daily_returns(series, days), [np.nan, 0.25, 0, 0, 0.5], equal_nan=True)


def test_decisions_run_to_the_day_after_the_fund_s_last_session() -> None:
    made = with_fund(fund(closes_on_sessions("2024-01-02", [10.0] * 9)))
    made = replace(made, roles=replace(made.roles, eth=FUND))
    # The row of Friday the 12th is known at 21:00 UTC: Saturday's midnight decides on it.
    assert str(made.decision_times[-1]) == "2024-01-13T00:00:00"
    assert window_of(made, None, None) == Window(date(2024, 1, 3), date(2024, 1, 12))


def test_a_run_says_what_the_prices_of_a_fund_lack() -> None:
    closes = closes_on_sessions("2024-01-02", [10.0] * 13)
    made = plan(with_fund(fund(closes, opens={"2024-01-05": np.nan, "2024-01-08": np.nan})), [{FUND: "0.5"}])
    window = Window(date(2024, 1, 3), date(2024, 1, 19))
    assert result_warnings(made.market, window, made, None) == [
        "the prices of FUND_RAW are unadjusted: returns exclude dividends",
        "FUND_RAW has no open on 2 of 12 sessions, the first on 2024-01-05: an order of such a day is filled at the "
        "next open",
    ]


def fund_config(tmp_path: Path) -> Config:
    return load_config(EXAMPLES / "gold-miners.yaml", {"state": str(tmp_path)})


@pytest.mark.parametrize("role", ["eth", "btc"])
def test_an_adjusted_fund_is_not_held(role: str) -> None:
    with pytest.raises(ConfigError, match=rf"roles\.{role} is SPY, which must be of kind crypto or etf-raw"):
        config_with({"roles": {role: "SPY"}})


def test_a_ledger_and_a_sweep_refuse_funds(tmp_path: Path) -> None:
    config, clock = fund_config(tmp_path), SystemClock()
    refused = r"roles\.eth: a ledger trades coins only; .*GDXJ_RAW \(etf-raw\)"
    with pytest.raises(ConfigError, match=refused):
        new_ledger(config, "main", clock)
    with pytest.raises(ConfigError, match=refused):
        replay_history(config, None, "demo", None, None, "main")
    assert not (tmp_path / "ledgers").exists()
    with pytest.raises(ConfigError, match=r"roles\.eth: a sweep holds coins only"):
        require_simulated(config)


def test_the_local_exchange_lists_coins_alone() -> None:
    made = with_fund(fund(closes_on_sessions("2024-01-02", [10.0] * 13)))
    opened = open_exchange(default_config(), made, venue_clock(made, SystemClock(), None, driven=True))
    assert not [
        symbol
        for symbol in (*opened.left_out, *(pair.pair for pair in opened.exchange.market.listings()))
        if FUND in symbol
    ]


@pytest.mark.slow
def test_the_gold_miners_run_on_the_demo_market_and_trade_on_sessions_alone(tmp_path: Path) -> None:
    run = run_backtest(fund_config(tmp_path), market="demo")
    assert set(run.fills["symbol"]) == {"DEMO-GDXJ_RAW"}
    sessions = us_sessions(date(2101, 1, 1), date(2112, 12, 31)).dates
    assert np.isin(run.fills["at"].to_numpy("datetime64[D]"), sessions).all()
    assert "worlds" not in run.summary  # the effect is one on coins


@pytest.mark.slow
def test_the_emerging_markets_run_on_the_shared_folder(tmp_path: Path, real_folder: Path) -> None:
    """The first order is 49% of 10,000 at the close of 48.75 of 2007-09-25: 100 shares, filled at the next open."""
    folder = real_folder
    run = run_backtest(load_config(EXAMPLES / "credit-emerging.yaml", {"state": str(tmp_path)}), data_dir=folder)
    fills = run.fills
    first = fills.iloc[0]
    assert (str(first["at"])[:10], first["symbol"], float(first["quantity"])) == ("2007-09-26", "EEM_RAW", 100)
    assert float(first["reference_price"]) == pytest.approx(49.40, abs=1e-4)
    assert float(first["price"]) == 49.43  # 49.40 x 1.0005 is 49.4247, with impact 49.43 on the cent
    dates = fills["at"].to_numpy("datetime64[D]")
    rows = pd.read_csv(folder / "EEM_RAW.csv", parse_dates=["date"]).set_index("date")["open"]
    assert fills["reference_price"].astype(float).to_numpy() == pytest.approx(rows.loc[dates].to_numpy())
    assert run.summary["end"] == "2025-09-26"
