"""The table of docs/thesis.md row by row: every answer is worked by hand from the text, with L = 100.

Session 50 is the breakout, 54 the confirmation and the entry into ETH, unless a test says otherwise. ETH stood at
2000 then. With the highest close of 105 the trail is 0.97 x max(100, 0.93 x 105 = 97.65) = 97.
"""

from __future__ import annotations

from typing import Any

import pytest

from strategies.rotation.rules import Rules, Stage, reason_codes
from strategies.rotation.state import Breakout, EthPosition, Memory, Observation, Outcome
from strategies.rotation.step import step
from tests.markets import settings_with

ARTICLE = settings_with().rules
GATED = settings_with({"entry": "gated"}).rules

BREAKOUT = Breakout(level=100.0, high=101.0, closes_above=1, session=50)
SUSTAINED = Breakout(level=100.0, high=105.0, closes_above=5, session=50, confirmed_session=54)
STABLE = Memory()
ARMED = Memory(Stage.ARMED, stage_session=50, breakout=BREAKOUT)
CONFIRMED = Memory(Stage.CONFIRMED, stage_session=54, breakout=SUSTAINED)
ETH = CONFIRMED._replace(stage=Stage.ETH, tranche=1, eth=EthPosition(session=54, high=2000.0))
ALTS = ETH._replace(stage=Stage.ALTS, stage_session=75, tranche=2)
DISTRIBUTION = ETH._replace(stage=Stage.DISTRIBUTION, stage_session=120, came_from=Stage.ETH, tranche=2)
COOLDOWN = Memory(Stage.COOLDOWN, stage_session=60, killed=True)


def armed_with(closes_above: int) -> Memory:
    """Armed, with so many closes above the level."""
    return ARMED._replace(breakout=BREAKOUT._replace(closes_above=closes_above))


def seen(**changes: Any) -> Observation:
    """A calm session at which nothing happens: small caps at 103, gates passing, the last record 20 sessions ago."""
    calm = Observation(
        session=56,
        new_session=True,
        close=103.0,
        prior_high=105.0,
        is_record=False,
        base=0,
        sessions_since_record=20,
        gates_pass=True,
        credit_stress=False,
        volatility_kill=False,
        rs_up=True,
        rs_weak_sessions=0,
        eth_close=2000.0,
        eth_above_trend=True,
        eth_range=50.0,
        pair_above=False,
        pair_below=False,
        breadth_passes=False,
        peg_broken=False,
        thin_trading=False,
        missed=0,
    )
    return calm._replace(**changes)


def record(session: int, close: float = 101.0, base: int = 30, **changes: Any) -> Observation:
    """A session whose close of 101 is a record above the level of 100."""
    return seen(
        session=session, close=close, prior_high=100.0, is_record=True, base=base, sessions_since_record=0, **changes
    )


def after(memory: Memory, observation: Observation, rules: Rules = ARTICLE) -> Outcome:
    return step(rules, memory, observation)


def reasons(outcome: Outcome) -> set[str]:
    return set(reason_codes(outcome.reasons))


def folded(memory: Memory, observations: list[Observation], rules: Rules = ARTICLE) -> list[Outcome]:
    outcomes = []
    for observation in observations:
        outcomes.append(step(rules, memory, observation))
        memory = outcomes[-1].memory
    return outcomes


class TestStableToArmed:
    def test_a_record_after_21_sessions_without_one_arms(self) -> None:
        outcome = after(STABLE, record(50, base=21))
        assert outcome.stage == Stage.ARMED
        assert reasons(outcome) == {"breakout", "waits_for_closes"}

    def test_a_record_after_20_sessions_without_one_does_not_arm(self) -> None:
        outcome = after(STABLE, record(50, base=20))
        assert outcome.stage == Stage.STABLE
        assert reasons(outcome) == {"waits_for_record"}

    def test_arming_freezes_the_highest_close_before_as_the_level_and_counts_its_own_close(self) -> None:
        memory = after(STABLE, record(50, close=102.5)).memory
        assert memory.breakout == Breakout(level=100.0, high=102.5, closes_above=1, session=50)

    def test_a_later_record_does_not_move_the_frozen_level(self) -> None:
        first, second = folded(STABLE, [record(50), seen(session=51, close=104, prior_high=101, is_record=True)])
        assert (first.memory.breakout.level, second.memory.breakout.level) == (100.0, 100.0)
        assert second.memory.breakout.high == 104

    def test_thin_trading_is_a_warning_and_arms_all_the_same(self) -> None:
        outcome = after(STABLE, record(50, thin_trading=True))
        assert outcome.stage == Stage.ARMED
        assert "thin_trading" in reasons(outcome)

    def test_any_record_arms_again_after_a_kill(self) -> None:
        outcome = after(STABLE._replace(killed=True), record(50, base=0))
        assert outcome.stage == Stage.ARMED
        assert "rearmed" in reasons(outcome)

    def test_an_arming_uses_the_kill_up(self) -> None:
        armed = after(STABLE._replace(killed=True), record(50, base=0)).memory
        assert not armed.killed
        again = after(Memory(killed=armed.killed), record(62, base=3))
        assert again.stage == Stage.STABLE

    def test_a_failed_breakout_is_no_kill(self) -> None:
        failed = after(ARMED, seen(session=51, close=96.9))
        assert not failed.memory.killed
        assert after(failed.memory, record(52, base=1)).stage == Stage.STABLE


