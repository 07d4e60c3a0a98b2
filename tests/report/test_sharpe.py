"""Sharpe ratios by the acceptance table of the published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bot.report.sharpe import (
    SharpeSample,
    best_by_chance,
    deflated_sharpe,
    expected_maximum,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_sample,
)

# Bailey, Lopez de Prado 2014: 2.5 a year over 1,250 days of which 250 are a year, V 1/2 a year.
DAILY = SharpeSample(2.5 / math.sqrt(250), 1250, skew=-3, kurtosis=10)
VARIANCE = 0.5 / 250


def test_the_best_by_chance_of_a_hundred_trials() -> None:
    assert round(best_by_chance(VARIANCE, 100), 4) == 0.1132


@pytest.mark.parametrize(
    ("trials", "sample", "expected"),
    [
        (100, DAILY, 0.9004),
        (46, DAILY, 0.9505),
        (88, SharpeSample(DAILY.sharpe, 1250), 0.9505),
    ],
)
def test_a_ratio_is_deflated_by_the_number_of_trials(trials: int, sample: SharpeSample, expected: float) -> None:
    assert round(deflated_sharpe(sample, VARIANCE, trials), 4) == expected


def test_skewed_returns_make_a_ratio_less_probable() -> None:
    assert round(probabilistic_sharpe(SharpeSample(0.458, 24, -2.448, 10.164), 0), 3) == 0.913
    assert round(probabilistic_sharpe(SharpeSample(0.458, 24), 0), 3) == 0.982


@pytest.mark.parametrize(("periods", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_rarer_returns_need_a_longer_track_record(periods: int, years: float) -> None:
    sample = SharpeSample(2 / math.sqrt(periods), 0)
    assert round(minimum_track_record(sample, 1 / math.sqrt(periods)) / periods, 2) == years


def test_a_ratio_under_its_benchmark_has_no_track_record() -> None:
    assert minimum_track_record(SharpeSample(0.1, 100), 0.1) == math.inf


@pytest.mark.parametrize(("trials", "expected"), [(1, 0.0), (10, 1.5746), (100, 2.5306), (1000, 3.2551)])
def test_the_expected_largest_of_normal_draws(trials: int, expected: float) -> None:
    assert round(expected_maximum(trials), 4) == expected


def test_the_moments_of_returns() -> None:
    # Mean 1, deviations -1 -1 -1 3: variance 3 (ddof 0) or 4 (ddof 1), third moment 6, fourth 21.
    found = sharpe_sample(np.array([0.0, 0.0, 0.0, 4.0]))
    assert found is not None
    assert (found.sharpe, found.periods) == (0.5, 4)
    assert found.skew == pytest.approx(6 / 3**1.5)
    assert found.kurtosis == pytest.approx(21 / 9)
    assert sharpe_sample(np.ones(5)) is None
    assert sharpe_sample(np.array([1.0])) is None
