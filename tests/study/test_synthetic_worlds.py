"""The generator of synthetic worlds, part by part, and the invariances of the test that runs on them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import load_config
from bot.study.breakouts import event_rules, find_breakouts
from bot.study.counted import spaced_events
from bot.study.shifts import ShiftTest, window_overlap
from bot.study.word import Word, verdict_of
from bot.study.worlds.judged_world import autocorrelation, judge_world, with_effect
from bot.study.worlds.synthetic_world import autoregression_of, cycle_scale, early_profile, make_world
from bot.study.worlds_plan import WorldKind
from tests.study.worlds_plans import short_plan

HORIZON = 63


def seed(number: int = 0) -> np.random.SeedSequence:
    return np.random.SeedSequence(1, spawn_key=(number,))


def test_an_autoregression_keeps_half_of_each_value_after_its_half_life() -> None:
    found = autoregression_of(np.array([1.0, 0.0, 2.0]), 1)
    assert found == pytest.approx([1.0, 0.5, 0.25 + 2 * np.sqrt(0.75)], abs=1e-12)


def test_a_cycle_has_the_volatility_that_it_was_scaled_by() -> None:
    assert cycle_scale(0.02, 1) == pytest.approx(0.02)  # the difference of two values half as alike has variance 1
    cycle = cycle_scale(0.02, 30) * autoregression_of(np.random.default_rng(1).standard_normal(200_000), 30)
    assert np.diff(cycle).std() == pytest.approx(0.02, rel=0.01)


def test_an_early_drift_steps_down_at_both_windows_and_adds_up_to_nothing() -> None:
    plan = short_plan()
    outcome = plan.worlds.outcome.model_copy(update={"first": 2, "sessions": 4})
    index = plan.worlds.index.model_copy(update={"sessions": 8, "future": 5})
    rule = plan.worlds.model_copy(update={"outcome": outcome, "index": index})
    profile = early_profile(rule, WorldKind(name="early", early=0.25))
    step = [0.75, -0.25, -0.25, -0.25]
    assert profile.tolist() == [0.0, 0.0, *step, 0.0, 0.0, *step, 0.0]


def test_the_outcome_of_a_world_is_the_log_return_from_each_session() -> None:
    world = make_world(short_plan().worlds, WorldKind(name="none"), HORIZON, seed())
    assert len(world.closes) == 2400 and len(world.log_prices) == 2400 - 900
    assert world.outcomes(63)[10] == world.log_prices[73] - world.log_prices[10]


def test_a_seed_makes_the_same_world_again_and_another_seed_another() -> None:
    rule, kind = short_plan().worlds, WorldKind(name="none")
    first, again, other = (make_world(rule, kind, HORIZON, seed(number)) for number in (0, 0, 1))
    assert np.array_equal(first.closes, again.closes) and np.array_equal(first.log_prices, again.log_prices)
    assert not np.array_equal(first.closes, other.closes)


def test_index_and_outcome_move_together_only_in_a_shared_regime() -> None:
    rule = short_plan().worlds
    kinds = (WorldKind(name="none"), WorldKind(name="shared", shared=True, correlation=0.5))
    found = []
    for kind in kinds:
        world = make_world(rule, kind, HORIZON, seed())
        moves = np.diff(np.log(world.closes[world.first :])), np.diff(world.log_prices)
        found.append(np.corrcoef(*moves)[0, 1])
    assert abs(found[0]) < 0.1 and 0.4 < found[1] < 0.6


def test_a_shared_regime_moves_both() -> None:
    rule = short_plan().worlds
    index, outcome = (part.model_copy(update={"regime": 0.01}) for part in (rule.index, rule.outcome))
    loud = rule.model_copy(update={"index": index, "outcome": outcome.model_copy(update={"volatility": 0.012})})
    found = []
    for is_shared in (False, True):
        world = make_world(loud, WorldKind(name="regime", shared=is_shared), HORIZON, seed())
        moves = np.diff(np.log(world.closes[world.first :])), np.diff(world.log_prices)
        found.append(np.corrcoef(*moves)[0, 1])
    assert found[1] > found[0] + 0.3


def test_early_drifts_are_added_to_the_same_world() -> None:
    rule = short_plan().worlds
    plain = make_world(rule, WorldKind(name="none"), HORIZON, seed())
    kind = WorldKind(name="early", early=0.4, early_index=0.63, early_outcome=-1.26)
    early, profile = make_world(rule, kind, HORIZON, seed()), early_profile(rule, kind)
    assert np.log(early.closes / plain.closes) == pytest.approx(0.01 * np.cumsum(profile), abs=1e-9)
    assert early.log_prices - plain.log_prices == pytest.approx(-0.02 * np.cumsum(profile[900:]), abs=1e-9)


def test_a_kind_may_have_a_regime_of_its_own() -> None:
    rule = short_plan().worlds
    calm = rule.model_copy(update={"outcome": rule.outcome.model_copy(update={"regime": 0.0})})
    expected = make_world(calm, WorldKind(name="none"), HORIZON, seed()).log_prices
    assert np.array_equal(make_world(rule, WorldKind(name="none", regime=0.0), HORIZON, seed()).log_prices, expected)


def test_an_autocorrelation_by_hand() -> None:
    # Deviations -1, 1, -1, 1: three products of -1 over four squares.
    assert autocorrelation(np.array([1.0, 3.0, 1.0, 3.0]), 1) == -0.75


def test_episodes_of_a_world_are_those_of_its_past_and_of_its_window() -> None:
    plan, rules = short_plan(), rotation_settings(load_config()).rules
    inside, past = 0, 0
    for number in range(20):
        world = make_world(plan.worlds, plan.worlds.kinds[0], HORIZON, seed(number))
        record = judge_world(plan, rules, plan.worlds.kinds[0], seed(number))
        known = find_breakouts(world.closes[:1500], event_rules(rules, plan.signal, 21, 5)).confirmed_at
        known = known[known >= 0]
        counted = known[spaced_events(known, 63, "front")]
        in_window = counted[(counted >= 900) & (counted < 1400)]
        assert (record["n"], record["n_all"]) == (len(in_window), len(counted))
        inside, past = inside + len(in_window), past + len(counted) - len(in_window)
    assert inside > 10 and past > 10


# --- the test on such worlds --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def case() -> ShiftTest:
    outcomes = make_world(short_plan().worlds, WorldKind(name="none"), HORIZON, seed()).outcomes(HORIZON)
    return ShiftTest(outcomes[:800], np.array([100, 180, 300, 390, 520, 600]), HORIZON)


def test_an_added_effect_is_what_the_lower_test_takes_out(case: ShiftTest) -> None:
    added = with_effect(case, 0.5)
    assert added.mended(0.5) == pytest.approx(case.outcomes, abs=1e-12)
    assert added.low(0.35).count == case.low(-0.15).count
    assert added.excess > case.excess


def test_a_constant_in_the_outcomes_changes_nothing(case: ShiftTest) -> None:
    raised = ShiftTest(case.outcomes + 3.0, case.events, HORIZON)
    assert raised.statistics == pytest.approx(case.statistics, abs=1e-12)
    assert (raised.up.count, raised.low(0.35).count) == (case.up.count, case.low(0.35).count)


def test_episodes_that_move_with_the_data_change_nothing(case: ShiftTest) -> None:
    moved = ShiftTest(np.roll(case.outcomes, 90), case.events + 90, HORIZON)
    assert moved.statistics == pytest.approx(case.statistics, abs=1e-12)
    assert (moved.up.count, moved.low(0.35).count) == (case.up.count, case.low(0.35).count)


@pytest.mark.parametrize("lag", [-40, 0, 7, 55])
def test_an_added_step_is_found_with_its_lag(case: ShiftTest, lag: int) -> None:
    added = case.outcomes * 0.01 + np.roll(window_overlap(case.events, 800, HORIZON), lag)
    found = ShiftTest(added, case.events, HORIZON)
    assert int(np.argmax(found.statistics)) == lag % 800
    rule = short_plan().judgement
    assert (verdict_of(found, rule, 0.35) is Word.SUPPORTED) == (lag in (0, 7))
