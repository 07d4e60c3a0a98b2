"""Random timing: the same exposures and costs on other days of the run."""

from __future__ import annotations

import numpy as np
import pytest

from bot.backtest.random_timing import random_timing


def test_luck_spreads_around_the_same_exposure() -> None:
    """In for one of four days, and only the third pays (10%): one shift of three catches it, at no cost."""
    pays = np.array([0.0, 0.0, 0.1, 0.0])
    luck = random_timing([np.array([1.0, 0.0, 0.0, 0.0])], [pays], np.zeros(4), shifts=100)
    assert sorted(luck.final) == pytest.approx([1.0, 1.0, 1.1])


def test_luck_pays_the_same_costs_whenever_it_trades() -> None:
    """In and out once at 1% a side: every shift keeps 0.99 x 0.99."""
    nothing = np.zeros(5)
    luck = random_timing([nothing], [nothing], np.array([0.0, 0.01, 0.01, 0.0, 0.0]), shifts=100)
    assert luck.final == pytest.approx([0.99 * 0.99] * 4)


def test_costs_are_paid_on_the_day_to_which_the_trade_is_shifted() -> None:
    """In on the first of three days, at a cost of 1%; the days pay 0, +10% and -50%.

    A shift by one day makes 1 + 0.10 - 0.01 = 1.09, a shift by two 1 - 0.50 - 0.01 = 0.49. By day, lowest first:
    1, then 1 and 1.09, then 0.49 and 1.09; the median of two is their mean.
    """
    exposure, returns, costs = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.1, -0.5]), np.array([0.01, 0.0, 0.0])
    luck = random_timing([exposure], [returns], costs, shifts=100)
    assert luck.final == pytest.approx([1.09, 0.49])
    assert luck.median == pytest.approx([1.0, 1.045, 0.79])


def test_luck_has_nothing_to_add_to_a_constant_exposure() -> None:
    returns = np.array([0.1, -0.2, 0.3, 0.05, -0.1])
    luck = random_timing([np.full(5, 0.5)], [returns], np.zeros(5), shifts=100)
    assert luck.final == pytest.approx([np.prod(1 + 0.5 * returns)] * 4)


def test_a_run_of_one_day_has_a_band_of_one_day() -> None:
    luck = random_timing([np.ones(1)], [np.array([0.1])], np.zeros(1), shifts=100)
    assert luck.final == pytest.approx([1.1])
