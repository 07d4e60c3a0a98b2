"""Breakouts of an index and the sessions that confirm them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.market import Floats, Market
from bot.data.demo.effect import sustained_breakouts
from bot.study.breakouts import event_rules, find_breakouts
from bot.study.plan import load_plan
from strategies.rotation.rules import Reason, Rules, Stage
from strategies.rotation.state import Memory, Observation
from strategies.rotation.step import step
from tests.markets import settings_with


def rules_with(base: int = 3, closes: int = 2, within: int = 4, floor: float = 0.97) -> Rules:
    signal = load_plan().signal.model_copy(update={"confirm_within": within, "floor": floor})
    return event_rules(settings_with().rules, signal, base, closes)


def test_a_breakout_ends_a_base_and_the_next_close_above_confirms_it() -> None:
    closes = np.array([100.0, 99, 98, 101, 102, 100, 99, 98, 103, 104])
    found = find_breakouts(closes, rules_with())
    assert found.rows.tolist() == [3, 8]
    assert found.confirmed_at.tolist() == [4, 9]


def test_a_record_after_a_shorter_base_is_no_breakout() -> None:
    assert find_breakouts(np.array([100.0, 99, 101, 102]), rules_with()).rows.tolist() == []


def test_a_close_under_the_floor_ends_a_breakout() -> None:
    # The level is 100 and the floor 97: 97 holds, 96.9 does not.
    held = find_breakouts(np.array([100.0, 99, 98, 101, 97, 102]), rules_with())
    failed = find_breakouts(np.array([100.0, 99, 98, 101, 96.9, 102]), rules_with())
    assert held.events("confirmed").tolist() == [5]
    assert failed.confirmed_at.tolist() == [-1]


@pytest.mark.parametrize(("waits", "confirmed_at"), [(3, 7), (4, -1)])
def test_a_breakout_expires_after_the_sessions_of_the_rule(waits: int, confirmed_at: int) -> None:
    closes = np.array([100.0, 99, 98, 101, *[99.0] * waits, 102])
    assert find_breakouts(closes, rules_with(within=4)).confirmed_at.tolist()[0] == confirmed_at


def test_a_close_that_equals_the_level_as_a_decimal_still_counts() -> None:
    # The second close is above 100 in its last digit alone: it counts, and the third one confirms.
    closes = np.array([100.0, 99, 98, 101, 100 + 1e-11, 101, 99, 99])
    assert find_breakouts(closes, rules_with(closes=3)).events("confirmed").tolist() == [5]


def test_an_index_that_ends_leaves_a_breakout_open() -> None:
    assert find_breakouts(np.array([100.0, 99, 98, 101]), rules_with()).confirmed_at.tolist() == [-1]


def test_no_close_has_no_breakout() -> None:
    assert find_breakouts(np.array([]), rules_with()).rows.tolist() == []


paths = st.lists(
    st.sampled_from([90.0, 95, 96.99, 97, 98, 99, 100, 100 + 1e-11, 101, 102, 103]), min_size=1, max_size=60
)


@given(paths, st.integers(1, 5), st.integers(1, 4), st.integers(1, 8))
def test_every_breakout_is_confirmed_where_step_confirms_it(
    path: list[float], base: int, closes: int, within: int
) -> None:
    rules = rules_with(base, closes, within)
    found = find_breakouts(np.array(path), rules)
    expected = {row: confirmed_by_step(np.array(path), row, rules) for row in breakouts(path, base)}
    assert dict(zip(found.rows.tolist(), found.confirmed_at.tolist(), strict=True)) == expected


def breakouts(path: list[float], base: int) -> list[int]:
    rows, last = [], -1
    for row in range(1, len(path)):
        if path[row] > max(path[:row]):
            if row - last - 1 >= base:
                rows.append(row)
            last = row
    return rows


def confirmed_by_step(closes: Floats, row: int, rules: Rules) -> int:
    """Replay `step` on the closes themselves, from a breakout on."""
    memory = Memory()
    for at in range(row, len(closes)):
        highest = closes[:at].max()
        seen = Observation(
            at, True, closes[at], highest, closes[at] > highest, 99, 0, True, False, False, True, 0,
            float("nan"), False, float("nan"), False, False, False, False, False, 0,
        )  # fmt: skip
        outcome = step(rules, memory, seen)
        memory = outcome.memory
        if outcome.reasons & Reason.CONFIRMED:
            return at
        if memory.stage != Stage.ARMED:
            return -1
    return -1


@given(st.lists(st.integers(-4, 4), min_size=30, max_size=120))
def test_the_demo_finds_the_same_sustained_breakouts(steps: list[int]) -> None:
    # The demo does not take the first 21 sessions for a base; here they hold a record each.
    closes = np.concatenate((np.arange(100.0, 125.0), 124 + np.cumsum(np.array(steps, float))))
    plan = load_plan()
    rules = event_rules(settings_with().rules, plan.signal, plan.signal.base_sessions, plan.signal.confirm_closes)
    assert find_breakouts(closes, rules).events("confirmed").tolist() == sustained_breakouts(closes)


def test_the_real_index_has_its_known_breakouts(real_market: Market) -> None:
    plan, series = load_plan(), real_market["RUT"]
    rules = event_rules(settings_with().rules, plan.signal, plan.signal.base_sessions, plan.signal.confirm_closes)
    found = find_breakouts(series.close, rules)
    in_eths_life = series.dates[found.rows][series.dates[found.rows] >= np.datetime64("2015-08-07")]
    assert in_eths_life.astype(str).tolist() == [
        "2016-11-14", "2017-02-10", "2017-04-26", "2017-06-09", "2017-09-22", "2017-11-21",
        "2018-05-16", "2018-08-21", "2020-11-13", "2021-11-02", "2025-09-18", "2025-12-04",
    ]  # fmt: skip