class TestArmed:
    def test_a_close_under_97_percent_of_the_level_fails(self) -> None:
        outcome = after(ARMED, seen(session=52, close=96.99))
        assert outcome.stage == Stage.STABLE
        assert reasons(outcome) == {"failed", "waits_for_record"}

    def test_a_close_at_exactly_97_percent_of_the_level_does_not_fail(self) -> None:
        assert after(ARMED, seen(session=52, close=97.0)).stage == Stage.ARMED

    def test_five_closes_above_not_in_a_row_confirm(self) -> None:
        closes = [102, 99, 103, 100, 104, 98, 101]  # with the breakout's own: above at 0, 1, 3, 5, 7
        outcomes = folded(ARMED, [seen(session=51 + i, close=float(c)) for i, c in enumerate(closes)], GATED)
        assert [o.stage for o in outcomes[:-1]] == [Stage.ARMED] * 6
        assert outcomes[-1].memory.breakout.confirmed_session == 57

    def test_a_close_at_the_level_is_not_above_it(self) -> None:
        outcome = after(armed_with(4), seen(session=54, close=100.0))
        assert outcome.stage == Stage.ARMED
        assert outcome.memory.breakout.closes_above == 4

    def test_gates_are_asked_until_they_pass(self) -> None:
        waiting = after(armed_with(4), seen(session=54, gates_pass=False))
        assert waiting.stage == Stage.ARMED
        assert reasons(waiting) == {"waits_for_gates"}
        passed = after(waiting.memory, seen(session=55), GATED)
        assert "confirmed" in reasons(passed)
        assert passed.memory.breakout.confirmed_session == 55

    def test_gates_that_pass_on_a_session_under_the_level_do_not_confirm(self) -> None:
        outcome = after(armed_with(5), seen(session=56, close=99.5))
        assert outcome.stage == Stage.ARMED

    def test_the_tenth_session_after_the_breakout_may_still_confirm(self) -> None:
        outcome = after(armed_with(4), seen(session=60, close=101.0), GATED)
        assert "confirmed" in reasons(outcome)

    def test_the_tenth_session_with_four_closes_above_expires(self) -> None:
        outcome = after(armed_with(4), seen(session=60, close=99.0))
        assert outcome.stage == Stage.STABLE
        assert reasons(outcome) == {"expired", "waits_for_record"}

    def test_the_tenth_session_with_five_closes_and_a_gate_shut_is_vetoed(self) -> None:
        outcome = after(armed_with(4), seen(session=60, close=101.0, gates_pass=False))
        assert outcome.stage == Stage.STABLE
        assert reasons(outcome) == {"vetoed", "waits_for_record"}

    def test_the_ninth_session_neither_expires_nor_is_vetoed(self) -> None:
        assert after(ARMED, seen(session=59, close=99.0)).stage == Stage.ARMED
        assert after(armed_with(6), seen(session=59, gates_pass=False)).stage == Stage.ARMED

    def test_a_weekend_counts_no_close_a_second_time(self) -> None:
        friday = after(ARMED, seen(session=53, close=103.0)).memory
        saturday = after(friday, seen(session=53, close=103.0, new_session=False)).memory
        assert saturday.breakout.closes_above == friday.breakout.closes_above == 2


