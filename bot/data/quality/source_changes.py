"""Changes of the data source, and differences from a second source."""

from __future__ import annotations

import numpy as np

from bot.core.data_fault import DataFault, FaultKind, Severity
from bot.core.market import Series
from bot.core.moments import utc
from bot.data.quality.fault_spells import faults_at
from bot.data.quality.thresholds import QualityRules


def find_source_changes(series: Series) -> list[DataFault]:
    """Find the first date of each new source; volumes before and after are not comparable."""
    rows = np.searchsorted(series.dates, series.source_changes)
    return faults_at(
        series, rows.tolist(), FaultKind.SOURCE_CHANGE, lambda i: f"another source from {series.dates[i]} on"
    )


def find_differences(series: Series, second: Series, rules: QualityRules) -> list[DataFault]:
    """Find dates on which two sources' closes differ by more than the share `difference` of the smaller close."""
    days, i, j = np.intersect1d(series.dates, second.dates, assume_unique=True, return_indices=True)
    a, b = series.close[i], second.close[j]
    # Known with the later of the two rows: before that there was nothing to compare.
    known = np.maximum(series.known_at[i], second.known_at[j])
    apart = np.abs(a - b) > rules.difference * np.minimum(np.abs(a), np.abs(b))
    faults = []
    for k in np.flatnonzero(apart):
        day = days[k].item()
        text = f"close {a[k]:g}, and {b[k]:g} from {second.source}"
        faults.append(
            DataFault(series.symbol, FaultKind.SOURCES_DIFFER, Severity.WARNED, day, day, 1, utc(known[k]), text)
        )
    return faults
