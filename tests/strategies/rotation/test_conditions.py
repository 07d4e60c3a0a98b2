"""The conditions that a decision returns: value, limit and verdict of each, worked by hand with a level of 100."""

from __future__ import annotations

import pytest

from bot.core.market import Market
from strategies.rotation.conditions import conditions_of
from strategies.rotation.progress import RECORDED
from strategies.rotation.rules import Stage
from strategies.rotation.state import UNSEEN, Breakout, Conditions, EthPosition, Memory
from strategies.rotation.view import RotationView
from tests.golden.test_stages import ARMED, COOLDOWN, ETH, STABLE, after, record, seen
from tests.markets import settings_with


def looked_at(conditions: Conditions) -> dict[str, tuple[float, float, bool]]:
    """The conditions that a stage has, by name."""
    return {name: tuple(one) for name, one in zip(Conditions._fields, conditions, strict=True) if one is not UNSEEN}


def test_a_waiting_day_looks_at_the_sessions_without_a_record() -> None:
    assert looked_at(after(STABLE, seen()).ahead) == {"sessions_without_record": (20, 21, False)}
    killed = STABLE._replace(killed=True)
    assert looked_at(after(killed, seen()).ahead) == {"sessions_without_record": (20, 0, True)}


def test_an_arming_decision_returns_what_the_armed_stage_looks_at() -> None:
    outcome = after(STABLE, record(50))
    assert looked_at(outcome.conditions) == {"sessions_without_record": (0, 21, False)}
    assert looked_at(outcome.ahead) == {
        "level": (101, 100, True),
        "closes_above": (1, 5, False),
        "sessions_armed": (0, 10, False),
        "floor": (101, 97, True),
    }


def test_a_close_at_the_level_or_at_the_floor_is_on_the_safe_side_of_one_only() -> None:
    at_the_level, at_the_floor = (after(ARMED, seen(session=52, close=close)).conditions for close in (100.0, 97.0))
    assert (at_the_level.level.holds, at_the_level.floor.holds) == (False, True)
    assert (at_the_floor.level.holds, at_the_floor.floor.holds) == (False, True)


def test_a_day_in_eth_looks_at_stops_and_counters() -> None:
    # trail 0.97 x max(100, 0.93 x 105) = 97; ETH's stop 0.75 x 2000 = 1500
    assert looked_at(after(ETH, seen(session=57)).conditions) == {
        "level": (103, 100, True),
        "small_cap_stop": (103, 97, True),
        "eth_stop": (2000, 1500, True),
        "sessions_for_full": (3, 5, False),
        "sessions_for_altcoins": (3, 21, False),
        "sessions_quiet": (3, 63, False),
        "sessions_weak": (0, 10, False),
    }


def test_a_risk_exit_returns_the_condition_that_made_it() -> None:
    outcome = after(ETH, seen(session=57, close=96.9))
    assert outcome.conditions.small_cap_stop == (96.9, 97.0, False)
    assert looked_at(outcome.ahead) == {"sessions_cooling": (0, 10, False)}
    assert looked_at(after(COOLDOWN, seen(session=70)).conditions) == {"sessions_cooling": (10, 10, True)}


@pytest.mark.parametrize(
    ("measure", "close", "holds"),
    [
        ("drawdown", 1500.01, True),
        ("drawdown", 1500.0, False),  # 2000 x (1 - 0.25)
        ("atr", 1850.01, True),
        ("atr", 1850.0, False),  # 2000 - 3 x 50
        ("atr", float("nan"), True),
    ],
)
def test_both_stops_of_eth_are_hit_at_the_stop_itself(measure: str, close: float, holds: bool) -> None:
    rules = settings_with({"eth_stop": {"measure": measure}}).rules
    memory = Memory(Stage.ETH, breakout=Breakout(level=100.0, high=105.0), eth=EthPosition(high=2000.0))
    assert conditions_of(rules, memory, seen(eth_close=close)).eth_stop.holds is holds


def test_exact_limits_are_met_in_decimals() -> None:
    """0.97 x 100.1 is 97.097 and 0.9 x 4100.1 is 3690.09; as floats both products lie beside the decimal."""
    rules = settings_with({"eth_stop": {"drawdown": 0.1}}).rules
    armed = Memory(Stage.ARMED, breakout=Breakout(level=100.1))
    for level, floor in ((100.1, 97.097), (2011.3, 1950.961), (1743.9, 1691.583)):
        memory = armed._replace(breakout=Breakout(level=level, high=level))
        assert conditions_of(rules, memory, seen(close=floor)).floor.holds
        assert not conditions_of(rules, memory, seen(close=floor - 0.001)).floor.holds
        invested = memory._replace(stage=Stage.ETH, eth=EthPosition(high=4100.1))
        at_the_stop = conditions_of(rules, invested, seen(close=floor, eth_close=3690.09))
        assert at_the_stop.small_cap_stop.holds
        assert not at_the_stop.eth_stop.holds
        assert conditions_of(rules, invested, seen(eth_close=3690.1)).eth_stop.holds


def test_every_recorded_condition_is_one_that_step_returns(demo: Market) -> None:
    view = RotationView(demo, settings_with())
    for name in RECORDED:
        reading = view.table.readings[name]
        values = [getattr(outcome.ahead, name).value for outcome in view.path]
        assert [v for v in reading.value.tolist() if v == v] == [v for v in values if v == v]
