"""The supercycle score: each of its four parts on small series worked by hand, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.market import Market
from bot.core.moments import utc
from bot.services.strategy_settings import rotation_settings
from strategies.rotation.pullbacks import Pullback, pullbacks, share_recovered
from strategies.rotation.rotation import Rotation
from strategies.rotation.supercycle import Supercycle, mean_correlations, runs_above, spread_of_returns
from strategies.rotation.view import RotationView
from tests.markets import (
    Prices,
    closes_on_days,
    closes_on_sessions,
    config_with,
    market_of,
    random_market,
    session_days,
    settings_with,
    with_series,
)

FIRST, EARLY = "2024-01-02", "2023-12-01"
SECTORS = ["XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU"]
NAN = float("nan")


def market(rut: Sequence[float], **others: Prices) -> Market:
    """RUT's closes by session from 2024-01-02, with ETH and BTC; what else is given."""
    days = int((session_days(FIRST, len(rut))[-1] - np.datetime64(EARLY)).astype(int)) + 1
    coins = {"ETH": closes_on_days(EARLY, [2000.0] * days), "BTC": closes_on_days(EARLY, [40000.0] * days)}
    return market_of({"RUT": closes_on_sessions(FIRST, rut), **coins, **others})


def score(made: Market, changes: Mapping[str, Any] | None = None) -> Supercycle:
    return RotationView(made, rotation_settings(config_with(changes or {}))).supercycle


