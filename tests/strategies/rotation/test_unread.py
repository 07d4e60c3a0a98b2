"""Readings that missing rows made unknown: the warning names the day, the row and the cost, worked by hand.

Small caps stand at 100 for 130 sessions and rise by a point a session from then on. So session 130 is a breakout, 134
has the fifth close above the level, and session 140 is the last that may confirm. Only credit and VIX are gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from bot.core.window import Window
from bot.services.signals import warnings_at
from bot.services.strategy_settings import rotation_settings
from strategies.rotation.input_warnings import input_warnings
from strategies.rotation.view import RotationView
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of, session_days

FIRST, N = "2020-01-02", 160
DAYS = [str(day) for day in session_days(FIRST, N)]
ON = {"credit": True, "volatility": True}
OFF = dict.fromkeys(("relative_strength", "participation", "volume", "trend", "net_liquidity"), False)


def warned(
    lost: Mapping[str, list[int]], gaps: float = 0.02, first: int = 105, rotation: Mapping[str, Any] | None = None
) -> list[str]:
    """The warnings of a run from a session on, with sessions taken away by symbol."""
    window = Window(date.fromisoformat(DAYS[first]), date.fromisoformat(DAYS[-1]))
    return [line for line in input_warnings(view_without(lost, gaps, rotation), window) if "absent" not in line]


def view_without(
    lost: Mapping[str, list[int]], gaps: float = 0.02, rotation: Mapping[str, Any] | None = None
) -> RotationView:
    closes = {
        "RUT": closes_on_sessions(FIRST, [100.0] * 130 + [101.0 + i for i in range(N - 130)]),
        "HYG": closes_on_sessions(FIRST, [80.0] * N),
        "IEF": closes_on_sessions(FIRST, [100.0] * N),
        "VIX": closes_on_sessions(FIRST, [20.0] * N),
    }
    for symbol, rows in lost.items():
        for row in rows:
            del closes[symbol][DAYS[row]]
    coins = {coin: closes_on_days("2020-01-01", [100.0] * 232) for coin in ("ETH", "BTC")}
    changes = {"rotation": {"gates": {**OFF, **ON}, **(rotation or {})}, "quality": {"window_gaps": gaps}}
    return RotationView(market_of({**closes, **coins}), rotation_settings(config_with(changes)))


def test_whole_data_have_no_warning() -> None:
    assert warned({}) == []


def test_a_lost_row_that_hid_the_gate_is_named_with_the_days_and_the_cost() -> None:
    """The row of session 120 hides sessions 120 to 158, all that the run decides on; 134 to 140 would confirm."""
    assert warned({"HYG": [120]}, gaps=0.0) == [
        f"credit could not be read on {DAYS[134]}, {DAYS[135]}, {DAYS[136]} and 4 more up to {DAYS[140]}, "
        f"when it would have decided: HYG lacks {DAYS[120]}; "
        f"exit credit was blind on 39 sessions, 0 of them with coins held"
    ]


def test_a_decision_of_one_day_warns_of_its_own_readings_and_of_closures() -> None:
    """The decision at 00:00 of a day looks at the session before it."""
    lost = view_without({"VIX": [134]})
    assert [line.partition(",")[0] for line in warnings_at(lost, date.fromisoformat(DAYS[135]))] == [
        f"volatility could not be read on {DAYS[134]}",
        "exit volatility was blind on 1 session",
    ]
    assert warnings_at(lost, date.fromisoformat(DAYS[134])) == []
    closed = view_without(dict.fromkeys(("RUT", "HYG", "IEF", "VIX"), [120]))  # noqa: RUF024
    assert warnings_at(closed, date.fromisoformat(DAYS[135]))[-1].endswith(f"calendar: {{closures: [{DAYS[120]}]}}")


def test_a_window_that_may_lack_the_row_costs_its_own_session_and_is_said_to_be_short() -> None:
    assert warned({"IEF": [120]}) == [
        f"exit credit was blind on 1 session, 0 of them with coins held: IEF lacks {DAYS[120]}",
        f"averaged over the rows that are there: credit on 38 sessions (IEF lacks {DAYS[120]})",
    ]


def test_the_row_of_the_decisive_session_itself_is_named() -> None:
    """The entry comes a session later, and the exit is blind on the session without VIX."""
    assert warned({"VIX": [134]}) == [
        f"volatility could not be read on {DAYS[134]}, when it would have decided: VIX lacks {DAYS[134]}",
        f"exit volatility was blind on 1 session, 0 of them with coins held: VIX lacks {DAYS[134]}",
    ]


def test_a_blind_exit_counts_the_sessions_with_coins() -> None:
    assert warned({"VIX": [145, 147]}) == [
        f"exit volatility was blind on 2 sessions, 2 of them with coins held: VIX lacks {DAYS[145]}, {DAYS[147]}"
    ]


def test_a_gate_that_another_gate_would_have_barred_decided_nothing() -> None:
    calm = {"volatility": {"calm_below": 10.0}}
    (line,) = warned({"HYG": [120]}, gaps=0.0, rotation=calm)
    assert line == f"exit credit was blind on 39 sessions, 0 of them with coins held: HYG lacks {DAYS[120]}"


def test_an_exit_and_a_gate_that_are_off_are_blind_to_nothing() -> None:
    off = {"gates": {**OFF, "credit": False, "volatility": True}, "risk_exits": {"credit": False}}
    assert warned({"HYG": [120]}, gaps=0.0, rotation=off) == []


def test_a_lost_row_of_the_index_blinds_its_trail() -> None:
    (line,) = (w for w in warned({"RUT": [150]}) if "trail" in w)
    assert line == f"exit trail was blind on 1 session, 1 of them with coins held: RUT lacks {DAYS[150]}"


@pytest.mark.parametrize("first", [95, 98])
def test_a_window_that_is_not_whole_yet_is_said_too(first: int) -> None:
    (line,) = warned({}, first=first)
    blind = 99 - first + 1  # the decision at the midnight before the first session is the session before it
    assert (
        line
        == f"exit credit was blind on {blind} sessions, 0 of them with coins held: its window of 100 rows is not whole"
    )
