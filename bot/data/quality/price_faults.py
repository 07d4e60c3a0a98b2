"""Prices outside their day's range, repeated prices, coarse prices, and rows of closes alone."""

from __future__ import annotations

import numpy as np

from bot.core.data_fault import DataFault, FaultKind
from bot.core.market import Floats, Series
from bot.core.series_kind import SeriesKind
from bot.data.quality.fault_spells import Bools, faults_at, find_starts, run_length
from bot.data.quality.thresholds import QualityRules

_ON_GRID = 1e-6
"""Distance from a whole step that is left by the last digits of a float."""


def find_outside_range(series: Series, rules: QualityRules) -> list[DataFault]:
    """Find rows whose open or close lies outside the day's high and low.

    A difference of at most `rounding` shows that the columns were rounded differently, as those of two vendors are.
    """
    if series.kind is SeriesKind.MACRO:  # may be zero or below, where a ratio has no meaning
        return []
    open_, high, low, close = series.open, series.high, series.low, series.close
    with np.errstate(divide="ignore", invalid="ignore"):
        # fmax passes over NaN: a row without an open is checked by its close alone.
        beyond = np.fmax.reduce([open_ / high, close / high, low / open_, low / close]) - 1
    outside, apart = beyond > rules.rounding, (beyond > 0) & (beyond <= rules.rounding)
    return [
        *faults_at(
            series,
            np.flatnonzero(outside),
            FaultKind.OUTSIDE_RANGE,
            lambda i: (
                f"open {series.open[i]:g} or close {series.close[i]:g} lies outside "
                f"{series.low[i]:g} to {series.high[i]:g}"
            ),
        ),
        *faults_at(
            series,
            np.flatnonzero(apart),
            FaultKind.ROUNDED_APART,
            lambda i: "open or close lies outside the day's range by rounding alone: two vendors in one row",
        ),
    ]


def find_repeats(series: Series, rules: QualityRules) -> list[DataFault]:
    """Find closes that repeat many times, and whole days (open, high, low, close) that repeat once."""
    if series.kind is SeriesKind.MACRO:  # a rate may hold still for months
        return []
    stuck = run_length(_equals_previous(series.close)) >= rules.repeats.of(series.kind)
    whole_day = np.zeros(len(series), bool)
    if series.kind is not SeriesKind.STABLECOIN:  # whose days do repeat
        columns = (series.open, series.high, series.low, series.close)
        # A day without a range repeats on a quiet market too.
        whole_day = np.logical_and.reduce([_equals_previous(c) for c in columns]) & (series.high > series.low)
    return faults_at(
        series,
        np.flatnonzero(stuck | whole_day),
        FaultKind.REPEATED,
        lambda i: f"close {series.close[i]:g} again" if stuck[i] else "the whole day repeats the day before",
    )


def _equals_previous(column: Floats) -> Bools:
    return np.concatenate(([False], column[1:] == column[:-1]))[: len(column)]


def find_coarse_closes(series: Series, rules: QualityRules) -> list[DataFault]:
    """Find runs of a stablecoin's closes on a coarse grid, between whose steps a loss of the peg stays hidden."""
    if series.kind is not SeriesKind.STABLECOIN:
        return []
    steps = series.close / rules.coarse_step
    on_grid = np.abs(steps - np.round(steps)) < _ON_GRID
    rows = np.flatnonzero(run_length(on_grid) >= rules.coarse_rows)
    return faults_at(
        series,
        rows,
        FaultKind.COARSE,
        lambda i: f"close {series.close[i]:g} ends {rules.coarse_rows} or more on whole steps of {rules.coarse_step:g}",
    )


def find_close_only(series: Series, rules: QualityRules) -> list[DataFault]:
    """Find the start of each spell in which a coin's rows have closes alone: orders need an open to be filled at."""
    if not series.kind.is_coin:
        return []
    bare = run_length(np.isnan(series.open)) >= rules.close_only_rows
    return faults_at(
        series,
        find_starts(bare, 1),
        FaultKind.CLOSE_ONLY,
        lambda i: f"{rules.close_only_rows} rows in a row without an open: orders are not filled on such days",
    )