class TestConfirmed:
    def test_the_article_enters_eth_in_the_decision_that_confirms(self) -> None:
        outcome = after(armed_with(4), seen(session=54))
        assert (outcome.stage, outcome.tranche) == (Stage.ETH, 1)
        assert reasons(outcome) == {"confirmed", "entered_eth"}

    def test_the_gated_rule_waits_for_eths_trend(self) -> None:
        outcome = after(armed_with(4), seen(session=54, eth_above_trend=False), GATED)
        assert outcome.stage == Stage.CONFIRMED
        assert reasons(outcome) == {"confirmed", "waits_for_trend"}

    @pytest.mark.parametrize("standing", ["credit_stress", "volatility_kill"])
    def test_the_gated_rule_does_not_enter_while_a_kill_reading_stands(self, standing: str) -> None:
        assert after(CONFIRMED, seen(**{standing: True}), GATED).stage == Stage.CONFIRMED

    @pytest.mark.parametrize("standing", ["credit_stress", "volatility_kill"])
    def test_a_reading_stands_though_its_exit_is_switched_off(self, standing: str) -> None:
        off = settings_with({"entry": "gated", "risk_exits": {"credit": False, "volatility": False}}).rules
        assert after(CONFIRMED, seen(**{standing: True}), off).stage == Stage.CONFIRMED
        assert after(ETH, seen(**{standing: True}), off).stage == Stage.ETH

    def test_the_gated_rule_may_enter_on_a_weekend(self) -> None:
        outcome = after(CONFIRMED, seen(new_session=False, eth_close=1800.0), GATED)
        assert outcome.stage == Stage.ETH
        assert outcome.memory.eth.high == 1800.0

    def test_a_close_under_the_trail_ends_it(self) -> None:
        assert after(CONFIRMED, seen(close=97.0, eth_above_trend=False), GATED).stage == Stage.CONFIRMED
        outcome = after(CONFIRMED, seen(close=96.99), GATED)
        assert outcome.stage == Stage.STABLE
        assert reasons(outcome) == {"fell_back", "waits_for_record"}

    def test_falling_back_is_no_kill(self) -> None:
        assert not after(CONFIRMED, seen(close=96.0), GATED).memory.killed

    def test_it_ends_21_sessions_after_the_confirmation_without_a_trend(self) -> None:
        assert after(CONFIRMED, seen(session=74, eth_above_trend=False), GATED).stage == Stage.CONFIRMED
        outcome = after(CONFIRMED, seen(session=75, eth_above_trend=False), GATED)
        assert outcome.stage == Stage.STABLE
        assert reasons(outcome) == {"no_trend", "waits_for_record"}

    def test_on_session_21_itself_the_trend_still_counts(self) -> None:
        assert after(CONFIRMED, seen(session=75), GATED).stage == Stage.ETH


class TestEth:
    def test_the_second_half_comes_on_the_fifth_session_after_entry(self) -> None:
        assert after(ETH, seen(session=58)).tranche == 1
        outcome = after(ETH, seen(session=59))
        assert outcome.tranche == 2
        assert "second_tranche" in reasons(outcome)

    def test_63_sessions_since_the_confirmation_and_no_record_since_end_in_distribution(self) -> None:
        full = ETH._replace(tranche=2)
        assert after(full, seen(session=116, sessions_since_record=66)).stage == Stage.ETH  # 116 - 54 = 62
        outcome = after(full, seen(session=117, sessions_since_record=67))
        assert outcome.stage == Stage.DISTRIBUTION
        assert "no_new_record" in reasons(outcome)

    def test_a_record_after_the_confirmation_starts_the_63_sessions_anew(self) -> None:
        assert after(ETH, seen(session=117, sessions_since_record=62)).stage == Stage.ETH
        assert after(ETH, seen(session=118, sessions_since_record=63)).stage == Stage.DISTRIBUTION

    def test_ten_sessions_of_weak_small_caps_end_in_distribution(self) -> None:
        assert after(ETH, seen(rs_weak_sessions=9)).stage == Stage.ETH
        outcome = after(ETH, seen(rs_weak_sessions=10))
        assert outcome.stage == Stage.DISTRIBUTION
        assert outcome.memory.came_from == Stage.ETH
        assert "weak_small_caps" in reasons(outcome)

    def test_altcoins_come_21_sessions_after_the_confirmation(self) -> None:
        full, good = ETH._replace(tranche=2), {"pair_above": True, "breadth_passes": True}
        assert after(full, seen(session=74, **good)).stage == Stage.ETH
        outcome = after(full, seen(session=75, **good))
        assert outcome.stage == Stage.ALTS
        assert "entered_alts" in reasons(outcome)

    @pytest.mark.parametrize("lacking", ["pair_above", "breadth_passes"])
    def test_altcoins_need_both_the_pair_and_the_breadth(self, lacking: str) -> None:
        good = {"pair_above": True, "breadth_passes": True} | {lacking: False}
        assert after(ETH, seen(session=80, **good)).stage == Stage.ETH

    def test_a_spent_impulse_goes_before_altcoins_because_its_row_stands_first(self) -> None:
        outcome = after(ETH, seen(session=80, rs_weak_sessions=10, pair_above=True, breadth_passes=True))
        assert outcome.stage == Stage.DISTRIBUTION


