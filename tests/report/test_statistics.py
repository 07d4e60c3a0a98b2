"""Statistics of a run, by hand, and against empyrical and scipy."""

from __future__ import annotations

from datetime import date

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
START = 10_000.0


def waves() -> pd.Series:
    """Return the equity of 900 days whose returns are made of two waves, the same on every machine."""
    i = np.arange(len(DAYS))
    steps = 0.06 * np.sin(1.7 * i) * np.cos(0.31 * i) ** 3 + 0.001
    return pd.Series(START * np.cumprod(1 + steps), DAYS)


def plain() -> Floats:
    return daily_returns(waves(), START).to_numpy(float)


# The figures below are those of empyrical-reloaded 0.7.1 for the daily returns of `waves`. The package is no dependency
# of the tests: it requires peewee < 3.17.4, which would hold back the peewee that yfinance uses.
@pytest.mark.parametrize(
    ("tail", "theirs", "theirs_beyond"),
    [
        (0.01, -0.05569495503757418, -0.05716788025195902),
        (0.05, -0.0433042199753292, -0.051089449739393195),
        (0.1, -0.0310884572338182, -0.0442474589660892),
    ],
)
def test_tails_are_those_of_empyrical(tail: float, theirs: float, theirs_beyond: float) -> None:
    assert value_at_risk(plain(), tail) == pytest.approx(theirs)
    assert conditional_value_at_risk(plain(), tail) == pytest.approx(theirs_beyond)


def test_returns_of_months_and_years_are_those_of_empyrical() -> None:
    returns = daily_returns(waves(), START)
    months = period_returns(returns, "M")
    assert (months.max(), months.min()) == (pytest.approx(0.0834337351178307), pytest.approx(-0.04003931053654264))
    assert period_returns(returns, "Y").tolist() == pytest.approx(
        [0.05344296041882468, 0.28263998406845525, 0.2809297066427501, 0.12184945713067408]
    )


def test_volatility_and_depth_are_those_of_empyrical() -> None:
    assert rolling_volatility(daily_returns(waves(), START), 90).iloc[-1] == pytest.approx(0.456088403545788)
    assert worst_drawdowns(waves(), START)[0].depth == pytest.approx(-0.0753040059693086)


def test_moments_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    returns = plain()
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
