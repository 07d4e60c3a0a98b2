"""What `step` reads of a market at each decision, on a market worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bot.core.market import Market
from strategies.rotation.state import Observation
from strategies.rotation.view import RotationView, Views
from tests.markets import closes_on_days, closes_on_sessions, market_of, session_days, settings_with

START, SESSIONS = "2024-01-02", 100
LAST = session_days(START, SESSIONS)[-1]
DAYS = int((LAST - np.datetime64("2024-01-01")).astype(int)) + 1


def market(**more: Mapping[str, float]) -> Market:
    """Small caps at 100 for three sessions, then at 101 from Friday 2024-01-05 on; ETH at 2 BTC until the end."""
    small_caps = closes_on_sessions(START, [100.0] * 3 + [101.0] * (SESSIONS - 3))
    eth, btc = (closes_on_days("2024-01-01", [price] * DAYS) for price in (100.0, 50.0))
    return market_of({"RUT": small_caps, "ETH": eth, "BTC": btc, **more})


def steady(price: float, sessions: int = SESSIONS) -> dict[str, float]:
    return closes_on_sessions(START, [price] * sessions)


def view(made: Market, changes: Mapping[str, Any] | None = None) -> RotationView:
    return RotationView(made, settings_with(changes))


def newest(made: Market, changes: Mapping[str, Any] | None = None) -> Observation:
    return view(made, changes).observations()[-1]


def test_a_record_is_one_at_the_decision_after_its_session_only() -> None:
    made = view(market())
    seen = dict(zip(map(str, made.times.astype("datetime64[D]")), made.observations(), strict=True))
    days = ("2024-01-05", "2024-01-06", "2024-01-07", "2024-01-09")  # after Thursday, Friday, Saturday and Monday
    assert [seen[day].new_session for day in days] == [True, True, False, True]
    assert [seen[day].is_record for day in days] == [False, True, False, False]


def test_a_pair_at_its_average_is_neither_above_nor_below() -> None:
    seen = newest(market())
    assert (seen.pair_above, seen.pair_below) == (False, False)


def test_readings_that_are_calm_or_absent_are_no_exit() -> None:
    roles = market().roles
    bonds = {s: steady(80.0) for s in (roles.high_yield_fund, roles.treasury_fund, roles.investment_grade_fund)}
    stable = closes_on_days("2024-01-01", [1.0] * DAYS)
    for more in ({}, {roles.volatility: steady(20.0), roles.stablecoin: stable, **bonds}):
        seen = newest(market(**more))
        assert (seen.credit_stress, seen.volatility_kill, seen.peg_broken, seen.gates_pass) == (False,) * 3 + (True,)


def test_high_volatility_is_an_exit_and_fails_its_gate() -> None:
    made = view(market(**{market().roles.volatility: steady(40.0)}), {"gates": {"volatility": True}})
    seen = made.observations()[-1]
    assert (seen.volatility_kill, seen.gates_pass) == (True, False)
    assert made.failing_gates(-1) == ["volatility"]


def test_a_gate_that_is_off_neither_fails_nor_counts_as_silent() -> None:
    """The small-cap fund lacks its last 4 sessions of 100."""
    roles = market().roles
    made = market(**{roles.small_cap_fund: steady(50.0, SESSIONS - 4), roles.broad_fund: steady(400.0)})
    for is_on, missed, failing in ((True, 4, ["relative_strength"]), (False, 0, [])):
        found = view(made, {"gates": {"relative_strength": is_on}})
        assert found.observations()[-1].missed == missed
        assert found.failing_gates(-1) == failing


def test_a_view_is_kept_until_the_market_or_the_settings_change() -> None:
    views, made, settings = Views(), market(), settings_with()
    first = views.of(made, settings)
    assert views.of(made, settings) is first
    assert views.of(market(), settings) is not first
    assert views.of(made, settings_with({"gates": {"volatility": False}})).settings != settings