class TestAlts:
    def test_five_weak_days_in_a_row_since_entering_lead_back_to_all_eth(self) -> None:
        outcomes = folded(ALTS, [seen(session=76, pair_below=True)] * 5)
        assert [o.stage for o in outcomes] == [Stage.ALTS] * 4 + [Stage.ETH]
        assert outcomes[-1].tranche == 2  # a return to ETH: 98%
        assert "eth_lags_btc" in reasons(outcomes[-1])

    def test_one_day_that_is_not_weak_starts_the_count_anew(self) -> None:
        days = [True] * 4 + [False] + [True] * 4
        outcomes = folded(ALTS, [seen(session=76, pair_below=weak) for weak in days])
        assert outcomes[-1].stage == Stage.ALTS

    def test_weak_days_before_entering_do_not_count(self) -> None:
        days = [seen(session=75, pair_below=True)] * 3
        days += [seen(session=75, pair_above=True, breadth_passes=True)] + [seen(session=76, pair_below=True)] * 4
        outcomes = folded(ETH._replace(tranche=2), days)
        assert [o.stage for o in outcomes[3:]] == [Stage.ALTS] * 5

    def test_a_day_without_the_pair_starts_the_count_anew(self) -> None:
        weak, missing = seen(session=76, pair_below=True), seen(session=76, pair_above=False, pair_below=False)
        outcomes = folded(ALTS, [weak] * 4 + [missing] + [weak] * 4)
        assert outcomes[-1].stage == Stage.ALTS

    def test_altcoins_bought_with_half_the_eth_return_to_all_of_it(self) -> None:
        outcome = after(
            ALTS._replace(tranche=1, eth=ALTS.eth._replace(pair_weak_days=4)), seen(session=76, pair_below=True)
        )
        assert (outcome.stage, outcome.tranche) == (Stage.ETH, 2)


class TestDistribution:
    @pytest.mark.parametrize("origin", [Stage.ETH, Stage.ALTS])
    def test_a_record_with_rs_up_returns_to_the_stage_it_came_from(self, origin: Stage) -> None:
        outcome = after(DISTRIBUTION._replace(came_from=origin), record(130, close=106.0))
        assert (outcome.stage, outcome.tranche) == (origin, 2)
        assert "resumed" in reasons(outcome)

    def test_a_record_without_rs_does_not_return(self) -> None:
        assert after(DISTRIBUTION, record(130, close=106.0, rs_up=False)).stage == Stage.DISTRIBUTION

    def test_a_record_on_stale_inputs_does_not_return(self) -> None:
        assert after(DISTRIBUTION, record(130, close=106.0, missed=4)).stage == Stage.DISTRIBUTION

    def test_21_sessions_in_it_lead_to_stable(self) -> None:
        assert after(DISTRIBUTION, seen(session=140)).stage == Stage.DISTRIBUTION
        outcome = after(DISTRIBUTION, seen(session=141))
        assert outcome.stage == Stage.STABLE
        assert "distributed" in reasons(outcome)

    def test_on_session_21_the_return_stands_first(self) -> None:
        assert after(DISTRIBUTION, record(141, close=106.0)).stage == Stage.ETH

    def test_on_session_21_a_breakout_without_rs_arms_by_way_of_stable(self) -> None:
        outcome = after(DISTRIBUTION, record(141, close=106.0, base=40, rs_up=False))
        assert outcome.stage == Stage.ARMED
        assert reasons(outcome) == {"distributed", "breakout", "waits_for_closes"}

    def test_it_does_not_reset_eths_highest_close(self) -> None:
        back = after(
            DISTRIBUTION._replace(eth=DISTRIBUTION.eth._replace(high=3000.0)),
            record(130, close=106.0, eth_close=2400.0),
        )
        assert back.memory.eth.high == 3000.0
        assert after(back.memory, seen(session=131, eth_close=2250.0)).stage == Stage.COOLDOWN  # 0.75 x 3000

    def test_the_count_of_weak_pair_days_begins_anew_on_a_return_to_altcoins(self) -> None:
        memory = DISTRIBUTION._replace(came_from=Stage.ALTS, eth=DISTRIBUTION.eth._replace(pair_weak_days=4))
        back = after(memory, record(130, close=106.0))
        assert after(back.memory, seen(session=131, pair_below=True)).stage == Stage.ALTS


