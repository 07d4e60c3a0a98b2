"""Replication, placebos and the reverse claim: on a few sessions by hand, and in a world with an added effect."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.study.placebos import moved_events, placebos
from bot.study.plan import load_plan
from bot.study.replication import replication
from bot.study.result_row import price_of, result_row, same_events
from bot.study.reverse import reverse, reverse_events
from bot.study.study_data import StudyData
from tests.study.studies import study_of, study_with_effect
from tests.study.test_nulls import COIN, INDEX

with_effect = cache(study_with_effect)


def test_the_plans_own_outcome_has_the_figures_of_the_verdict() -> None:
    data = study_of(INDEX, COIN)
    row, test = result_row(data, partial(same_events, data, "ETH")), data.default_test
    assert (row["n"], row["sessions"], row["excess"], row["p_up"]) == (2, 15, test.excess, test.up.p)
    assert (row["first"], row["last"]) == ("2015-01-02", "2015-01-23")
    assert row["interval_low"] < row["excess"] < row["interval_high"]


def test_too_few_episodes_are_listed_and_not_computed() -> None:
    data = study_of(INDEX, COIN, {"judgement": {"least_episodes": 3}})
    row = result_row(data, partial(same_events, data, "ETH"))
    assert row["missing"] == "2 counted episodes; at least 3 are needed"
    assert (row["n"], row["excess"], row["p_up"]) == (2, None, None)


def test_a_missing_outcome_is_listed_with_its_file() -> None:
    data = study_of(INDEX, COIN)
    row = result_row(data, partial(same_events, data, "IWC"))
    assert "IWC.csv" in row["missing"]
    assert row["n"] is None


def test_a_fund_is_read_at_its_closes() -> None:
    data = study_of(INDEX, COIN, IWM=[1.0] * 6 + [1, 1, 1, 2, 2, 2, 2, 2, 8, 8, 8, 8])
    # Episodes at 5 and 10: from the closes of 6 and 11 to those of 9 and 14, so 2 and 4 times as much.
    row = result_row(data, partial(same_events, data, "IWM"))
    values = data.outcome("IWM", "RUT", 3, "close").values
    assert (values[5], values[10]) == pytest.approx((0.6931471805599453, 1.3862943611198906))
    assert row["sessions"] == 14
    assert [price_of(data, name) for name in ("IWM", "ETH", "altcoins", "ETH/BTC")] == ["close", "open", "open", "open"]


def test_replication_lists_every_outcome_of_the_plan() -> None:
    found = replication(study_of(INDEX, COIN, TLT=[100.0] * 18))
    rule = load_plan().replication
    assert [row["outcome"] for row in found["rows"]] == [*rule.behind, *rule.before, *rule.must_not_answer]
    assert {row["outcome"] for row in found["rows"] if row["missing"] is None} == {"ETH", "BTC", "TLT"}
    assert "Not computed: Emerging markets" in found["sentence"]


def test_replication_without_any_outcome_fails() -> None:
    plan = {"replication": {"behind": ["IWC"], "before": [], "must_not_answer": ["GLD"]}}
    with pytest.raises(DataError, match="no outcome can be computed"):
        replication(study_of(INDEX, COIN, plan))


@pytest.mark.parametrize("lead", [0, 21, 42])
def test_an_added_step_is_found_with_its_lag(lead: int) -> None:
    data = with_effect(lead)
    moves = [-63, -42, -21, 0, 21, 42, 63]
    excesses = {move: result_row(data, partial(moved_events, data, move))["excess"] for move in moves}
    assert max(excesses, key=excesses.__getitem__) == lead
    assert excesses[lead] > 0.35


def test_an_added_effect_is_found_and_its_placebos_are_quiet() -> None:
    data = with_effect(0)
    assert data.default_test.up.p <= 0.025
    quiet = [row for row in placebos(data)["rows"] if row["placebo"] == "time"]
    assert [row["name"] for row in quiet] == ["-252", "-189", "-126", "-63"]
    assert all(row["p_up"] > 0.1 for row in quiet)


def test_the_reverse_is_quiet_on_an_added_effect() -> None:
    rows = {row["signal"]: row for row in reverse(with_effect(0))["rows"]}
    assert rows["ETH"]["n"] >= 5
    assert rows["ETH"]["p_up"] > 0.025
    assert rows["BTC"]["missing"] == "0 counted episodes; at least 5 are needed"


def test_the_reverse_reads_the_index_after_the_events_of_the_coin() -> None:
    # The coin has the index's prices a day after each session; at the US close, its close of the day before is known.
    # So its breakouts are confirmed two sessions after those of the index, which are confirmed at 5 and 10.
    data = study_of(INDEX, INDEX, {"reverse": {"signals": ["ETH"]}})
    outcome, events, sessions = reverse_events(data, "ETH")
    assert sessions[0] == data.index("RUT").sessions[1]
    assert (events + 1).tolist() == [7, 12]
    # From the close of session 7 to that of 10.
    assert outcome.values[5] == pytest.approx(np.log(INDEX[10] / INDEX[7]))


def test_a_plan_without_a_reverse_is_refused() -> None:
    with pytest.raises(DataError, match="names no series for the reverse claim"):
        reverse(study_of(INDEX, COIN, {"reverse": {"signals": []}}))


def test_replication_on_real_prices(real_study: StudyData) -> None:
    rows = {row["outcome"]: row for row in replication(real_study)["rows"]}
    assert {name: (row["n"], row["sessions"], row["count_up"]) for name, row in rows.items() if row["n"]} == {
        "EEM": (17, 5706, 2794),
        "HYG": (13, 4702, 3509),
        "MDY": (21, 7588, 3037),
        "BTC": (12, 3178, 812),
        "ETH": (7, 2605, 2190),
        "altcoins": (6, 2200, 1354),
        "SPX": (27, 9639, 4025),
        "NDX": (27, 9639, 6206),
        "TLT": (17, 5884, 5555),
        "IEF": (17, 5884, 5550),
        "GLD": (16, 5302, 4807),
    }
    assert [name for name, row in rows.items() if row["missing"]] == ["IWC", "SPHB/SPLV", "GDX"]
    assert rows["MDY"]["last"] == "2025-06-26"


def test_placebos_and_the_reverse_on_real_prices(real_study: StudyData) -> None:
    moments = {row["name"]: row["count_up"] for row in placebos(real_study)["rows"] if row["placebo"] == "time"}
    assert moments == {"-252": 132, "-189": 308, "-126": 515, "-63": 2054}
    coins = {row["signal"]: (row["n"], row["count_up"]) for row in reverse(real_study)["rows"]}
    assert coins == {"ETH": (4, None), "BTC": (6, 327)}
