"""Histograms of the statistics of all shifts: as observed, and with the lead that would matter."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.study.shifts import ShiftTest, shift_means

BINS = 60

DEFINITIONS = {
    "distribution.edges": f"Edges of {BINS} bins of the excess, log return",
    "distribution.no_lead": "Shifts with an excess in each bin",
    "distribution.with_lead": (
        "The same with the plan's effect taken out of the outcomes, moved so that the observed excess keeps its place: "
        "count_low of them are at most the observed one"
    ),
}


def shift_histogram(test: ShiftTest, effect: float) -> dict[str, Any]:
    """Count the statistics of all shifts in bins, as observed and as they would be around a lead.

    Parameters
    ----------
    test
        The test.
    effect
        The lead, a log return.

    Returns
    -------
    dict
        `edges`, shape (BINS + 1,), `no_lead` and `with_lead`, shape (BINS,) each.
    """
    mended = test.mended(effect)
    low = shift_means(mended, test.events) - mended.mean()
    with_lead = low + (test.excess - low[0])
    edges = np.histogram_bin_edges(np.concatenate((test.statistics, with_lead)), BINS)
    return {
        "edges": edges.tolist(),
        "no_lead": np.histogram(test.statistics, edges)[0].tolist(),
        "with_lead": np.histogram(with_lead, edges)[0].tolist(),
    }
