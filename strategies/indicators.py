"""Indicators over one value a session or day, NaN where it is missing.

Each row is computed from itself and the rows before it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.core.market import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def sma(values: Floats, window: int) -> Floats:
    """Compute the simple moving average.

    Parameters
    ----------
    values : array of float
        One value a row.
    window
        Rows of the mean, the row's own included.

    Returns
    -------
    array of float
        Mean by row, in the unit of the values; NaN before the window is whole or where it lacks a value.
    """
    # Each window is summed by itself: with a running sum a value would depend on the first row of the series.
    # The sum is of distances from the row's own value, so that the mean of equal values is that value to the last bit.

    def mean(windows: Floats, axis: int) -> Floats:
        own = windows[:, -1]
        means: Floats = own + np.mean(windows - own[:, None], axis=axis)
        return means

    return _windowed(values, window, mean)


def highest(values: Floats, window: int) -> Floats:
    """Compute the highest of the last `window` values, the row's own included.

    Returns
    -------
    array of float
        Maximum by row; NaN before the window is whole or where it lacks a value.
    """
    return _windowed(values, window, np.max)


def rolling_median(values: Floats, window: int) -> Floats:
    """Compute the median of the last `window` values, the row's own included.

    Returns
    -------
    array of float
        Median by row; NaN before the window is whole or where it lacks a value.
    """
    medians: Floats = pd.Series(values).rolling(window).median().to_numpy()
    return medians


def lagged(values: Floats, lag: int) -> Floats:
    """Shift the values down by `lag` rows; the first `lag` rows are NaN."""
    shifted = np.full(len(values), np.nan)
    if lag < len(values):
        shifted[lag:] = values[: len(values) - lag]
    return shifted


def prior_high(values: Floats) -> Floats:
    """Compute the highest value before each row; missing values are skipped.

    Returns
    -------
    array of float
        Running maximum, the row itself left out; NaN at the first row.
    """
    return lagged(np.fmax.accumulate(values), 1) if len(values) else values


def run_length(condition: Bools) -> Ints:
    """Count the consecutive rows that meet a condition, up to and with each row.

    Returns
    -------
    array of int
        Length of the run at each row; 0 where the condition is False.
    """
    rows = np.arange(len(condition))
    last_miss = np.maximum.accumulate(np.where(condition, -1, rows)) if len(rows) else rows
    return rows - last_miss


def annual_volatility(close: Floats, span: int) -> Floats:
    """Compute the annual volatility: sqrt(365 x EWMA of squared daily log returns).

    The weights are (1 - a)^k with a = 2 / (span + 1), normalised to a sum of one (RiskMetrics Technical Document, 1996,
    section 5.2). A missing return has weight 0 and still ages the returns before it.

    Parameters
    ----------
    close : array of float
        Closes by UTC day.
    span
        Span of the weights, in days.

    Returns
    -------
    array of float
        Volatility a year as a share (0.8 is 80%); NaN before the first return.
    """
    squared = pd.Series(np.log(close / lagged(close, 1)) ** 2)
    volatility: Floats = np.sqrt(365 * squared.ewm(span=span).mean()).to_numpy()
    return volatility


def mean_true_range(high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Compute the mean true range (Wilder, 1978, with a simple mean in place of his smoothing).

    Returns
    -------
    array of float
        Mean over `window` rows, in the unit of prices; NaN before the window is whole.
    """
    before = lagged(close, 1)
    true_range = np.maximum(high, before) - np.minimum(low, before)
    return sma(true_range, window)


def _windowed(values: Floats, window: int, reduce: Callable[..., Floats]) -> Floats:
    result = np.full(len(values), np.nan)
    if window <= len(values):
        result[window - 1 :] = reduce(np.lib.stride_tricks.sliding_window_view(values, window), axis=1)
    return result
