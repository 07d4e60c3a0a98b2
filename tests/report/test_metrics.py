"""The figures of an equity curve, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.metrics import activity, drawdowns, max_drawdown, performance


def test_a_doubling_in_exactly_two_years_grows_by_root_two_a_year() -> None:
    """730 days of 365: 2^(1/2) - 1 = 41.42%."""
    equity = 100 * 2 ** (np.arange(1, 731) / 730)
    found = performance(equity, 100.0)
    assert found["total_return"] == pytest.approx(1.0)
    assert found["cagr"] == pytest.approx(math.sqrt(2) - 1)
    assert found["max_drawdown"] == 0
    assert found["calmar"] is None
    assert found["sortino"] is None


def test_volatility_sharpe_and_sortino_of_four_days() -> None:
    """Returns +10%, -10%, +10%, -10%: mean 0, deviation sqrt(4 x 0.01 / 3), downside sqrt(2 x 0.01 / 4)."""
    equity = 100 * np.cumprod([1.1, 0.9, 1.1, 0.9])
    found = performance(equity, 100.0)
    assert found["volatility"] == pytest.approx(math.sqrt(0.04 / 3) * math.sqrt(365))
    assert found["sharpe"] == pytest.approx(0, abs=1e-12)
    assert found["sortino"] == pytest.approx(0, abs=1e-12)
    assert found["total_return"] == pytest.approx(0.99 * 0.99 - 1)


def test_sharpe_of_a_known_pair() -> None:
    """Returns 1% and 3%: mean 2%, sample deviation sqrt(2) x 1%, so 2 / sqrt(2) x sqrt(365)."""
    found = performance(np.array([101.0, 101.0 * 1.03]), 100.0)
    assert found["sharpe"] == pytest.approx(math.sqrt(2) * math.sqrt(365))


def test_a_drawdown_is_measured_from_the_highest_value_so_far_the_start_included() -> None:
    """From 100 to 80 is -20%; from 120 to 60 is -50%."""
    assert max_drawdown(np.array([100.0, 80.0, 120.0, 60.0, 90.0])) == -0.5
    assert performance(np.array([80.0, 90.0]), 100.0)["max_drawdown"] == pytest.approx(-0.2)


def test_a_flat_curve_has_no_sharpe_and_no_calmar() -> None:
    found = performance(np.full(10, 100.0), 100.0)
    assert (found["volatility"], found["sharpe"], found["calmar"], found["cagr"]) == (0, None, None, 0)


def test_exposure_turnover_and_costs_of_one_year() -> None:
    """Half in coins all year at equity 100: exposure 50%; 50 bought and 50 sold: turnover 1 a year."""
    done = activity(np.full(365, 100.0), np.full(365, 50.0), [50.0, 50.0], [0.05, 0.05], [0.1, 0.2])
    assert done == pytest.approx({"exposure": 0.5, "turnover": 1.0, "fees": 0.1, "slippage_cost": 0.3})


def test_turnover_is_a_year_of_trading_over_mean_equity() -> None:
    """730 days are two years. 300 bought and 300 sold over a mean equity of (100 + 200) / 2: 600 / 150 / 2 = 2."""
    equity = np.repeat([100.0, 200.0], 365)
    done = activity(equity, np.zeros(730), [300.0, 300.0], [], [])
    assert done["turnover"] == pytest.approx(2.0)


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=50))
def test_a_drawdown_lies_between_minus_one_and_nought_and_is_nought_at_a_peak(values: list[float]) -> None:
    falls = drawdowns(np.array(values))
    assert ((falls > -1) & (falls <= 0)).all()
    assert falls[int(np.argmax(values))] == 0


def test_a_gain_whose_rate_a_year_is_beyond_any_float_is_infinite() -> None:
    """Ten times in one day is 10 to the power of 365 in a year; the largest float is below 10 to the power of 309."""
    assert performance(np.array([10.0]), 1.0)["cagr"] == math.inf
