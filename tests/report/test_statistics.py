"""Statistics of a run, by hand and against empyrical and scipy."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bot.core.market import Floats
from bot.report.drawdown_periods import DrawdownPeriod, worst_drawdowns
from bot.report.statistics import (
    conditional_value_at_risk,
    curve_statistics,
    daily_returns,
    excess_kurtosis,
    period_returns,
    rolling_volatility,
    skewness,
    trade_statistics,
    ulcer_index,
    value_at_risk,
)

DAYS = pd.date_range("2019-12-30", periods=900)


def drawn() -> pd.Series:
    """Return the equity of a fat-tailed random walk from 10,000."""
    steps = np.random.default_rng(7).standard_t(4, len(DAYS)) * 0.02
    return pd.Series(10_000 * np.cumprod(1 + steps), DAYS)


def plain(curve: pd.Series) -> Floats:
    return daily_returns(curve, 10_000).to_numpy(float)


@pytest.fixture
def empyrical() -> Any:
    return pytest.importorskip("empyrical")


def test_tails_are_those_of_empyrical(empyrical: Any) -> None:
    returns = plain(drawn())
    for tail in (0.01, 0.05, 0.1):
        assert value_at_risk(returns, tail) == pytest.approx(empyrical.value_at_risk(returns, tail))
        assert conditional_value_at_risk(returns, tail) == pytest.approx(
            empyrical.conditional_value_at_risk(returns, tail)
        )


def test_returns_of_months_and_years_are_those_of_empyrical(empyrical: Any) -> None:
    returns = daily_returns(drawn(), 10_000)
    for period, name in (("M", "monthly"), ("Y", "yearly")):
        theirs = empyrical.aggregate_returns(returns, name).to_numpy(float)
        assert period_returns(returns, period).to_numpy(float) == pytest.approx(theirs)


def test_volatility_and_depth_are_those_of_empyrical(empyrical: Any) -> None:
    curve = drawn()
    returns = daily_returns(curve, 10_000)
    theirs = empyrical.annual_volatility(returns.iloc[-90:], annualization=365)
    assert rolling_volatility(returns, 90).iloc[-1] == pytest.approx(theirs)
    assert worst_drawdowns(curve, 10_000)[0].depth == pytest.approx(empyrical.max_drawdown(returns))


def test_moments_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    returns = plain(drawn())
    assert skewness(returns) == pytest.approx(stats.skew(returns, bias=False))
    assert excess_kurtosis(returns) == pytest.approx(stats.kurtosis(returns, bias=False))


def test_moments_of_few_or_equal_returns_are_undefined() -> None:
    assert skewness(np.array([0.1, 0.2])) is None
    assert excess_kurtosis(np.array([0.1, 0.2, 0.4])) is None
    assert (skewness(np.zeros(9)), excess_kurtosis(np.zeros(9))) == (None, None)


def test_the_ulcer_index_is_the_root_mean_square_of_the_drawdown() -> None:
    # Drawdowns 0, 10%, 0, 20%: the mean of the squares is 0.05 / 4.
    assert ulcer_index(np.array([100.0, 90.0, 200.0, 160.0])) == pytest.approx((0.05 / 4) ** 0.5)


def test_tails_by_hand() -> None:
    returns = np.arange(-10, 11) / 100  # 21 returns: the quantile at 5% is the second
    assert value_at_risk(returns) == pytest.approx(-0.09)
    assert conditional_value_at_risk(returns) == pytest.approx(-0.095)


def test_drawdowns_have_their_days_and_come_by_depth() -> None:
    curve = pd.Series([90.0, 100.0, 80.0, 60.0, 100.0, 110.0, 99.0], pd.date_range("2020-01-01", periods=7))
    assert worst_drawdowns(curve, 100) == [
        DrawdownPeriod(date(2020, 1, 2), date(2020, 1, 4), date(2020, 1, 5), pytest.approx(-0.4), 3, 2),
        DrawdownPeriod(date(2019, 12, 31), date(2020, 1, 1), date(2020, 1, 2), pytest.approx(-0.1), 2, 1),
        DrawdownPeriod(date(2020, 1, 6), date(2020, 1, 7), None, pytest.approx(-0.1), 1, 1),
    ]
    assert len(worst_drawdowns(curve, 100, count=1)) == 1


def test_the_statistics_of_a_curve_by_hand() -> None:
    days = pd.DatetimeIndex(["2020-01-30", "2020-01-31", "2020-02-01", "2020-03-01"])
    curve = pd.Series([110.0, 99.0, 99.0, 99.0], days)
    cash = pd.Series([0.0, 49.5, 99.0, 99.0], days)
    found = curve_statistics(curve, cash, 100)
    assert (found["best_day"], found["worst_day"]) == (pytest.approx(0.1), pytest.approx(-0.1))
    assert (found["best_month"], found["worst_month"]) == (0, pytest.approx(-0.01))
    assert found["worst_year"] == pytest.approx(-0.01)
    assert found["win_months"] == 0  # of one month with a return
    assert found["time_in_market"] == 0.5


def test_the_statistics_of_round_trips_by_hand() -> None:
    assert trade_statistics([30, 10, -20, 0], [0.3, 0.1, -0.2, 0.0]) == {
        "profit_factor": 2.0,
        "expectancy": 5.0,
        "average_win": pytest.approx(0.2),
        "average_loss": pytest.approx(-0.1),
    }
    assert set(trade_statistics([], []).values()) == {None}
    assert trade_statistics([1], [0.1])["profit_factor"] is None
