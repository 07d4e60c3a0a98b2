"""Windows over missing rows, worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from strategies.indicators import highest, missing_allowed, rolling_median, sma

NAN = float("nan")
CASES: list[tuple[Callable[..., Any], float]] = [(sma, 1.25), (highest, 50.0), (rolling_median, 0.0)]
"""Each reduction with its value of 50 rows of which the sixth is 50, the newest 10, one is missing and the rest are 0.

The mean is 60 / 48 if two are missing and 60 / 49 if one is; see the tests.
"""


def rows(missing: list[int], n: int = 50) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = np.zeros(n)
    values[5], values[n - 1] = 50.0, 10.0
    values[missing] = NAN
    return values


@pytest.mark.parametrize(
    ("window", "gaps", "allowed"),
    [(49, 0.5, 0), (50, 0.02, 1), (99, 0.02, 1), (100, 0.02, 2), (252, 0.02, 5), (100, 0.29, 29), (100, 0.0, 0)],
)
def test_a_long_window_may_lack_a_share_of_its_rows(window: int, gaps: float, allowed: int) -> None:
    assert missing_allowed(window, gaps) == allowed


def test_the_mean_is_of_the_rows_that_are_there() -> None:
    assert sma(rows([20]), 50, 0.02)[-1] == pytest.approx(60 / 49, abs=1e-15)
    assert sma(rows([20, 30]), 50, 0.04)[-1] == pytest.approx(1.25, abs=1e-15)


@pytest.mark.parametrize(("reduce", "value"), CASES)
def test_every_window_reads_over_the_gaps_that_it_may_have(reduce: Callable[..., Any], value: float) -> None:
    assert reduce(rows([20, 30]), 50, 0.04)[-1] == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize("reduce", [sma, highest, rolling_median])
@pytest.mark.parametrize("missing", [[20, 30], [0], [49], [0, 49]])
def test_a_window_that_lacks_more_or_one_of_its_ends_is_unknown(reduce: Callable[..., Any], missing: list[int]) -> None:
    assert np.isnan(reduce(rows(missing), 50, 0.02)[-1])


@pytest.mark.parametrize("reduce", [sma, highest, rolling_median])
def test_windows_without_a_gap_keep_every_bit_and_short_ones_stay_whole(reduce: Callable[..., Any]) -> None:
    values = np.random.default_rng(7).normal(100, 10, 400)
    assert np.array_equal(reduce(values, 50, 0.02), reduce(values, 50), equal_nan=True)
    values[200] = NAN
    over = reduce(values, 50, 0.02)
    # The row itself, and the window that begins with it.
    assert np.flatnonzero(np.isnan(over[49:])).tolist() == [151, 200]
    short = reduce(values, 49, 0.02)
    assert np.isnan(short[200:249]).all() and not np.isnan(short[249:]).any()
    assert len(reduce(values[:10], 50, 0.02)) == 10


@pytest.mark.parametrize("seed", range(20))
def test_the_value_over_gaps_is_that_of_the_rows_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(100, 10, 300)
    values[rng.random(300) < 0.02] = NAN
    for reduce, plain in ((sma, np.mean), (highest, np.max), (rolling_median, np.median)):
        read = reduce(values, 100, 0.03)
        for row in range(99, 300):
            window = values[row - 99 : row + 1]
            lost = int(np.isnan(window).sum())
            if lost > 3 or np.isnan(window[[0, -1]]).any():
                assert np.isnan(read[row])
            else:
                assert read[row] == pytest.approx(plain(window[~np.isnan(window)]), rel=1e-13)
