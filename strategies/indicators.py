"""Indicators over one value a session or day, NaN where it is missing.

Each row is computed from itself and the rows before it.
"""

from __future__ import annotations

from collections.abc import Callable

import bottleneck
import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.core.market import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

LONG_WINDOW = 50
"""Rows from which on a window may lack some: in a shorter one each row weighs too much."""


def missing_allowed(window: int, gaps: float) -> int:
    """Return how many rows of a window may be missing: a share of a long window, rounded down; 0 for a short one.

    Parameters
    ----------
    window
        Rows of the window.
    gaps
        Share of a window of `LONG_WINDOW` rows or more that may be missing.
    """
    # 0.29 of 100 rows is 28.999... as a float.
    return int(gaps * window + 1e-9) if window >= LONG_WINDOW else 0


def sma(values: Floats, window: int, gaps: float = 0.0) -> Floats:
    """Compute the simple moving average.

    Parameters
    ----------
    values : array of float
        One value a row.
    window
        Rows of the mean, the row's own included.
    gaps
        Share of the rows of a window of 50 or more that may be missing, never its oldest or newest.

    Returns
    -------
    array of float
        Mean of the rows that are there, by row, in the unit of the values; NaN before the window is whole or where it
        lacks more than it may.
    """
    # Each window is summed by itself: with a running sum a value would depend on the first row of the series.
    # The sum is of distances from the row's own value, so that the mean of equal values is that value to the last bit.

    def mean(windows: Floats, axis: int) -> Floats:
        own = windows[:, -1]
        means: Floats = own + np.mean(windows - own[:, None], axis=axis)
        return means

    return _windowed(values, window, mean, gaps)


def highest(values: Floats, window: int, gaps: float = 0.0) -> Floats:
    """Compute the highest of the last `window` values, the row's own included.

    Returns
    -------
    array of float
        Maximum by row; NaN before the window is whole or where it lacks more than `gaps` allows, as in `sma`.
    """
    return _windowed(values, window, np.max, gaps)


def rolling_median(values: Floats, window: int, gaps: float = 0.0) -> Floats:
    """Compute the median of the last `window` values, the row's own included.

    Returns
    -------
    array of float
        Median by row; NaN before the window is whole or where it lacks more than `gaps` allows, as in `sma`.
    """
    if window > len(values):
        return np.full(len(values), np.nan)
    medians: Floats = bottleneck.move_median(values, window)  # the values of pandas, in a sixth of the time
    _read_over_gaps(medians, values, window, np.median, gaps)
    return medians


def daily_volatility(close: Floats, window: int, gaps: float = 0.0) -> Floats:
    """Compute the standard deviation of the last `window` daily log returns, the row's own included.

    Returns
    -------
    array of float
        Share a day by row, with one degree of freedom less; NaN before the window is whole or where it lacks more than
        `gaps` allows, as in `sma`.
    """
    returns = np.log(close / lagged(close, 1))
    deviations: Floats = pd.Series(returns).rolling(window).std().to_numpy(copy=True)
    _read_over_gaps(deviations, returns, window, _deviation, gaps)
    return deviations


def _deviation(values: Floats, axis: int) -> Floats:
    deviation: Floats = np.std(values, axis=axis, ddof=1)
    return deviation


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
    volatility: Floats = np.sqrt(365 * squared.ewm(span=span).mean().to_numpy())
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


def _windowed(values: Floats, window: int, reduce: Callable[..., Floats], gaps: float) -> Floats:
    result = np.full(len(values), np.nan)
    if window <= len(values):
        result[window - 1 :] = reduce(np.lib.stride_tricks.sliding_window_view(values, window), axis=1)
        _read_over_gaps(result, values, window, reduce, gaps)
    return result


def _read_over_gaps(result: Floats, values: Floats, window: int, reduce: Callable[..., Floats], gaps: float) -> None:
    """Fill in the windows that lack as many rows as they may, from the rows that are there."""
    is_missing = np.isnan(values)
    allowed = missing_allowed(window, gaps)
    if window > len(values) or not allowed or not is_missing.any():
        return
    windows = np.lib.stride_tricks.sliding_window_view(values, window)
    before = np.concatenate(([0], np.cumsum(is_missing)))
    missing = before[window:] - before[:-window]
    has_both_ends = ~is_missing[: len(windows)] & ~is_missing[window - 1 :]
    for count in range(1, allowed + 1):
        rows = np.flatnonzero(has_both_ends & (missing == count))
        if len(rows):
            found = windows[rows]
            result[rows + window - 1] = reduce(found[~np.isnan(found)].reshape(len(rows), window - count), axis=1)
