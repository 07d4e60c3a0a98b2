"""Prices that contradict their own day, repeat, are too coarse, or lack what a coin's row needs."""

from __future__ import annotations

import numpy as np

from bot.core.data_fault import DataFault, FaultKind
from bot.core.market import Floats, Series, SeriesKind
from bot.data.quality.fault_spells import Bools, begins, of_rows, run_length
from bot.data.quality.thresholds import QualityRules


def outside_range(series: Series, rules: QualityRules) -> list[DataFault]:
    """Rows whose open or close lies outside the day's high and low.

    Within `rounding` it shows that the columns were rounded differently, as those of two vendors are.
    """
    if series.kind is SeriesKind.MACRO:  # it may be zero or below, where a ratio says nothing
        return []
    open_, high, low, close = series.open, series.high, series.low, series.close
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.fmax.reduce([open_ / high, close / high, low / open_, low / close]) - 1
    outside, apart = beyond > rules.rounding, (beyond > 0) & (beyond <= rules.rounding)
    return [
        *of_rows(
            series,
            np.flatnonzero(outside),
            FaultKind.OUTSIDE_RANGE,
            lambda i: (
                f"open {series.open[i]:g} or close {series.close[i]:g} lies outside "
                f"{series.low[i]:g} to {series.high[i]:g}"
            ),
        ),
        *of_rows(
            series,
            np.flatnonzero(apart),
            FaultKind.ROUNDED_APART,
            lambda i: "open or close lies outside the day's range by rounding alone: two vendors in one row",
        ),
    ]


def repeated(series: Series, rules: QualityRules) -> list[DataFault]:
    """Rows that say again what the row before said.

    That is a close repeated many times over, or a whole day (open, high, low and close) repeated once; a
    stablecoin's days do repeat. Macro series hold still for months.
    """
    if series.kind is SeriesKind.MACRO:
        return []
    stuck = run_length(_same(series.close)) >= rules.repeats.of(series.kind)
    whole_day = np.zeros(len(series), bool)
    if series.kind is not SeriesKind.STABLECOIN:
        columns = (series.open, series.high, series.low, series.close)
        whole_day = np.logical_and.reduce([_same(column) for column in columns]) & (series.high > series.low)
    return of_rows(
        series,
        np.flatnonzero(stuck | whole_day),
        FaultKind.REPEATED,
        lambda i: f"close {series.close[i]:g} again" if stuck[i] else "the whole day is the one before again",
    )


def _same(column: Floats) -> Bools:
    """Whether each value is the one before."""
    return np.concatenate(([False], column[1:] == column[:-1]))[: len(column)]


def coarse(series: Series, rules: QualityRules) -> list[DataFault]:
    """Rows of a stablecoin that stand in a run of closes on a coarse grid: a break of its peg hides between them."""
    if series.kind is not SeriesKind.STABLECOIN:
        return []
    steps = series.close / rules.coarse_step
    on_grid = np.abs(steps - np.round(steps)) < 1e-6  # what is left of a float's last digits
    rows = np.flatnonzero(run_length(on_grid) >= rules.coarse_rows)
    return of_rows(
        series,
        rows,
        FaultKind.COARSE,
        lambda i: f"close {series.close[i]:g} ends {rules.coarse_rows} or more on whole steps of {rules.coarse_step:g}",
    )


def close_only(series: Series, rules: QualityRules) -> list[DataFault]:
    """Where a coin's feed begins to give closes alone: it cannot be filled at an open, and its range is not known."""
    if not series.kind.is_coin:
        return []
    bare = run_length(np.isnan(series.open)) >= rules.close_only_rows
    return of_rows(
        series,
        begins(bare, 1),
        FaultKind.CLOSE_ONLY,
        lambda i: f"{rules.close_only_rows} rows in a row without an open: it is not filled on such days",
    )
