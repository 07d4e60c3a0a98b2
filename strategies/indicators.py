"""Indicators over one value a session or day, NaN where it is missing. Each reads its own place and those before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.core.market import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def sma(values: Floats, window: int) -> Floats:
    """The mean of the last `window` values, the row's own included; NaN until the window is whole.

    Each window is summed by itself, so that a value does not depend on where its series begins, and as distances
    from the row's own value, so that the mean of equal values is that value to the last bit.
    """

    def mean(windows: Floats, axis: int) -> Floats:
        own = windows[:, -1]
        means: Floats = own + np.mean(windows - own[:, None], axis=axis)
        return means

    return _windowed(values, window, mean)


def highest(values: Floats, window: int) -> Floats:
    """The highest of the last `window` values, the row's own included; NaN until the window is whole."""
    return _windowed(values, window, np.max)


def rolling_median(values: Floats, window: int) -> Floats:
    """The median of the last `window` values, the row's own included; NaN until the window is whole."""
    medians: Floats = pd.Series(values).rolling(window).median().to_numpy()
    return medians


def lagged(values: Floats, lag: int) -> Floats:
    """The value `lag` rows earlier; NaN where there is none."""
    shifted = np.full(len(values), np.nan)
    if lag < len(values):
        shifted[lag:] = values[: len(values) - lag]
    return shifted


def prior_high(values: Floats) -> Floats:
    """The highest known value before each row; NaN before there is one."""
    return lagged(np.fmax.accumulate(values), 1) if len(values) else values


def run_length(condition: Bools) -> Ints:
    """How many rows in a row, up to and with each, meet a condition."""
    rows = np.arange(len(condition))
    last_miss = np.maximum.accumulate(np.where(condition, -1, rows)) if len(rows) else rows
    return rows - last_miss


def annual_volatility(close: Floats, span: int) -> Floats:
    """The volatility a year: sqrt(365 x EWMA of squared daily log returns), NaN before the first return.

    The weights are (1 - a)^k with a = 2 / (span + 1), normalised to one (RiskMetrics 1996, section 5.2); a day
    without a return ages the others and has no weight itself.
    """
    squared = pd.Series(np.log(close / lagged(close, 1)) ** 2)
    volatility: Floats = np.sqrt(365 * squared.ewm(span=span).mean()).to_numpy()
    return volatility


def mean_true_range(high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """The simple mean of the true range over `window` rows (Wilder 1978, with a plain mean for his smoothing)."""
    before = lagged(close, 1)
    true_range = np.maximum(high, before) - np.minimum(low, before)
    return sma(true_range, window)


def _windowed(values: Floats, window: int, reduce: Callable[..., Any]) -> Floats:
    result = np.full(len(values), np.nan)
    if window <= len(values):
        result[window - 1 :] = reduce(np.lib.stride_tricks.sliding_window_view(values, window), axis=1)
    return result