class TestKills:
    @pytest.mark.parametrize("memory", [ETH, ALTS, DISTRIBUTION], ids=["eth", "alts", "distribution"])
    @pytest.mark.parametrize(
        ("reading", "why"),
        [
            ({"credit_stress": True}, "kill_credit"),
            ({"volatility_kill": True}, "kill_volatility"),
            ({"close": 96.99}, "kill_trail"),
            ({"eth_close": 1500.0}, "kill_eth"),
        ],
    )
    def test_each_kill_leads_from_every_invested_stage_to_cooldown(
        self, memory: Memory, reading: dict[str, Any], why: str
    ) -> None:
        outcome = after(memory, seen(session=125, sessions_since_record=0, **reading))
        assert outcome.stage == Stage.COOLDOWN
        assert reasons(outcome) == {why}
        assert outcome.memory.killed

    def test_a_kill_ends_the_decision_and_joins_its_reasons(self) -> None:
        everything = seen(
            session=125, close=90.0, credit_stress=True, volatility_kill=True, eth_close=1000.0, rs_weak_sessions=12
        )
        outcome = after(ETH, everything)
        assert reasons(outcome) == {"kill_credit", "kill_volatility", "kill_trail", "kill_eth"}
        assert outcome.tranche == 0

    def test_readings_kill_on_a_new_session_only(self) -> None:
        weekend = seen(close=90.0, credit_stress=True, volatility_kill=True, new_session=False)
        assert after(ETH, weekend).stage == Stage.ETH

    def test_eths_own_fall_kills_on_any_day(self) -> None:
        assert after(ETH, seen(eth_close=1500.0, new_session=False)).stage == Stage.COOLDOWN
        assert after(ETH, seen(eth_close=1500.01, new_session=False)).stage == Stage.ETH

    def test_eths_highest_close_rises_with_eth(self) -> None:
        risen = after(ETH, seen(eth_close=2400.0)).memory
        assert after(risen, seen(eth_close=1801.0)).stage == Stage.ETH  # 0.75 x 2400 = 1800
        assert after(risen, seen(eth_close=1800.0)).stage == Stage.COOLDOWN

    def test_the_trail_rises_with_the_highest_close_since_the_breakout(self) -> None:
        # 0.97 x 0.93 x 120 = 108.252
        risen = after(ETH, seen(close=120.0)).memory
        assert after(risen, seen(session=57, close=108.26)).stage == Stage.ETH
        assert after(risen, seen(session=57, close=108.25)).stage == Stage.COOLDOWN

    def test_a_close_at_the_drawdown_stop_sells(self) -> None:
        # 2000 x (1 - 0.25) = 1500
        assert after(ETH, seen(eth_close=1500.01)).stage == Stage.ETH
        assert after(ETH, seen(eth_close=1500.0)).stage == Stage.COOLDOWN

    def test_the_atr_option_measures_eths_fall_in_ranges(self) -> None:
        rules = settings_with({"eth_stop": {"measure": "atr"}}).rules  # 2000 - 3 x 50 = 1850
        assert after(ETH, seen(eth_close=1850.01), rules).stage == Stage.ETH
        assert after(ETH, seen(eth_close=1850.0), rules).stage == Stage.COOLDOWN  # at the stop, as for the drawdown
        assert after(ETH, seen(eth_close=1400.0, eth_range=float("nan")), rules).stage == Stage.ETH

    def test_a_broken_peg_warns_and_kills_only_if_told_to(self) -> None:
        warned = after(ETH, seen(peg_broken=True))
        assert warned.stage == Stage.ETH
        assert "peg_broken" in reasons(warned)
        rules = settings_with({"risk_exits": {"peg": True}}).rules
        assert after(ETH, seen(peg_broken=True), rules).stage == Stage.COOLDOWN

    @pytest.mark.parametrize(
        ("switch", "reading"),
        [
            ("credit", {"credit_stress": True}),
            ("volatility", {"volatility_kill": True}),
            ("trail", {"close": 90.0}),
            ("eth_drawdown", {"eth_close": 900.0}),
        ],
    )
    def test_each_kill_can_be_switched_off(self, switch: str, reading: dict[str, Any]) -> None:
        rules = settings_with({"risk_exits": {switch: False}}).rules
        assert after(ETH, seen(**reading), rules).stage == Stage.ETH

    @pytest.mark.parametrize("memory", [STABLE, ARMED, CONFIRMED, COOLDOWN])
    def test_no_kill_reading_moves_a_stage_that_holds_nothing_to_cooldown(self, memory: Memory) -> None:
        outcome = after(memory, seen(session=57, credit_stress=True, volatility_kill=True, eth_close=1.0), GATED)
        assert outcome.stage == memory.stage


