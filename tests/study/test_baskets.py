"""Baskets of altcoins worked by hand: equal weights, the largest by volume, and endings."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import log

import numpy as np
import pytest

from bot.core.corporate_actions import CorporateAction, CorporateActionKind
from bot.core.errors import DataError
from bot.services.strategy_settings import rotation_settings
from bot.study.baskets import Baskets
from bot.study.outcomes import OutcomeSeries
from tests.markets import closes_on_days, config_with, market_of, utc_days

FIRST = "2024-01-01"
DAYS = utc_days(FIRST, 40)
SETTINGS = rotation_settings(
    config_with(
        {"altcoins": {"seasoned_days": 1, "pause_days": 100, "volume_days": 1, "minimum_volume": 5, "count": 3}}
    )
)
# Each is chosen after day 5, bought at the open of day 6 and sold at that of day 16.
ROW, HORIZON = 5, 10
STEADY = [1.0] * 40
DOUBLES = [1.0] * 10 + [2.0] * 30
ENDS = [1.0] * 11


def held(
    name: str,
    coins: dict[str, Sequence[float]],
    volumes: dict[str, float] | None = None,
    endings: dict[str, CorporateAction] | None = None,
    firsts: dict[str, str] | None = None,
) -> OutcomeSeries:
    prices = {symbol: closes_on_days((firsts or {}).get(symbol, FIRST), closes) for symbol, closes in coins.items()}
    traded = {symbol: dict.fromkeys(rows, (volumes or {}).get(symbol, 10.0)) for symbol, rows in prices.items()}
    market = market_of({"ETH": closes_on_days(FIRST, STEADY), **prices}, volumes=traded)
    baskets = Baskets(market, SETTINGS, endings or {}, recovery=0.1)
    return baskets.outcome("altcoins" if name == "altcoins" else "largest altcoin", DAYS, HORIZON)


def test_equal_weights_are_held_without_rebalancing() -> None:
    # One coin doubles, one keeps its price: (2 + 1) / 2.
    assert held("altcoins", {"A": DOUBLES, "B": STEADY}).values[ROW] == pytest.approx(log(1.5))


def test_a_coin_is_bought_at_the_open_after_it_is_chosen() -> None:
    # It doubles on the day of the entry, and again before the exit.
    assert held("altcoins", {"A": [1.0] * 6 + [2.0] * 8 + [4.0] * 26}).values[ROW] == pytest.approx(log(2))


def test_the_largest_by_volume_is_held() -> None:
    coins = {"A": DOUBLES, "B": STEADY}
    assert held("largest", coins, {"A": 20.0}).values[ROW] == pytest.approx(log(2))
    assert held("largest", coins, {"B": 20.0}).values[ROW] == 0.0


def test_a_coin_that_is_too_thin_is_left_out() -> None:
    assert held("altcoins", {"A": DOUBLES, "B": STEADY}, {"B": 4.0}).values[ROW] == pytest.approx(log(2))


def test_a_dead_coin_pays_its_recovery() -> None:
    # A tenth of its last close, beside a coin that doubles: (2 + 0.1) / 2.
    dead = {"B": CorporateAction(CorporateActionKind.DEAD)}
    assert held("altcoins", {"A": DOUBLES, "B": ENDS}, endings=dead).values[ROW] == pytest.approx(log(1.05))


def test_a_coin_whose_source_ends_keeps_its_last_close() -> None:
    ends = {"B": CorporateAction(CorporateActionKind.SOURCE_ENDS)}
    assert held("altcoins", {"A": DOUBLES, "B": ENDS}, endings=ends).values[ROW] == pytest.approx(log(1.5))


def test_a_renamed_coin_becomes_the_new_one_by_its_ratio() -> None:
    # Three units at 0.5 for one at 1: 1.5.
    into = {"B": CorporateAction(CorporateActionKind.RENAMED, "C", Decimal(3))}
    coins = {"A": STEADY, "B": ENDS, "C": [0.5] * 29}
    found = held("largest", coins, {"B": 20.0}, endings=into, firsts={"C": "2024-01-12"})
    assert found.values[ROW] == pytest.approx(log(1.5))


def test_a_session_without_an_eligible_coin_blanks_what_lies_before() -> None:
    # A trades to day 10 and B from day 20 on: the outcomes begin once B is seasoned, on day 21.
    ends = {"A": CorporateAction(CorporateActionKind.SOURCE_ENDS)}
    found = held("altcoins", {"A": ENDS, "B": [1.0] * 20}, endings=ends, firsts={"B": "2024-01-21"})
    assert found.first == 21
    assert not np.isnan(found.known).any()


def test_a_market_without_an_eligible_coin_is_refused() -> None:
    with pytest.raises(DataError, match="no altcoin is ever eligible"):
        held("altcoins", {"A": STEADY}, {"A": 1.0})
