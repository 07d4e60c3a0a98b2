"""The sessions of an index and the coins sampled on them."""

from __future__ import annotations

import pytest

from bot.core.errors import DataError
from bot.study.axis import index_of, sampled_coin
from tests.markets import closes_on_days, closes_on_sessions, market_of

RUT = closes_on_sessions("2024-01-02", [1.0, 2, 3, 4, 5, 6])
COIN = closes_on_days("2024-01-01", [float(day) for day in range(1, 12)])


def test_an_index_has_its_own_rows() -> None:
    index = index_of(market_of({"RUT": RUT}), "RUT")
    assert index.closes.tolist() == [1, 2, 3, 4, 5, 6]
    assert str(index.sessions[4]) == "2024-01-08"


def test_a_session_without_a_row_is_refused_with_its_date() -> None:
    hole = {day: close for day, close in RUT.items() if day != "2024-01-04"}
    with pytest.raises(DataError, match=r"RUT lacks 1 of 6 sessions.*none on 2024-01-04"):
        index_of(market_of({"RUT": hole}), "RUT")


def test_a_row_without_a_close_is_refused() -> None:
    with pytest.raises(DataError, match="none on 2024-01-04"):
        index_of(market_of({"RUT": {**RUT, "2024-01-04": float("nan")}}), "RUT")


def test_a_series_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="IWM has no rows"):
        index_of(market_of({"RUT": RUT, "IWM": {}}), "IWM")


def test_a_coin_is_sampled_at_the_last_utc_close_before_that_of_the_session() -> None:
    # Sessions of 2024-01-02, 3, 4, 5, 8 and 9: the days before them, and Sunday the 7th for Monday.
    market = market_of({"RUT": RUT, "ETH": COIN})
    sampled = sampled_coin(market, "ETH", index_of(market, "RUT"))
    assert sampled.closes.tolist() == [1, 2, 3, 4, 7, 8]


def test_sessions_outside_a_coins_life_are_left_out() -> None:
    market = market_of({"RUT": RUT, "ETH": closes_on_days("2024-01-03", [3.0, 4, 5, 6, 7])})
    sampled = sampled_coin(market, "ETH", index_of(market, "RUT"))
    assert sampled.sessions.astype(str).tolist() == ["2024-01-04", "2024-01-05", "2024-01-08"]
    assert sampled.closes.tolist() == [3, 4, 7]


def test_a_coin_with_a_hole_is_refused_with_its_day() -> None:
    market = market_of({"RUT": RUT, "ETH": {day: close for day, close in COIN.items() if day != "2024-01-07"}})
    with pytest.raises(DataError, match=r"ETH lacks a row.*none on 2024-01-07"):
        sampled_coin(market, "ETH", index_of(market, "RUT"))