class TestCooldown:
    def test_it_lasts_ten_sessions(self) -> None:
        assert after(COOLDOWN, seen(session=69)).stage == Stage.COOLDOWN
        outcome = after(COOLDOWN, seen(session=70))
        assert outcome.stage == Stage.STABLE
        assert reasons(outcome) == {"cooled_down", "waits_for_record"}

    def test_a_record_during_it_is_lost(self) -> None:
        during, later = folded(COOLDOWN, [record(65), seen(session=70)])
        assert during.stage == Stage.COOLDOWN
        assert later.stage == Stage.STABLE

    def test_its_last_session_may_arm_in_the_same_pass(self) -> None:
        outcome = after(COOLDOWN, record(70, base=2))
        assert outcome.stage == Stage.ARMED
        assert reasons(outcome) == {"cooled_down", "rearmed", "waits_for_closes"}


class TestStale:
    def test_three_missed_are_fresh_and_four_are_stale(self) -> None:
        assert "stale" not in reasons(after(ETH, seen(missed=3)))
        assert reasons(after(ETH, seen(missed=4))) == {"stale", "holds"}

    def test_nothing_is_bought_on_stale_inputs(self) -> None:
        assert after(ETH, seen(session=59, missed=4)).tranche == 1
        full = ETH._replace(tranche=2)
        assert after(full, seen(session=75, missed=4, pair_above=True, breadth_passes=True)).stage == Stage.ETH
        assert after(armed_with(4), seen(session=54, missed=4)).stage == Stage.CONFIRMED

    @pytest.mark.parametrize("memory", [ETH, ALTS], ids=["eth", "alts"])
    def test_three_more_lead_to_distribution(self, memory: Memory) -> None:
        assert after(memory, seen(session=76, missed=6)).stage == memory.stage
        outcome = after(memory, seen(session=76, missed=7))
        assert outcome.stage == Stage.DISTRIBUTION
        assert outcome.memory.came_from == memory.stage
        assert "stale_too_long" in reasons(outcome)

    @pytest.mark.parametrize("memory", [STABLE, ARMED, CONFIRMED, COOLDOWN])
    def test_a_stage_that_holds_nothing_stays_where_it_is(self, memory: Memory) -> None:
        assert after(memory, seen(session=57, missed=7)).stage == memory.stage

    def test_stale_inputs_do_not_hold_a_kill_back(self) -> None:
        outcome = after(ETH, seen(missed=7, eth_close=1500.0))
        assert outcome.stage == Stage.COOLDOWN
        assert reasons(outcome) == {"stale", "stale_too_long", "kill_eth"}


def test_one_pass_runs_down_the_whole_table() -> None:
    """ARMED -> CONFIRMED -> ETH -> DISTRIBUTION in one decision, where small caps have been weak all the while."""
    outcome = after(armed_with(4), seen(session=54, rs_weak_sessions=10))
    assert outcome.stage == Stage.DISTRIBUTION
    assert reasons(outcome) == {"confirmed", "entered_eth", "weak_small_caps"}
    assert outcome.memory.came_from == Stage.ETH


def test_one_episode_from_the_breakout_to_the_next_arming() -> None:
    """STABLE, ARMED, ETH at 49% and 98%, a kill, ten sessions of cooldown, and any record arms again."""
    days = [record(50)]
    days += [seen(session=s, close=102.0) for s in range(51, 55)]  # closes 2 to 5 above the level
    days += [seen(session=s, close=104.0) for s in range(55, 60)]  # 59 is the fifth after entry
    days += [seen(session=60, close=96.9)]  # trail 0.97 x max(100, 0.93 x 104 = 96.72) = 97
    days += [seen(session=s, close=100.0) for s in range(61, 70)]
    days += [record(70, close=104.5, base=11)]
    path = [(Stage(o.stage).name, o.tranche) for o in folded(STABLE, days)]
    assert path == ([("ARMED", 0)] * 4 + [("ETH", 1)] * 5 + [("ETH", 2)] + [("COOLDOWN", 0)] * 10 + [("ARMED", 0)])
