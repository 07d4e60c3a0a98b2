"""The benchmarks: what they hold and when, and what luck alone makes of an exposure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from bot.core.decision import Trade
from bot.core.market import Market
from strategies.benchmarks import benchmark_decisions, random_timing
from strategies.rotation.view import view_of
from tests.markets import closes_on_days, closes_on_sessions, market_of, settings_with

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
    settings = settings_with()
    made = benchmark_decisions(view_of(market, settings), settings, trend_days=5)
    assert list(made) == [
        "equal_weight_altcoins",
        "no_altcoins",
        "btc",
        "eth",
        "btc_60_stable_40",
        "eth_trend",
        "eth_while_btc_trend",
    ]
    for decisions in made.values():
        assert [d.at for d in decisions] == market.decision_moments


def test_holding_buys_once_and_sixty_forty_rebalances_every_week(market: Market) -> None:
    settings = settings_with()
    made = benchmark_decisions(view_of(market, settings), settings, trend_days=5)
    assert {d.trade for d in made["eth"]} == {Trade.HOLD}
    assert {tuple(d.weights.items()) for d in made["eth"]} == {(("ETH", FULL),)}
    assert [i for i, d in enumerate(made["btc_60_stable_40"]) if d.trade is Trade.BAND] == [0, 7, 14]


def test_eth_trend_is_in_while_eth_closes_above_its_average(market: Market) -> None:
    """In a straight rise the average of five closes lies two below the newest: in from the fifth close, 2022-01-07,
    decided on the 8th. The close of the 14th, 108, lies under the mean of 107, 108, 109, 109 and 108, which is 108.2:
    out on the 15th.
    """
    settings = settings_with()
    made = benchmark_decisions(view_of(market, settings), settings, trend_days=5)["eth_trend"]
    inside = [d.at.date() for d in made if d.weights]
    assert inside == [date(2022, 1, day) for day in range(8, 15)]
    assert [d.at.date().day for d in made if d.trade is Trade.NOW] == [8, 15]


def test_luck_spreads_around_the_same_exposure() -> None:
    """In for one of four days, and only the third pays (10%): one shift of three catches it, at no cost."""
    pays = np.array([0.0, 0.0, 0.1, 0.0])
    luck = random_timing([np.array([1.0, 0.0, 0.0, 0.0])], [pays], np.zeros(4), shifts=100)
    assert sorted(luck.final) == pytest.approx([1.0, 1.0, 1.1])


def test_luck_pays_the_same_costs_whenever_it_trades() -> None:
    """In and out once at 1% a side: every shift keeps 0.99 x 0.99."""
    nothing = np.zeros(5)
    luck = random_timing([nothing], [nothing], np.array([0.0, 0.01, 0.01, 0.0, 0.0]), shifts=100)
    assert luck.final == pytest.approx([0.99 * 0.99] * 4)


def test_luck_has_nothing_to_add_to_a_constant_exposure() -> None:
    returns = np.array([0.1, -0.2, 0.3, 0.05, -0.1])
    luck = random_timing([np.full(5, 0.5)], [returns], np.zeros(5), shifts=100)
    assert luck.final == pytest.approx([np.prod(1 + 0.5 * returns)] * 4)


def test_a_run_of_one_day_has_a_band_of_one_day() -> None:
    luck = random_timing([np.ones(1)], [np.array([0.1])], np.zeros(1), shifts=100)
    assert luck.final == pytest.approx([1.1])
