"""Looks of the prospective verdict: episodes since the date, sessions of a look, spent levels, critical values."""

from __future__ import annotations

import numpy as np
import pytest

from bot.study.breakouts import Breakouts
from bot.study.plan import load_plan
from bot.study.plan_values import Event
from bot.study.planned_looks import CriticalValues, PlannedLook, counted_since, looks_at, word_of_look
from bot.study.shifts import ShiftTest
from bot.study.word import Word
from bot.study.worlds.spending import critical_values, spent
from bot.study.worlds.waiting import sessions_to_look, wait_quantiles

NAN = float("nan")
SPACING = load_plan().signal.spacing


def since(found: Breakouts, kind: Event) -> list[int]:
    """The episodes of a plan that begins at row 150."""
    return counted_since(found.events(kind), found.beginnings(kind), SPACING, 150).tolist()


def test_the_spacing_goes_on_from_the_last_episode_before_the_date() -> None:
    # Counted: 104; not 164 (60 after); 204; not 210 (6 after). The plan begins at row 150.
    found = Breakouts(np.array([100, 160, 200, 206, 300]), np.array([104, 164, 204, 210, -1]))
    assert since(found, "confirmed") == [204]


def test_an_episode_whose_breakout_lies_before_the_date_belongs_to_the_past() -> None:
    found = Breakouts(np.array([147, 230]), np.array([152, 236]))
    assert since(found, "confirmed") == [236]


def test_breakouts_themselves_count_where_the_plan_says_so() -> None:
    found = Breakouts(np.array([147, 230]), np.array([-1, -1]))
    assert since(found, "breakout") == [230]


def test_a_look_has_the_sessions_up_to_its_last_episode() -> None:
    looks = looks_at(np.arange(20.0), np.array([6, 9, 12]), 5, [2, 3, 4], 2)
    found = [(look.episodes, look.row, len(look.test.outcomes), look.test.events.tolist()) for look in looks]
    assert found == [(2, 9, 5, [1, 4]), (3, 12, 8, [1, 4, 7])]


def test_a_look_is_judged_by_its_own_critical_values() -> None:
    test = ShiftTest(np.array([0.0] * 40 + [1.0, 0.9] + [0.0] * 58), np.array([40, 41]), 5)
    assert test.up.p == 0.01
    look = PlannedLook(2, 41, test)
    assert word_of_look(look, CriticalValues(0.009, 0.0), 0.35) is Word.INCONCLUSIVE
    assert word_of_look(look, CriticalValues(0.01, 0.0), 0.35) is Word.SUPPORTED


@pytest.mark.parametrize(
    ("alpha", "share", "level"),
    # O'Brien-Fleming spending of three equal looks, as in tables of group-sequential designs.
    [(0.025, 1 / 3, 0.000104), (0.025, 2 / 3, 0.00605), (0.025, 1.0, 0.025), (0.05, 0.5, 0.00557)],
)
def test_the_level_that_is_spent(alpha: float, share: float, level: float) -> None:
    assert spent(alpha, share) == pytest.approx(level, rel=0.01)


def test_a_critical_value_lies_between_what_may_reject_and_the_next() -> None:
    p_values = np.array([[0.3], [0.1], [0.4], [0.2]])
    assert critical_values(p_values, 0.5, [5]) == [0.25]  # two of four
    assert critical_values(p_values, 0.2, [5]) == [0.0]  # none of four
    assert critical_values(p_values, 1.0, [5]) == [1.0]


def test_the_whole_level_is_spent_at_the_last_look() -> None:
    # 0.025 of 40 worlds is one world, though the spending function comes out a digit under 0.025.
    assert critical_values(np.arange(1, 41).reshape(-1, 1) / 40, 0.025, [5]) == [0.0375]


def test_equal_p_values_are_rejected_together_or_not_at_all() -> None:
    assert critical_values(np.array([[0.1], [0.2], [0.2], [0.4]]), 0.5, [5]) == [0.15]
    assert critical_values(np.array([[0.1], [0.1], [0.1], [0.4]]), 0.5, [5]) == [0.0]


def test_a_world_that_was_rejected_is_not_looked_at_again() -> None:
    # 20 worlds, a level of 0.5: 10 rejections in all, of which spent(0.5, 1/2) = 0.34 are 6 at the first look.
    first = np.arange(1, 21) / 100
    second = np.where(first <= 0.06, 0.001, 0.5 + first)
    second[6] = NAN  # this world ends before the second look
    found = critical_values(np.column_stack([first, second]), 0.5, [1, 2])
    assert found == [0.065, 0.615]  # the first six; then 0.58 to 0.61 of those that are left


# --- the time to a look -------------------------------------------------------------------------------------------


WAITS = [[10, 80, 150], [30, 100], [200, 300, 400]]


def test_the_sessions_from_the_date_to_a_look() -> None:
    assert sessions_to_look(WAITS, 2, 0).tolist() == [80, 100, 300]
    assert sessions_to_look(WAITS, 3, 63).tolist() == [213, 463, np.inf]


def test_quantiles_of_a_wait() -> None:
    assert wait_quantiles(np.array([1.0, 2.0, 3.0, np.inf]), (0.05, 0.5, 0.95)) == [1.0, 2.0, 3.0]
