"""Indicators over the rows of one series. Each value reads its own row and those before, and no other."""

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

    Each window is summed by itself, so that a value does not depend on where its series begins.
    """
    return _windowed(values, window, np.mean)


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
    """The highest value before each row; NaN at the first."""
    return lagged(np.maximum.accumulate(values), 1) if len(values) else values


def run_length(condition: Bools) -> Ints:
    """How many rows in a row, up to and with each, meet a condition."""
    rows = np.arange(len(condition))
    last_miss = np.maximum.accumulate(np.where(condition, -1, rows)) if len(rows) else rows
    return rows - last_miss


def annual_volatility(close: Floats, span: int) -> float:
    """The volatility a year at the last row: sqrt(365 x EWMA of squared daily log returns).

    The weights are (1 - a)^k with a = 2 / (span + 1), normalised to one (RiskMetrics 1996, section 5.2).
    """
    squared = np.diff(np.log(close)) ** 2
    weights = (1 - 2 / (span + 1)) ** np.arange(len(squared) - 1, -1, -1)
    return float(np.sqrt(365 * np.sum(weights * squared) / np.sum(weights)))


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