def part(made: Market, name: str, changes: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    """A part at the last decision: its value, threshold, verdict and note."""
    found = next(p for p in score(made, changes).at(-1)["parts"] if p["name"] == name)
    return found["value"], found["threshold"], found["verdict"], found["note"]


TRAIL = settings_with({"trail": {"of_level": 0.97, "of_high": 0.9}}).rules


class TestLongRun:
    SMALL: Mapping[str, Any] = {
        "rotation": {"breakout": {"base_sessions": 2}},
        "supercycle": {"long_run": {"runs_needed": 2}},
    }

    def runs(self, *closes: float) -> tuple[list[float], list[tuple[int, int]]]:
        """The runs of closes whose record closes all count as breakouts; the trail is 10% under the high."""
        close = np.array(closes)
        before = np.concatenate(([NAN], np.fmax.accumulate(close)[:-1]))
        runs = runs_above(close, before, close > before, TRAIL)
        return runs.lengths.tolist(), runs.completed

    def test_a_run_counts_its_closes_above_the_level_from_the_breakout_on(self) -> None:
        assert self.runs(100, 101, 102, 103) == ([0, 1, 2, 3], [])

    def test_a_close_a_little_under_the_level_is_not_counted_and_does_not_end_the_run(self) -> None:
        assert self.runs(100, 101, 98, 102) == ([0, 1, 1, 2], [])

    def test_a_close_under_97_per_cent_of_the_level_ends_it(self) -> None:
        assert self.runs(100, 101, 102, 96.9, 99) == ([0, 1, 2, 0, 0], [(3, 2)])

    def test_a_fall_of_more_than_the_trail_from_its_high_ends_it_far_above_the_level(self) -> None:
        # 0.97 x 0.9 x 200 = 174.6
        assert self.runs(100, 150, 200, 174.7, 174.5) == ([0, 1, 2, 3, 0], [(4, 4)])

    def test_a_record_inside_a_run_does_not_move_its_level(self) -> None:
        # the level is 100, not 110: 105 is counted
        assert self.runs(100, 110, 120, 105) == ([0, 1, 2, 3], [])

    def test_a_session_without_a_close_has_no_length_and_leaves_the_run_as_it_was(self) -> None:
        lengths, completed = self.runs(100, 101, NAN, 102)
        assert (lengths[1], np.isnan(lengths[2]), lengths[3], completed) == (1, True, 2, [])

    def test_the_median_is_that_of_the_runs_that_were_over_by_then(self) -> None:
        close = np.array([100, 101, 102, 90, 103, 80, 104, 105, 106, 107, 70])
        before = np.concatenate(([NAN], np.fmax.accumulate(close)[:-1]))
        runs = runs_above(close, before, close > before, TRAIL)
        assert runs.completed == [(3, 2), (5, 1), (10, 4)]
        expected = [NAN] * 5 + [1.5] * 5 + [2.0]
        assert np.array_equal(runs.past_median(2), expected, equal_nan=True)

    def test_it_holds_beyond_the_median_of_past_runs_and_not_at_it(self) -> None:
        # runs of 1 and 3 closes above their levels (100 and 105), then one of as many sessions as are given
        past = [100, 99, 99, 105, 90, 99, 106, 107, 108, 90, 99]
        assert part(market([*past, 110, 111]), "long_run", self.SMALL) == (2.0, 2.0, "no", "")
        assert part(market([*past, 110, 111, 112]), "long_run", self.SMALL) == (3.0, 2.0, "yes", "")

    def test_without_a_run_its_length_is_nought_and_the_answer_is_no(self) -> None:
        past = [100, 99, 99, 105, 90, 99, 106, 107, 108, 90, 99]
        assert part(market(past), "long_run", self.SMALL) == (0.0, 2.0, "no", "")

    def test_with_too_few_past_runs_there_is_no_median(self) -> None:
        assert part(market([100, 99, 99, 105, 90, 99]), "long_run", self.SMALL) == (None, None, "no data", "not yet")


class TestDipsBought:
    def dips(self, *closes: float) -> list[tuple[int, int, bool]]:
        return [(d.start, d.end, d.recovered) for d in pullbacks(np.array(closes), depth=0.05, within=3)]

    def test_a_pullback_is_recovered_on_the_first_close_at_the_old_high(self) -> None:
        assert self.dips(100, 95, 97, 100, 101) == [(1, 3, True)]

    def test_four_per_cent_are_no_pullback(self) -> None:
        assert self.dips(100, 96, 100) == []

    def test_the_last_session_in_time_still_counts_and_the_one_after_does_not(self) -> None:
        assert self.dips(100, 95, 96, 97, 100) == [(1, 4, True)]
        assert self.dips(100, 95, 96, 97, 99, 100) == [(1, 4, False)]

    def test_one_that_is_not_decided_is_not_listed(self) -> None:
        assert self.dips(100, 95, 96) == []

    def test_after_a_pullback_that_failed_the_running_high_begins_anew(self) -> None:
        # decided at 80; 88 is the new high, 83 is more than 5% under it, and 88 recovers it
        assert self.dips(100, 90, 85, 82, 80, 88, 83, 88) == [(1, 4, False), (6, 7, True)]

    def test_a_session_without_a_close_still_passes(self) -> None:
        assert self.dips(100, 95, NAN, NAN, 96) == [(1, 4, False)]
        assert self.dips(100, 95, 96, 97, NAN, 100, 95, 100) == [(1, 4, False), (6, 7, True)]

    def test_the_share_is_of_the_pullbacks_decided_by_then_that_began_within_the_look_back(self) -> None:
        dips = [Pullback(1, 2, True), Pullback(3, 5, False), Pullback(6, 7, False)]
        share = share_recovered(dips, 10, lookback=6, needed=1)
        # 1 of 1 from session 2, 1 of 2 from 5, 1 of 3 on neither: the first drops out at 1 + 6 = 7
        expected = [NAN, NAN, 1, 1, 1, 0.5, 0.5, 0, 0, 0]
        assert np.array_equal(share, expected, equal_nan=True)
        assert np.isnan(share_recovered(dips, 10, lookback=6, needed=3)).all()

    def test_it_holds_from_the_share_on(self) -> None:
        changes = {"supercycle": {"dips_bought": {"needed": 2, "share": 0.5}}}
        one_of_two = [100, 95, 100, 95, *[96] * 21]
        assert part(market(one_of_two), "dips_bought", changes) == (0.5, 0.5, "yes", "")
        none_of_two = [100, 95, *[96] * 21, 91, *[92] * 21]
        assert part(market(none_of_two), "dips_bought", changes) == (0.0, 0.5, "no", "")

    def test_too_few_pullbacks_have_no_share(self) -> None:
        assert part(market([100, 95, 100]), "dips_bought") == (None, None, "no data", "not yet")


class TestSectorsRotate:
    SMALL: Mapping[str, Any] = {
        "supercycle": {
            "sectors_rotate": {
                "dispersion_window": 1,
                "dispersion_median": 3,
                "correlation_window": 2,
                "correlation_lag": 2,
            }
        }
    }

    def test_the_spread_is_the_standard_deviation_of_returns_across_funds(self) -> None:
        # returns of 10%, -10% and 30%: their mean is 10%, the squared distances are 0, 0.04 and 0.04
        prices = np.array([[100, 100, 100], [110, 90, 130]], float)
        assert spread_of_returns(prices, 1, needed=3)[1] == pytest.approx(np.sqrt(0.08 / 3))
        assert np.isnan(spread_of_returns(prices, 1, needed=4)).all()

    def test_a_fund_without_a_close_is_left_out_of_the_spread(self) -> None:
        prices = np.array([[100, 100, NAN], [110, 90, 130]], float)
        assert spread_of_returns(prices, 1, needed=2)[1] == pytest.approx(0.1)

    def test_the_mean_correlation_is_that_of_all_pairs(self) -> None:
        random = np.random.default_rng(1)
        returns = random.standard_normal((40, 5)) + random.standard_normal((40, 1))
        now, before = mean_correlations(returns, 10, 7, needed=5)

        def by_pairs(end: int) -> float:
            matrix = np.corrcoef(returns[end - 9 : end + 1].T)
            return float(matrix[np.triu_indices(5, 1)].mean())

        assert np.isnan(now[:16]).all()
        for end in (16, 25, 39):
            assert now[end] == pytest.approx(by_pairs(end))
            assert before[end] == pytest.approx(by_pairs(end - 7))

    def test_now_and_before_are_of_the_same_funds(self) -> None:
        random = np.random.default_rng(2)
        returns = random.standard_normal((20, 4))
        returns[:5, 3] = NAN  # listed later: not in the window before
        now, _ = mean_correlations(returns, 5, 5, needed=3)
        without, _ = mean_correlations(returns[:, :3], 5, 5, needed=3)
        assert now[9] == pytest.approx(without[9])
        assert now[9] != pytest.approx(mean_correlations(returns, 5, 0, needed=3)[0][9])

    def test_funds_that_do_not_move_have_no_correlation(self) -> None:
        now, before = mean_correlations(np.full((20, 3), 0.01), 5, 5, needed=2)
        assert np.isnan(now).all() and np.isnan(before).all()

    def sectors(self, *returns: Sequence[float]) -> dict[str, Prices]:
        """Seven funds of two groups, by the returns of each group a session: three move by the first, four by the
        second."""
        groups = [100 * np.cumprod([1.0, *(1 + move for move in moves)]) for moves in zip(*returns, strict=True)]
        return {s: closes_on_sessions(FIRST, groups[0 if i < 3 else 1]) for i, s in enumerate(SECTORS)}

    def test_it_holds_where_funds_part_and_move_less_together(self) -> None:
        # All move together (correlation 1), then the groups against each other: 9 pairs alike, 12 opposed: -1/7.
        moves = [(0.01, 0.01), (0.02, 0.02), (0.01, 0.01), (0.03, -0.03), (-0.03, 0.03)]
        made = market([100.0] * 6, **self.sectors(*moves))
        value, threshold, verdict, note = part(made, "sectors_rotate", self.SMALL)
        # three funds at -3% and four at +3%: their mean is 3%/7, so the variance is (3%)^2 x (1 - 1/49)
        assert value == pytest.approx(0.03 * np.sqrt(48 / 49))
        assert threshold == pytest.approx(0.03 * np.sqrt(48 / 49))  # of 0 and twice this
        assert (verdict, note) == ("no", "mean correlation -0.14, before 1.00")
        moves[-1] = (-0.04, 0.04)
        assert part(market([100.0] * 6, **self.sectors(*moves)), "sectors_rotate", self.SMALL)[2] == "yes"

    def test_funds_that_part_but_move_as_much_together_as_before_do_not_rotate(self) -> None:
        moves = [(0.01, 0.01), (0.02, 0.02), (0.01, 0.01), (0.01, 0.01), (0.03, 0.06)]
        value, threshold, verdict, note = part(
            market([100.0] * 6, **self.sectors(*moves)), "sectors_rotate", self.SMALL
        )
        assert value > threshold
        assert (verdict, note) == ("no", "mean correlation 1.00, before 1.00")

    def test_six_funds_are_too_few(self) -> None:
        found = self.sectors(*[(0.01, 0.02)] * 5)
        del found["XLU"]
        assert part(market([100.0] * 6, **found), "sectors_rotate", self.SMALL) == (None, None, "no data", "absent")

    def test_a_fund_that_falls_silent_leaves_too_few_at_once(self) -> None:
        moves = [(0.01, 0.01), (0.02, 0.02), (0.01, 0.01), (0.03, -0.03), (-0.04, 0.04)]
        found = self.sectors(*moves)
        found["XLU"] = dict(list(found["XLU"].items())[:-1])
        assert part(market([100.0] * 6, **found), "sectors_rotate", self.SMALL)[2:] == ("no data", "not yet")


class TestHighBeta:
    def funds(self, *high_beta: float) -> dict[str, Prices]:
        low = [50.0] * len(high_beta)
        return {"SPHB": closes_on_sessions(FIRST, high_beta), "SPLV": closes_on_sessions(FIRST, low)}

    def test_it_holds_above_its_value_63_sessions_ago(self) -> None:
        up = self.funds(*[100.0] * 63, 110.0)
        assert part(market([100.0] * 64, **up), "high_beta") == (2.2, 2.0, "yes", "")
        flat = self.funds(*[100.0] * 64)
        assert part(market([100.0] * 64, **flat), "high_beta") == (2.0, 2.0, "no", "")

    def test_it_needs_a_quarter_of_sessions_before(self) -> None:
        made = market([100.0] * 63, **self.funds(*[100.0] * 63))
        assert part(made, "high_beta") == (None, None, "no data", "not yet")

    def test_one_fund_alone_is_no_ratio(self) -> None:
        alone = {"SPHB": self.funds(*[100.0] * 64)["SPHB"]}
        assert part(market([100.0] * 64, **alone), "high_beta") == (None, None, "no data", "absent")


class TestScore:
    CHANGES: Mapping[str, Any] = {"supercycle": {"dips_bought": {"needed": 1}}}

    def closes(self) -> list[float]:
        """64 sessions with one pullback that recovered: dips bought are known, past runs are not."""
        return [100.0, 95.0, *[100.0] * 62]

    def test_parts_without_data_are_neither_yes_nor_no(self) -> None:
        found = score(market(self.closes()), self.CHANGES).at(-1)
        assert (found["score"], found["known"]) == (1, 1)
        verdicts = {p["name"]: p["verdict"] for p in found["parts"]}
        assert verdicts == {
            "long_run": "no data",
            "dips_bought": "yes",
            "sectors_rotate": "no data",
            "high_beta": "no data",
        }

    def test_with_no_part_known_there_is_no_score(self) -> None:
        found = score(market([100.0] * 5)).at(-1)
        assert (found["score"], found["known"]) == (None, 0)

    def test_a_stale_part_is_not_known(self) -> None:
        funds = TestHighBeta().funds(*[100.0] * 63, 110.0)
        made = market([*self.closes(), *[100.0] * 4], **funds)
        found = score(made, self.CHANGES).at(-1)
        assert found["known"] == 1
        assert found["parts"][3] == {
            "name": "high_beta",
            "value": None,
            "threshold": None,
            "verdict": "no data",
            "note": "stale",
        }

    def test_verdicts_over_time_say_the_same_as_each_decision(self) -> None:
        found = score(market(self.closes()), self.CHANGES)
        for name in found.parts:
            assert found.verdicts(name)[-1] == next(p for p in found.at(-1)["parts"] if p["name"] == name)["verdict"]


class TestGate:
    def gate(self, needs: int, high_beta: float) -> tuple[dict[str, Any], bool]:
        """The gate at the last decision with dips bought, and high beta as it comes; and whether gates let through."""
        funds = TestHighBeta().funds(*[100.0] * 63, high_beta)
        changes: dict[str, Any] = {
            "rotation": {"gates": {name: name == "supercycle" for name in config_with({}).rotation.gates.model_dump()}},
            "supercycle": {"gate_needs": needs, "dips_bought": {"needed": 1}},
        }
        made = market(TestScore().closes(), **funds)
        configured = rotation_settings(config_with(changes))
        reading = dict(Rotation(configured).decisions(made)[-1].readings["supercycle"])
        return reading, RotationView(made, configured).observations()[-1].gates_pass

    def test_it_passes_with_as_many_traits_as_it_needs(self) -> None:
        assert self.gate(2, 110.0) == ({"value": 2.0, "threshold": 2.0, "verdict": "yes", "gate": True}, True)
        assert self.gate(2, 90.0) == ({"value": 1.0, "threshold": 2.0, "verdict": "no", "gate": True}, False)

    def test_with_data_for_fewer_parts_than_it_needs_a_part_may_still_come(self) -> None:
        # long run has its series, but no past runs yet: three parts have data, two are known
        assert self.gate(3, 110.0) == ({"value": None, "threshold": 3.0, "verdict": "not yet", "gate": True}, False)

    def test_with_series_for_fewer_parts_than_it_needs_it_is_off(self) -> None:
        reading, passes = self.gate(4, 110.0)
        assert (reading["verdict"], passes) == ("no data", True)

    def test_while_it_is_off_no_decision_mentions_it(self) -> None:
        configured = rotation_settings(config_with({}))
        assert "supercycle" not in Rotation(configured).decisions(market([100.0] * 5))[-1].readings


def with_funds(seed: int, days: int) -> Market:
    """A random market with sectors that come and go, and with the two beta funds."""
    made, random = random_market(seed, days).market, np.random.default_rng(seed)
    dates = [str(day) for day in made["RUT"].dates]
    tide = np.cumsum(0.01 * random.standard_normal(len(dates)))
    closes = {}
    for symbol in [*SECTORS, "XLV", "SPHB", "SPLV"]:
        walk = 100 * np.exp(tide + np.cumsum(0.01 * random.standard_normal(len(dates))))
        first = int(random.integers(0, 60))
        last = len(dates) - (int(random.integers(0, 60)) if random.random() < 0.3 else 0)
        closes[symbol] = dict(list(zip(dates, walk.tolist(), strict=True))[first:last])
    return with_series([*made.values(), *market_of(closes).values()])


@pytest.mark.slow
@settings(max_examples=25)
@given(seed=st.integers(0, 500), cut=st.integers(1, 400))
def test_what_comes_later_changes_no_part(seed: int, cut: int) -> None:
    changes = {
        "supercycle": {
            "long_run": {"runs_needed": 1},
            "dips_bought": {"needed": 1, "lookback": 60},
            "sectors_rotate": {"dispersion_median": 30, "correlation_window": 20, "correlation_lag": 20},
        }
    }
    made = with_funds(seed, days=420)
    times = made.decision_times
    cut = min(cut, len(times) - 1)
    early, whole = score(made.as_of(utc(times[cut])), changes), score(made, changes)
    for name in early.parts:
        n = len(early.verdicts(name))
        assert early.verdicts(name) == whole.verdicts(name)[:n]
        assert early.at(n - 1) == whole.at(n - 1)
