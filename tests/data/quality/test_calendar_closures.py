"""Closures that the pinned calendar lacks: they are proposed from the data, and declared in the config."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.backtest.warnings import run_warnings
from bot.core.market import Market
from bot.core.window import Window
from bot.data.quality import closure_proposal, proposed_closures
from bot.data.timeline import us_sessions
from bot.services.data_check import check_data
from bot.services.markets import open_market
from bot.services.plans import run_plan
from tests.markets import closes_on_days, closes_on_sessions, config_with, default_config, market_of

CLOSED = "2020-03-18"
"""A Wednesday with a session, taken away from the data below."""
US = ("RUT", "IWM", "SPY")


def market_without(lost: dict[str, Sequence[str]]) -> Market:
    """Three US series and two coins over 40 sessions, with rows taken away by symbol."""
    whole = closes_on_sessions("2020-02-03", range(100, 140))
    closes = {s: {day: v for day, v in whole.items() if day not in lost.get(s, ())} for s in US}
    coin = closes_on_days("2020-02-03", range(100, 160))
    return market_of({**closes, "ETH": coin, "BTC": coin})


def lacking(day: str, symbols: Sequence[str] = US) -> dict[str, Sequence[str]]:
    """The same day for some symbols, to be taken away."""
    return {symbol: [day] for symbol in symbols}


def proposals(market: Market, window: Window) -> list[str]:
    """The warnings of a run over a window that propose a closure."""
    said = run_warnings(market, window, run_plan(default_config(), market, window, "key"))
    return [line for line in said if "closures" in line]


def write(folder: Path, market: Market) -> Path:
    """Write the market as a folder of CSV files."""
    for symbol, series in market.items():
        rows = [f"{day},{close}" for day, close in zip(series.dates, series.close, strict=True)]
        (folder / f"{symbol}.csv").write_text("\n".join(["date,close", *rows]) + "\n", encoding="utf-8")
    return folder


def test_a_session_that_every_us_series_lacks_is_proposed() -> None:
    assert proposed_closures(market_without(lacking(CLOSED))) == [date(2020, 3, 18)]
    assert proposed_closures(market_without(lacking(CLOSED, US[:2]))) == []
    assert proposed_closures(market_without({})) == []


def test_a_session_that_only_the_living_series_could_have_is_proposed_too() -> None:
    later = [str(day) for day in us_sessions(date(2020, 3, 10), date(2020, 4, 30)).dates]
    assert proposed_closures(market_without({"RUT": [CLOSED], "IWM": [CLOSED], "SPY": later})) == [date(2020, 3, 18)]
    # One series alone is a row that its vendor lost.
    assert proposed_closures(market_without({"RUT": [CLOSED], "IWM": later, "SPY": later})) == []


def test_the_newest_session_is_late_and_no_closure() -> None:
    last = str(market_without({})["RUT"].dates[-1])
    assert proposed_closures(market_without(lacking(last))) == []


def test_the_proposal_is_the_entry_to_write_and_counts_what_it_does_not_name() -> None:
    days = [date(2020, 3, day) for day in range(2, 12)]
    assert closure_proposal(days[:2]).endswith("calendar: {closures: [2020-03-02, 2020-03-03]}")
    assert "2020-03-09 and 2 more, not one" in closure_proposal(days)


def test_a_run_and_the_check_of_its_data_propose_it_until_it_is_declared(tmp_path: Path) -> None:
    folder = write(tmp_path, market_without(lacking(CLOSED)))
    checked = check_data(default_config(), folder)
    assert json.loads(json.dumps(checked.as_dict()))["proposed_closures"] == [CLOSED]
    market, first = open_market(default_config(), folder), date(2020, 3, 1)
    assert proposals(market, Window(first, date(2020, 3, 25))) == [closure_proposal([date(2020, 3, 18)])]
    assert proposals(market, Window(first, date(2020, 3, 17))) == []
    declared = config_with({"calendar": {"closures": [CLOSED]}})
    assert check_data(declared, folder).closures == []
    assert np.datetime64(CLOSED) not in open_market(declared, folder).sessions.dates


@pytest.mark.parametrize("symbol", US)
def test_a_declared_closure_leaves_no_row_missing(tmp_path: Path, symbol: str) -> None:
    folder = write(tmp_path, market_without(lacking(CLOSED)))
    with_gap = open_market(default_config(), folder)[symbol]
    without = open_market(config_with({"calendar": {"closures": [CLOSED]}}), folder)[symbol]
    assert np.isnan(with_gap.on_calendar("close")[:40]).sum() == 1
    assert not np.isnan(without.on_calendar("close")[:39]).any()


def test_a_declared_day_without_a_session_changes_nothing() -> None:
    span = date(2020, 3, 2), date(2020, 3, 31)
    whole, less = us_sessions(*span), us_sessions(*span, (date(2020, 3, 18), date(2020, 3, 21)))
    assert np.setdiff1d(whole.dates, less.dates).tolist() == [date(2020, 3, 18)]
    assert len(less.dates) == len(less.closes) == len(less.half_days) == len(whole.dates) - 1
