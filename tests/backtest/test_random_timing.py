"""Random timing: the same exposures and costs on other days of the run."""

from __future__ import annotations

import numpy as np
import pytest

from bot.backtest.engines.exact import run_exact
from bot.backtest.extras import DefaultExtras
from bot.backtest.random_timing import DailyExposures, band_of
from tests.parity.test_stop_orders import stopped, with_bars
from tests.plans import flat, market, plan


def test_costs_move_with_the_exposures() -> None:
    """In on the first of three days, at a cost of 1% of that day's equity. Asset returns: 0%, 10%, 20%.

    Shifted by one day the second day earns 10% less 1%: growth 1, 1.09, 1.09. Shifted by two the third earns 20% less
    1%: growth 1, 1, 1.19. The percentiles of two values lie 5%, 50% and 95% of the way from the lower to the upper.
    """
    exposures = DailyExposures([np.array([1.0, 0.0, 0.0])], [np.array([0.0, 0.1, 0.2])], np.array([0.01, 0.0, 0.0]))
    band = exposures.random_timing_band(shifts=100)
    assert band.final.tolist() == exposures.random_timing(shifts=100).final.tolist()
    assert band.final == pytest.approx([1.09, 1.19])
    assert band.low == pytest.approx([1.0, 1.0045, 1.095])
    assert band.median == pytest.approx([1.0, 1.045, 1.14])
    assert band.high == pytest.approx([1.0, 1.0855, 1.185])


def test_random_timing_spreads_around_the_same_exposure() -> None:
    """In for one of four days, and only the third pays (10%): one shift of three catches it, at no cost."""
    pays = np.array([0.0, 0.0, 0.1, 0.0])
    timing = DailyExposures([np.array([1.0, 0.0, 0.0, 0.0])], [pays], np.zeros(4)).random_timing(shifts=100)
    assert sorted(timing.final) == pytest.approx([1.0, 1.0, 1.1])
    # The run itself earns nothing, and all three shifts at least as much.
    assert (timing.own, timing.at_least_as_well) == (1.0, 1.0)


def test_the_share_of_shifts_that_did_at_least_as_well() -> None:
    """In for one of five days. The run earns 10%, and of its four shifts one 20%, one 10%, and two nothing."""
    pays = np.array([0.1, 0.2, 0.1, 0.0, 0.0])
    timing = DailyExposures([np.array([1.0, 0.0, 0.0, 0.0, 0.0])], [pays], np.zeros(5)).random_timing(shifts=100)
    assert timing.own == pytest.approx(1.1)
    assert timing.at_least_as_well == 0.5


def test_every_shift_pays_the_same_costs() -> None:
    """In and out once at 1% a side: every shift keeps 0.99 x 0.99."""
    nothing = np.zeros(5)
    timing = DailyExposures([nothing], [nothing], np.array([0.0, 0.01, 0.01, 0.0, 0.0])).random_timing(shifts=100)
    assert timing.final == pytest.approx([0.99 * 0.99] * 4)


def test_every_shift_of_a_constant_exposure_is_the_same() -> None:
    returns = np.array([0.1, -0.2, 0.3, 0.05, -0.1])
    timing = DailyExposures([np.full(5, 0.5)], [returns], np.zeros(5)).random_timing(shifts=100)
    assert timing.final == pytest.approx([np.prod(1 + 0.5 * returns)] * 4)


def test_a_run_of_one_day_has_one_shift() -> None:
    timing = DailyExposures([np.ones(1)], [np.array([0.1])], np.zeros(1)).random_timing(shifts=100)
    assert timing.final == pytest.approx([1.1])


@pytest.mark.parametrize("begins", [3, 6])
def test_the_day_of_a_stop_sale_was_held(begins: int) -> None:
    """Half in A, which falls by 20% on the 6th and is sold at a stop that day: the timing lost 10%.

    The shifts hold it on other days, without a loss; bought on the 6th, it is held at no close.
    """
    closes = {day: 100.0 if day < "2024-01-06" else 80.0 for day in flat(100.0)}
    weights = [{"A": "0.5"} if 3 + i >= begins else {} for i in range(8)]
    made = with_bars(market(A=closes), "A", opens={6: 100.0}, lows={6: 79.0})
    book = run_exact(stopped(plan(made, weights), {3: {"A": 92.5}}))
    band = band_of(book, DefaultExtras(book.plan.decisions), shifts=100)
    assert band.own == pytest.approx(0.9, abs=0.012)  # costs are 0.7% of each order
    assert np.mean(band.final > band.own) > 0.7
