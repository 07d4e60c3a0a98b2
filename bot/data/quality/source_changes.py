"""One series beside the same of a second source."""

from __future__ import annotations

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Series
from bot.core.moments import utc
from bot.data.quality.fault_spells import of_rows
from bot.data.quality.thresholds import QualityRules


def source_changes(series: Series) -> list[DataFault]:
    """Dates from which another source tells the series: its volume does not compare across them."""
    rows = np.searchsorted(series.dates, series.source_changes)
    return of_rows(
        series, rows.tolist(), FaultKind.SOURCE_CHANGE, lambda i: f"another source from {series.dates[i]} on"
    )


def differences(series: Series, second: Series, rules: QualityRules) -> list[DataFault]:
    """Dates on which two sources' closes differ by more than `difference` of the smaller, known with the later row."""
    days, i, j = np.intersect1d(series.dates, second.dates, assume_unique=True, return_indices=True)
    a, b = series.close[i], second.close[j]
    known = np.maximum(series.known_at[i], second.known_at[j])
    apart = np.abs(a - b) > rules.difference * np.minimum(np.abs(a), np.abs(b))
    faults = []
    for k in np.flatnonzero(apart):
        day = days[k].item()
        told = f"close {a[k]:g}, and {b[k]:g} from {second.source}"
        faults.append(
            DataFault(series.symbol, FaultKind.SOURCES_DIFFER, Severity.WARNED, day, day, 1, utc(known[k]), told)
        )
    return faults
