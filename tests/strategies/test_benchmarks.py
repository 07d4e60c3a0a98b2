"""The benchmarks: what they hold, and when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.core.decision import Trade
from bot.core.market import Market
from strategies.benchmarks import benchmark_decisions
from tests.markets import closes_on_days, closes_on_sessions, market_of

FULL = Decimal("0.98")


@pytest.fixture(scope="module")
def market() -> Market:
    """ETH rises for ten days and falls for ten; BTC does the reverse."""
    rise = [100.0 + i for i in range(10)]
    eth, btc = rise + rise[::-1], rise[::-1] + rise
    return market_of(
        {
            "RUT": closes_on_sessions("2022-01-03", [100.0] * 15),
            "ETH": closes_on_days("2022-01-03", eth),
            "BTC": closes_on_days("2022-01-03", btc),
        }
    )


def test_every_benchmark_decides_at_every_decision_time(market: Market) -> None:
    made = benchmark_decisions(market, trend_days=5, since=date.min)
    assert list(made) == ["btc", "eth", "btc_60_stable_40", "eth_trend", "eth_while_btc_trend"]
    for decisions in made.values():
        assert [d.at for d in decisions] == market.decision_moments


def test_from_a_day_on_they_are_those_of_the_whole_market(market: Market) -> None:
    whole = benchmark_decisions(market, trend_days=5, since=date.min)
    since = market.decision_moments[4].date()
    assert benchmark_decisions(market, trend_days=5, since=since) == {name: made[4:] for name, made in whole.items()}


def test_holding_buys_once_and_sixty_forty_rebalances_every_week(market: Market) -> None:
    made = benchmark_decisions(market, trend_days=5, since=date.min)
    assert {d.trade for d in made["eth"]} == {Trade.HOLD}
    assert {tuple(d.weights.items()) for d in made["eth"]} == {(("ETH", FULL),)}
    assert [i for i, d in enumerate(made["btc_60_stable_40"]) if d.trade is Trade.BAND] == [0, 7, 14]


def test_eth_trend_is_in_while_eth_closes_above_its_average(market: Market) -> None:
    """In a straight rise the average of five closes lies two below the newest: in from the fifth close, 2022-01-07,
    decided on the 8th. The close of the 14th, 108, lies under the mean of 107, 108, 109, 109 and 108, which is 108.2:
    out on the 15th.
    """
    made = benchmark_decisions(market, trend_days=5, since=date.min)["eth_trend"]
    inside = [d.at.date() for d in made if d.weights]
    assert inside == [date(2022, 1, day) for day in range(8, 15)]
    assert [d.at.date().day for d in made if d.trade is Trade.NOW] == [8, 15]
