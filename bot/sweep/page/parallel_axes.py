"""Parallel coordinates: a line a set through the values of its keys to its result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.core.market import Floats
from bot.report import numbers
from bot.report.axis_scale import AxisScale
from bot.report.canvas import Canvas, Point
from bot.report.drawing import Drawing
from bot.sweep.evidence import ranked
from bot.sweep.page.sweep_data import SweepData, parts_of, short_names

MOST_LINES = 1_000
_BEST, _MARKED, _LAYERS = 100, 10, 50
_ROW, _TOP, _START, _END = 62.0, 26.0, 8.0, 92.0
_FAN = 0.7
"""Share of the distance of two values over which their sets are fanned out by result."""


def parallel_axes(sweep: SweepData) -> Sequence[Drawing]:
    """Draw every set, or of many sets the best ones and a sample of the others."""
    if not sweep.keys:
        return ()
    order = ranked(sweep.table)
    shown = shown_rows(order)
    canvas = Canvas(_TOP + _ROW * len(sweep.keys) + 30)
    places = np.array([*(_axis(canvas, sweep, key, row) for row, key in enumerate(sweep.keys)), _result(canvas, sweep)])
    heights = [_TOP + _ROW * row for row in range(len(places))]
    lines = [_line(places[:, row], heights) for row in shown]
    # Lines of one path cover each other without adding up; several paths show where lines are dense.
    for layer in range(_LAYERS):
        canvas.curves(lines[_MARKED + layer :: _LAYERS], "set-line")
    canvas.curves(lines[:_MARKED], "best-line")
    _texts(canvas, sweep)
    count, marked = len(order), min(_MARKED, len(order))
    part = "" if len(shown) == count else f" Shown are the best {_BEST} sets and {len(shown) - _BEST} of the others."
    note = (
        f"A line is a set; the {marked} best are blue.{part} Values are spaced by rank. Sets of one value are spread "
        "by their result, the best at the right. Lines that come from all values of a key say that it matters little."
    )
    label = f"Parallel coordinates of {len(shown):,} sets over {', '.join(sweep.keys)} and the total return."
    return (
        Drawing("From the keys to the result", label, canvas, note, (("own", "best sets"), ("null", "other sets"))),
    )


def shown_rows(order: Sequence[int]) -> list[int]:
    """Return the rows that are drawn, the best first: all, or the best ones and an even sample of the others."""
    if len(order) <= MOST_LINES:
        return list(order)
    others = np.linspace(_BEST, len(order) - 1, MOST_LINES - _BEST).astype(int)
    return [*order[:_BEST], *(order[place] for place in others.tolist())]


def _axis(canvas: Canvas, sweep: SweepData, key: str, row: int) -> Floats:
    """Draw the axis of a key and return the place of each set on it, in percent."""
    y = _TOP + _ROW * row
    canvas.line((_START - 4, y), (_END + 4, y), "axis")
    values = sweep.table[key]
    parts = parts_of(values)
    count = len(parts.labels)
    if values.nunique() > count:
        ranks = values.rank(method="dense").to_numpy(float) - 1
        spaced: Floats = _START + (_END - _START) * ranks / max(ranks.max(), 1)
        return spaced
    step = (_END - _START) / max(count - 1, 1)
    better = sweep.table["final_equity"].rank(method="first").to_numpy(float) / len(sweep.table) - 0.5
    fan = better * min(step * _FAN, 8.0)
    places: Floats = _START + step * parts.of_set + fan
    return places


def _result(canvas: Canvas, sweep: SweepData) -> Floats:
    y, returns = _TOP + _ROW * len(sweep.keys), sweep.returns
    canvas.line((_START - 4, y), (_END + 4, y), "axis")
    scale = _scale(returns)
    return np.array([scale(value) for value in returns.tolist()])


def _scale(returns: Floats) -> AxisScale:
    low, high = float(returns.min()), float(returns.max())
    return AxisScale(low, high if high > low else low + 1.0, _START, _END)


def _texts(canvas: Canvas, sweep: SweepData) -> None:
    """Write names and values above the lines."""
    for row, (key, name) in enumerate(short_names(sweep.keys).items()):
        y, labels = _TOP + _ROW * row, parts_of(sweep.table[key]).labels
        canvas.text((0, y - 10), name, "strong")
        step = (_END - _START) / max(len(labels) - 1, 1)
        for place, label in enumerate(labels):
            canvas.text((_START + step * place, y + 17), label, "muted small", "middle")
    y, scale = _TOP + _ROW * len(sweep.keys), _scale(sweep.returns)
    canvas.text((0, y - 10), "Total return", "strong")
    for value in (scale.low, (scale.low + scale.high) / 2, scale.high):
        canvas.text((scale(value), y + 17), numbers.growth(value), "muted small", "middle")


def _line(places: Floats, heights: Sequence[float]) -> list[Point]:
    return list(zip(places.tolist(), heights, strict=True))
