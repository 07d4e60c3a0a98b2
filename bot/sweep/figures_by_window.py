"""Figures of every parameter set over several windows of trading days."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from bot.sweep.chunks import Chunk, chunks_of, run_chunk
from bot.sweep.key_effects import key_of_arrays
from bot.sweep.run_figures import MONTHLY
from bot.sweep.sweep_file import SweepRow
from bot.sweep.variation import Variations

_SETS_A_THREAD = 32
"""Sets of one chunk of a thread."""
Figures = Mapping[str, Any]
"""Figures of a set by name."""


def figures_by_window(
    runs: Sequence[Variations], drawn: Sequence[Mapping[str, object]], advance: Callable[[int, int], None]
) -> list[list[Figures]]:
    """Simulate every set over several windows of days, on a thread for each core.

    A set is run over all windows in a row, so that the arrays of its readings are computed once.

    Parameters
    ----------
    runs
        Runs on the days of each window.
    drawn
        Sets as values by dotted config key.
    advance
        Called with the number of finished and of all sets.

    Returns
    -------
    list
        For each window the figures of all sets, in the order of `drawn`. Only the last window has monthly returns,
        which would take most of the memory.
    """
    found: list[list[Figures]] = [[{}] * len(drawn) for _ in runs]
    chunks, finished = chunks_of(drawn, _SETS_A_THREAD).values(), 0
    advance(0, len(drawn))

    def run_windows(chunk: Chunk) -> list[list[SweepRow]]:
        made: list[list[SweepRow]] = [[] for _ in runs]
        for _, group in groupby(chunk, key=lambda one: key_of_arrays(one[1])):
            alike = list(group)
            for rows, variations in zip(made, runs, strict=True):
                rows += run_chunk(variations, alike)
        return made

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        try:
            for by_window in threads.map(run_windows, chunks):
                for place, rows in enumerate(by_window):
                    for number, _, figures in rows:
                        kept = figures if place == len(runs) - 1 else {**figures, MONTHLY: None}
                        found[place][number] = kept
                finished += len(by_window[0])
                advance(finished, len(drawn))
        finally:
            threads.shutdown(cancel_futures=True)
    return found
