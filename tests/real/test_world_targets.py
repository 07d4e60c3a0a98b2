"""The real figures that planted worlds must meet stand in the plan: held to the folder that they come from."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.market import Market
from bot.settings.loader import load_config
from bot.study.counted import spaced_events
from bot.study.plan import load_plan
from bot.study.study_data import StudyData
from bot.study.worlds.judged_world import autocorrelation


@pytest.fixture(scope="module")
def data(real_market: Market) -> StudyData:
    return StudyData(load_plan(), load_config(), real_market)


def test_the_worlds_are_as_long_as_the_real_series(data: StudyData) -> None:
    index, outcome = data.index("RUT"), data.default_outcome
    rule = data.plan.worlds
    assert (len(index.sessions), outcome.first) == (rule.index.sessions, rule.outcome.first)
    assert len(outcome.known) == rule.outcome.sessions


def test_the_real_numbers_of_episodes(data: StudyData) -> None:
    spacing, targets = data.plan.signal.spacing, data.plan.worlds.targets
    counted_all = int(spaced_events(data.default_events, spacing.sessions, spacing.start).sum())
    assert (len(data.default_episodes.counted), counted_all) == (targets.counted, targets.counted_all)


def test_the_real_spread_and_autocorrelation_of_y(data: StudyData) -> None:
    y, targets = data.default_outcome.known, data.plan.worlds.targets
    assert y.std() == pytest.approx(targets.spread, abs=0.0005)
    found = [autocorrelation(y, lag) for lag in targets.lags]
    assert found == pytest.approx(targets.autocorrelation, abs=0.0005)


def test_the_real_volatility_by_session(data: StudyData) -> None:
    sessions, eth = data.index("RUT").sessions, data.market["ETH"]
    opens = eth.open[np.isin(eth.dates, sessions + 1)]
    assert np.diff(np.log(opens)).std() == pytest.approx(data.plan.worlds.targets.volatility, abs=0.00005)
