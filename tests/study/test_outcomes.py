"""Outcomes by session: which price is the first after a session, and what is refused."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.core.series_kind import SeriesKind
from bot.study.outcomes import outcome_of
from tests.markets import closes_on_days, closes_on_sessions, market_of, session_days

# Four sessions of a week: Tuesday 2024-01-02 to Friday 2024-01-05, then Monday 8 and Tuesday 9.
SESSIONS = session_days("2024-01-02", 6)
FUND = closes_on_sessions("2024-01-02", [1.0, 2, 3, 4, 5, 6])
OPENS = {day: close / 2 + 1 for day, close in FUND.items()}


def test_a_coin_is_bought_on_the_next_utc_day() -> None:
    # The open of 2024-01-d is d: after Friday the 5th the entry is Saturday the 6th, after Monday the 9th.
    coin = closes_on_days("2024-01-01", [float(day) for day in range(1, 12)])
    found = outcome_of(market_of({"ETH": coin}), "ETH", SESSIONS, 2, "open")
    entries = [3, 4, 5, 6, 9, 10]
    expected = [log(entries[i + 2] / entries[i]) for i in range(4)]
    assert found.known.tolist() == pytest.approx(expected)
    assert (found.first, found.last) == (0, 3)


def test_a_fund_is_read_at_the_price_of_the_next_session() -> None:
    market = market_of({"IWM": FUND}, opens={"IWM": OPENS})
    closes = outcome_of(market, "IWM", SESSIONS, 2, "close").known
    opens = outcome_of(market, "IWM", SESSIONS, 2, "open").known
    assert closes.tolist() == pytest.approx([log(4 / 2), log(5 / 3), log(6 / 4)])
    assert opens.tolist() == pytest.approx([log(3 / 2), log(3.5 / 2.5), log(4 / 3)])


def test_an_index_is_read_at_its_close_whatever_the_price() -> None:
    market = market_of({"SPX": FUND}, opens={"SPX": OPENS}, kinds={"SPX": SeriesKind.INDEX})
    opens, closes = (outcome_of(market, "SPX", SESSIONS, 2, price).known.tolist() for price in ("open", "close"))
    assert opens == closes


def test_a_ratio_is_the_difference_of_its_logs() -> None:
    market = market_of({"HYG": FUND, "IEF": closes_on_sessions("2024-01-02", [1.0, 1, 2, 2, 4, 4])})
    found = outcome_of(market, "HYG/IEF", SESSIONS, 1, "close").known
    assert found.tolist() == pytest.approx([log(3 / 2 / 2), log(4 / 3), log(5 / 4 / 2), log(6 / 5)])


def test_a_hole_inside_is_refused_with_its_session() -> None:
    coin = closes_on_days("2024-01-01", [1.0] * 11)
    del coin["2024-01-06"]
    with pytest.raises(DataError, match="none after 2024-01-05"):
        outcome_of(market_of({"ETH": coin}), "ETH", SESSIONS, 2, "open")


def test_fewer_prices_than_the_horizon_are_refused() -> None:
    with pytest.raises(DataError, match="more than 5 sessions, was 5"):
        outcome_of(market_of({"IWM": FUND}), "IWM", SESSIONS, 5, "close")


def test_a_later_start_of_the_prices_blanks_the_sessions_before() -> None:
    coin = closes_on_days("2024-01-04", [1.0, 2, 3, 4, 5, 6, 7])
    found = outcome_of(market_of({"ETH": coin}), "ETH", SESSIONS, 2, "open")
    assert np.isnan(found.values).tolist() == [True, False, False, False, True, True]
