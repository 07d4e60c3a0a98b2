"""Faults at rows of a series, and the start of each spell of rows that share a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Series
from bot.core.moments import utc

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]


def faults_at(
    series: Series,
    rows: Iterable[int],
    kind: FaultKind,
    format_text: Callable[[int], str],
    severity: Severity = Severity.WARNED,
) -> list[DataFault]:
    """Make one fault for each row, known when the row was known.

    Parameters
    ----------
    rows
        Positions in the series.
    format_text
        Returns the sentence of a row's fault.
    """
    return [
        DataFault(series.symbol, kind, severity, day, day, 1, utc(series.known_at[i]), format_text(i))
        for i, day in ((i, series.dates[i].item()) for i in rows)
    ]


def count_within(condition: Bools, window: int) -> Ints:
    """Count the rows that meet a condition among the last `window` rows, the row itself included."""
    total = np.concatenate(([0], np.cumsum(condition)))
    ends = np.arange(1, len(total))
    return np.asarray(total[ends] - total[np.maximum(ends - window, 0)], np.intp)


def run_length(condition: Bools) -> Ints:
    """Count the consecutive rows up to and including each row that meet a condition."""
    rows = np.arange(len(condition))
    return np.asarray(rows - np.maximum.accumulate(np.where(condition, -1, rows)), np.intp)


def find_starts(condition: Bools, apart: int) -> list[int]:
    """Find the rows at which a condition begins to hold, each at least `apart` rows after the one before."""
    starts = np.flatnonzero(condition & ~np.concatenate(([False], condition[:-1])))
    return keep_apart(starts.tolist(), apart)


def keep_apart(rows: Iterable[int], apart: int) -> list[int]:
    """Keep of ascending rows those at least `apart` after the last one kept."""
    # From the oldest row on, so that a later row leaves the earlier choices as they are.
    kept: list[int] = []
    for row in rows:
        if not kept or row - kept[-1] >= apart:
            kept.append(row)
    return kept
