"""Heat maps: the median total return over pairs of varied keys, the best set marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from bot.core.market import Floats
from bot.report import numbers
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.sweep.page.sweep_data import Parts, SweepData, parts_of, short_names

MOST_MAPS = 10
LEVELS = 8
_LEFT, _ROW, _TOP, _FOOT = 19.0, 34.0, 4.0, 22.0


def heat_maps(sweep: SweepData) -> Sequence[Drawing]:
    """Draw the pairs of keys that matter most: those whose medians lie furthest apart."""
    parts = {key: parts_of(sweep.table[key]) for key in sweep.keys}
    spread = {key: float(np.ptp(_medians(sweep.returns, part))) for key, part in parts.items()}
    pairs = sorted(combinations(sweep.keys, 2), key=lambda pair: -spread[pair[0]] - spread[pair[1]])[:MOST_MAPS]
    cells = {pair: _cells(sweep.returns, parts[pair[0]], parts[pair[1]]) for pair in pairs}
    if not cells:
        return ()
    shown = np.concatenate([found[np.isfinite(found)] for found in cells.values()])
    low, high = float(shown.min()), float(shown.max())
    best = int(np.flatnonzero(sweep.table["set"].to_numpy() == sweep.evidence.best)[0])
    names = short_names(sweep.keys)
    return [
        _drawing(names[down], names[across], parts[down], parts[across], cells[down, across], (low, high), best)
        for down, across in pairs
    ]


def pair_count(sweep: SweepData) -> int:
    """Return the number of pairs of varied keys."""
    return len(sweep.keys) * (len(sweep.keys) - 1) // 2


def _medians(returns: Floats, part: Parts) -> Floats:
    return np.array([np.median(returns[part.of_set == number]) for number in np.unique(part.of_set)])


def _cells(returns: Floats, down: Parts, across: Parts) -> Floats:
    """Return the median total return of each pair of parts; NaN of a pair of zero sets."""
    found = np.full((len(down.labels), len(across.labels)), np.nan)
    for row, column in np.ndindex(found.shape):
        inside = returns[(down.of_set == row) & (across.of_set == column)]
        if len(inside):
            found[row, column] = np.median(inside)
    return found


def _drawing(
    down_name: str, across_name: str, down: Parts, across: Parts, cells: Floats, ends: tuple[float, float], best: int
) -> Drawing:
    rows, columns = cells.shape
    canvas, width = Canvas(_TOP + _ROW * rows + _FOOT), (100 - _LEFT) / columns
    for (row, column), value in np.ndenumerate(cells):
        corner = (_LEFT + column * width, _TOP + row * _ROW)
        canvas.rectangle(corner, width, _ROW, f"heat heat-{_level(float(value), ends)}")
        canvas.text(
            (corner[0] + width / 2, corner[1] + _ROW / 2 + 4), _text(float(value)), "small value inside", "middle"
        )
    for row, label in enumerate(down.labels):
        canvas.text((_LEFT - 1.5, _TOP + row * _ROW + _ROW / 2 + 4), label, "muted small", "end")
    for column, label in enumerate(across.labels):
        canvas.text((_LEFT + (column + 0.5) * width, canvas.height - 6), label, "muted small", "middle")
    row, column = int(down.of_set[best]), int(across.of_set[best])
    canvas.rectangle((_LEFT + column * width, _TOP + row * _ROW), width, _ROW, "own-cell")
    highest = np.unravel_index(int(np.nanargmax(cells)), cells.shape)
    label = (
        f"Median total return by {down_name} and {across_name}, from {_text(float(np.nanmin(cells)))} to "
        f"{_text(float(np.nanmax(cells)))}; highest at {down.labels[int(highest[0])]} and "
        f"{across.labels[int(highest[1])]}."
    )
    return Drawing(f"{down_name} (rows), {across_name} (columns)", label, canvas)


def _level(value: float, ends: tuple[float, float]) -> int | str:
    if value != value:
        return "none"
    low, high = ends
    return min(int((value - low) / ((high - low) or 1.0) * LEVELS), LEVELS - 1)


def _text(value: float) -> str:
    return numbers.change(value, 0)
