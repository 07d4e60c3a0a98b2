"""Warnings of inputs that are stale or absent inside a window, worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from bot.core.errors import DataError
from bot.core.window import Window
from strategies.rotation.input_warnings import input_warnings
from strategies.rotation.view import RotationView
from tests.markets import closes_on_days, closes_on_sessions, market_of, settings_with

GATES = {"gates": {"relative_strength": False, "credit": False, "volatility": True}}


def view(small_caps: int, volatility: int, changes: Mapping[str, Any] = GATES) -> RotationView:
    """100 days of ETH and BTC from 2024-01-01 on, with so many sessions of small caps and of VIX."""
    days = closes_on_days("2024-01-01", [100.0] * 100)
    closes = {"RUT": closes_on_sessions("2024-01-02", [100.0] * small_caps), "ETH": days, "BTC": days}
    if volatility:
        closes["VIX"] = closes_on_sessions("2024-01-02", [20.0] * volatility)
    return RotationView(market_of(closes), settings_with(changes))


def found(made: RotationView, first: date, last: date) -> list[str]:
    return [
        text
        for text in input_warnings(made, Window(first, last))
        if any(word in text for word in ("RUT", "volatility", "stop")) and "blind" not in text
    ]


def test_stale_days_are_counted_from_the_first_to_the_last_day_of_the_window() -> None:
    """The last row is of Friday 01-19. Three sessions may be missing: the fourth is that of 01-25, known on 01-26."""
    made = view(13, 70)
    assert found(made, date(2024, 1, 15), date(2024, 1, 25)) == []
    assert found(made, date(2024, 1, 15), date(2024, 1, 26)) == [
        "RUT is stale on 1 of 12 days: nothing is bought on them"
    ]
    assert found(made, date(2024, 1, 25), date(2024, 1, 26)) == [
        "RUT is stale on 1 of 2 days: nothing is bought on them"
    ]


def test_small_caps_that_end_before_the_window_are_an_error() -> None:
    with pytest.raises(DataError, match="RUT ends on 2024-01-19"):
        found(view(13, 70), date(2024, 1, 26), date(2024, 3, 31))


def test_an_absent_series_switches_its_gate_and_its_exit_off() -> None:
    off = "gate and kill volatility off throughout: the series are absent or have ended"
    assert found(view(70, 0), date(2024, 2, 1), date(2024, 3, 1)) == [off]
    assert found(view(70, 70), date(2024, 2, 1), date(2024, 3, 1)) == []


def test_a_stop_by_range_is_off_where_the_range_is_unknown() -> None:
    """The mean true range needs 22 days of ETH; a stop by drawdown needs none."""
    off = "the ETH stop is off throughout: its true range needs ETH's highs and lows"
    by_range = {**GATES, "eth_stop": {"measure": "atr"}}
    assert found(view(70, 70, by_range), date(2024, 1, 3), date(2024, 1, 4)) == [off]
    assert found(view(70, 70, by_range), date(2024, 3, 1), date(2024, 3, 2)) == []
    assert found(view(70, 70), date(2024, 1, 3), date(2024, 1, 4)) == []
