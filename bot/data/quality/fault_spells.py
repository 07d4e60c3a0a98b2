"""How faults are made of rows, and how spells of them are told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Series
from bot.core.moments import utc

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]


def of_rows(
    series: Series,
    rows: Iterable[int],
    kind: FaultKind,
    told: Callable[[int], str],
    severity: Severity = Severity.WARNED,
) -> list[DataFault]:
    """One fault for each of some rows, known when the row was."""
    return [
        DataFault(series.symbol, kind, severity, day, day, 1, utc(series.known_at[i]), told(i))
        for i, day in ((i, series.dates[i].item()) for i in rows)
    ]


def counted(condition: Bools, window: int) -> Ints:
    """How many of the last `window` rows, the row's own included, meet a condition."""
    total = np.concatenate(([0], np.cumsum(condition)))
    ends = np.arange(1, len(total))
    return np.asarray(total[ends] - total[np.maximum(ends - window, 0)], np.intp)


def run_length(condition: Bools) -> Ints:
    """How many rows in a row, up to and with each, meet a condition."""
    rows = np.arange(len(condition))
    return np.asarray(rows - np.maximum.accumulate(np.where(condition, -1, rows)), np.intp)


def begins(condition: Bools, apart: int) -> list[int]:
    """The rows at which a condition begins to hold, each at least `apart` rows after the one told before."""
    starts = np.flatnonzero(condition & ~np.concatenate(([False], condition[:-1])))
    return spaced(starts.tolist(), apart)


def spaced(rows: Iterable[int], apart: int) -> list[int]:
    """Of ascending rows those that lie at least `apart` after the last one kept: later rows never change it."""
    kept: list[int] = []
    for row in rows:
        if not kept or row - kept[-1] >= apart:
            kept.append(row)
    return kept
