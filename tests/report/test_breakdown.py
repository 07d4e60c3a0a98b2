"""Returns broken down, rolling figures and crises, from equity that is checked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bot.report.breakdown import distribution, stages
from bot.report.contents import Contents
from bot.report.crises import CRISES, crises
from bot.report.html_tables import coins
from bot.report.rolling_charts import sharpe_chart
from tests.report.test_tear_sheet import contents

MARKET, MINUS = "/prices", "\N{MINUS SIGN}"


def equity_of(values: list[float], cash: list[float], stages_: list[str], first: str) -> pd.DataFrame:
    """Daily equity with ETH beside it, which halves over the days."""
    index = pd.date_range(first, periods=len(values), name="date")
    eth = np.linspace(20_000, 10_000, len(values))
    return pd.DataFrame({"equity": values, "cash": cash, "stage": stages_, "eth": eth}, index)


def made(equity: pd.DataFrame, market: str = MARKET) -> Contents:
    """A report's contents with this equity."""
    whole = contents(market)
    return replace(whole, tables={**whole.tables, "equity": equity})


def test_a_stage_tells_its_days_what_it_held_and_what_it_made() -> None:
    # 10,000 at the start: waiting makes nothing, ETH makes +10% then -50%, waiting again makes nothing.
    table = equity_of(
        [10_000, 11_000, 5_500, 5_500], [10_000, 0, 0, 5_500], ["STABLE", "ETH", "ETH", "STABLE"], "2020-01-30"
    )
    rows = {str(row[0]): [getattr(cell, "text", cell) for cell in row[1:]] for row in stages(made(table)).rows}
    assert rows["waiting in the stablecoin"] == ["2", "50.0%", "0.0%", "0.0%", "0.0%", "0.0%"]
    assert rows["in ETH"] == ["2", "50.0%", "100.0%", f"{MINUS}45.0%", f"{MINUS}50.0%", f"{MINUS}50.0%"]


def test_the_rolling_sharpe_begins_after_a_year_and_is_a_gap_where_nothing_moved() -> None:
    days = 365 + 400
    values = [10_000 + 10 * (i % 2) for i in range(365)] + [10_000.0] * 400
    table = equity_of(values, values, ["STABLE"] * days, "2020-01-01")
    strategy = sharpe_chart(made(table)).traces[-1]["y"]
    assert strategy[:364] == [None] * 364
    returns = np.diff(np.array([10_000.0, *values[:365]])) / np.array([10_000.0, *values[:364]])
    assert strategy[364] == pytest.approx(returns.mean() / returns.std(ddof=1) * np.sqrt(365), rel=1e-5)
    assert strategy[-1] is None


def test_months_are_counted_by_their_return_and_idle_ones_left_out() -> None:
    # January +12%, February nothing, March -60%, which stands in the first step.
    values = [11_200.0] * 31 + [11_200.0] * 29 + [4_480.0] * 31
    chart = distribution(made(equity_of(values, values, ["ETH"] * 91, "2020-01-01")))
    counts = dict(zip(chart.traces[-1]["x"], chart.traces[-1]["y"], strict=True))
    assert {edge: count for edge, count in counts.items() if count} == {-0.5: 1, 0.1: 1}
    assert "Left out: 1 month in which the strategy had a return of zero." in chart.note


def test_only_crises_that_lie_inside_the_days_of_a_real_market_are_told() -> None:
    days = (pd.Timestamp("2020-06-30") - pd.Timestamp("2020-01-01")).days + 1
    table = equity_of([10_000.0] * days, [10_000.0] * days, ["STABLE"] * days, "2020-01-01")
    told = crises(made(table))
    assert [crisis.identity for crisis in CRISES if f'id="crisis-{crisis.identity}"' in told] == ["covid"]
    assert crises(made(table, "demo")) == ""
    assert crises(contents(MARKET)) == ""


def test_coins_are_told_by_what_their_round_trips_made() -> None:
    whole = contents(MARKET)
    trips = whole.tables["trades"]
    lost = trips.assign(symbol="LINK", pnl=-50.0, fees=1.0, days=4)
    rows = coins(replace(whole, tables={**whole.tables, "trades": pd.concat([lost, trips, lost])})).rows
    told = [[getattr(cell, "text", cell) for cell in row] for row in rows]
    assert told == [["ETH", "1", "100.0%", "198", "2.00", "2"], ["LINK", "2", "0.0%", f"{MINUS}100", "2.00", "4"]]


def test_a_run_without_a_round_trip_has_no_coins() -> None:
    whole = contents(MARKET)
    assert coins(replace(whole, tables={**whole.tables, "trades": whole.tables["trades"].iloc[:0]})).rows == []
