"""Cross-correlations: the sign of a lag, the weeks, the error, and the samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import ConfigError, DataError
from bot.study.lead_lag import Returns, correlations, lead_lag, weekly
from bot.study.plan import load_plan
from bot.study.plan_values import span_of
from bot.study.study_data import StudyData
from tests.markets import session_days
from tests.study.studies import study_of, study_with_effect
from tests.study.test_nulls import COIN, INDEX


def random_returns(coin_follows_by: int, count: int = 400) -> Returns:
    random = np.random.default_rng(5)
    index = random.standard_normal(count)
    coin = 0.5 * np.roll(index, coin_follows_by) + random.standard_normal(count)
    return Returns(session_days("2015-01-02", count), index, coin)


@pytest.mark.parametrize("lead", [3, 0, -2])
def test_a_positive_lag_is_one_at_which_the_index_leads(lead: int) -> None:
    returns = random_returns(coin_follows_by=lead)
    found = {row["lag"]: row for row in correlations(returns, np.ones(400, bool), 4)}
    assert list(found) == list(range(-4, 5))
    assert max(found, key=lambda lag: found[lag]["correlation"]) == lead
    assert found[lead]["low"] > 0.3
    assert [found[lag]["n"] for lag in (-4, 0, 4)] == [396, 400, 396]


def test_the_correlation_is_pearsons() -> None:
    returns = random_returns(1)
    found = {row["lag"]: row["correlation"] for row in correlations(returns, np.ones(400, bool), 2)}
    assert found[1] == pytest.approx(np.corrcoef(returns.index[:-1], returns.other[1:])[0, 1])
    assert found[-2] == pytest.approx(np.corrcoef(returns.index[2:], returns.other[:-2])[0, 1])


def test_the_error_is_that_of_newey_and_west() -> None:
    returns = random_returns(0)
    row = next(row for row in correlations(returns, np.ones(400, bool), 2) if row["lag"] == 0)
    x, y = ((values - values.mean()) / values.std() for values in (returns.index, returns.other))
    scores = x * (y - row["correlation"] * x)
    # Bartlett weights 1 - k / (lags + 1) with 4 lags; the variance of x is 1.
    weights = {k: 1 - k / 5 for k in range(1, 5)}
    total = scores @ scores + 2 * sum(weight * scores[k:] @ scores[:-k] for k, weight in weights.items())
    assert row["error"] == pytest.approx(np.sqrt(total) / 400)
    assert row["low"] == pytest.approx(row["correlation"] - 1.96 * row["error"])
    assert row["high"] == pytest.approx(row["correlation"] + 1.96 * row["error"])


def test_a_pair_counts_if_both_returns_lie_in_the_sample() -> None:
    inside = np.ones(400, bool)
    inside[100] = False
    found = {row["lag"]: row["n"] for row in correlations(random_returns(0), inside, 2)}
    assert found == {-2: 396, -1: 397, 0: 399, 1: 397, 2: 396}


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(DataError, match="39 pairs of returns; at least 40 are needed"):
        list(correlations(random_returns(0, 43), np.ones(43, bool), 4))


def test_weeks_end_with_their_last_session() -> None:
    # Friday 2015-01-02, the whole next week, and Monday to Friday of a week; the 19th is a holiday.
    days = session_days("2015-01-02", 13)
    found = weekly(Returns(days, np.arange(13.0), np.ones(13)))
    assert found.days.astype(str).tolist() == ["2015-01-02", "2015-01-09", "2015-01-16", "2015-01-21"]
    assert found.index.tolist() == [0, 1 + 2 + 3 + 4 + 5, 6 + 7 + 8 + 9 + 10, 11 + 12]
    assert found.other.tolist() == [1, 5, 5, 2]


def test_every_sample_of_the_plan_is_listed() -> None:
    found = lead_lag(study_with_effect(0))
    rows = [row for row in found["rows"] if row["series"] == "ETH"]
    rule = load_plan().lead_lag
    samples = ["all", *rule.subsamples, f"without {rule.without[0]}"]
    assert sorted({row["sample"] for row in rows}) == sorted(samples)
    assert {row["every"] for row in rows} == {"week", "session"}
    assert len([row for row in rows if row["sample"] == "all" and row["every"] == "week"]) == 27
    assert "chance alone gives 0.7 of 13" in found["sentence"]


def test_a_price_that_does_not_move_is_listed() -> None:
    rows = [row for row in lead_lag(study_with_effect(0))["rows"] if row["series"] == "BTC"]
    assert {row["missing"] for row in rows if row["sample"] == "all"} == {"all returns are the same"}


def test_a_study_without_enough_returns_fails() -> None:
    with pytest.raises(DataError, match="no series can be compared"):
        lead_lag(study_of(INDEX, COIN))


@pytest.mark.parametrize("span", ["2020-01-01", "2020-02-01/2020-01-01", "then/now"])
def test_a_span_is_two_days_in_order(span: str) -> None:
    with pytest.raises(ValueError):
        span_of(span)


def test_a_wrong_span_is_refused_with_its_key(tmp_path: Path) -> None:
    from bot.settings.loader import CONFIG_FOLDER

    path = tmp_path / "plan.yaml"
    path.write_text(f"extends: {CONFIG_FOLDER / 'study.yaml'}\nlead_lag: {{without: [2020-03]}}\n")
    with pytest.raises(ConfigError, match="lead_lag"):
        load_plan(path)


def test_lead_and_lag_of_real_prices(real_study: StudyData) -> None:
    rows = lead_lag(real_study)["rows"]
    weeks = {row["lag"]: row for row in rows if (row["series"], row["every"], row["sample"]) == ("ETH", "week", "all")}
    assert (weeks[0]["n"], round(weeks[0]["correlation"], 4), round(weeks[0]["error"], 4)) == (554, 0.1906, 0.0406)
    assert [lag for lag, row in weeks.items() if not row["low"] <= 0 <= row["high"]] == [-6, 0]


def test_a_fund_is_compared_at_its_own_closes() -> None:
    random = np.random.default_rng(1)
    closes = 100 * np.exp(np.cumsum(random.standard_normal(400) / 100))
    data = study_of(closes, np.ones(400), {"lead_lag": {"pairs": ["IWM"], "reach": 3}}, IWM=closes[1:] ** 2)
    rows = [row for row in lead_lag(data)["rows"] if row["every"] == "session" and row["sample"] == "all"]
    # The fund has today what the index has tomorrow: it leads by a session.
    assert {row["lag"]: row["correlation"] for row in rows}[-1] == pytest.approx(1)
    assert [row["n"] for row in rows] == [395, 396, 397, 398, 397, 396, 395]


def test_a_plan_without_a_series_to_compare_is_refused() -> None:
    with pytest.raises(DataError, match="names no series to compare"):
        lead_lag(study_of(INDEX, COIN, {"lead_lag": {"pairs": []}}))
