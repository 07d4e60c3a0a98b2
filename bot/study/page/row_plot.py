"""Rows with a dot, and an interval where there is one, on a common axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.report.axis_scale import AxisScale, scale_of
from bot.report.canvas import Canvas
from bot.study.page.tick_texts import tick_texts

_ROW, _GROUP, _TOP, _FOOT = 40.0, 34.0, 24.0, 36.0


@dataclass(frozen=True, slots=True)
class RowMark:
    """One row.

    Attributes
    ----------
    group
        Heading of the rows around it; "" for rows without one.
    label, text
        Its name, and its figures in words.
    place
        Place of the dot; None for a row that lacks its data.
    low, high
        Ends of the interval, if it has one.
    is_full
        True for a full dot.
    """

    group: str
    label: str
    text: str
    place: float | None
    low: float | None = None
    high: float | None = None
    is_full: bool = True


@dataclass(frozen=True, slots=True)
class MarkedValue:
    """A value that all rows are compared with: its text, and its class in drawing.css."""

    value: float
    text: str
    look: str


def row_plot(
    marks: Sequence[RowMark],
    values: Sequence[MarkedValue],
    unit: str,
    tick: Callable[[float, str], str] = lambda value, text: text,
) -> Canvas:
    """Draw rows in their order.

    Parameters
    ----------
    marks
        The rows; those of a group stand together.
    values
        Values that are marked in each row.
    unit
        Text of the axis.
    tick
        Changes the text of a tick, from its value and its plain text.
    """
    groups = [(name, list(members)) for name, members in groupby(marks, lambda mark: mark.group)]
    canvas = Canvas(_TOP + _ROW * len(marks) + _GROUP * sum(bool(name) for name, _ in groups) + _FOOT)
    ends = [end for mark in marks for end in (mark.low, mark.place, mark.high)]
    across, bottom = scale_of([*ends, *(value.value for value in values)], 2, 98), canvas.height - _FOOT
    for value in values:
        at = across(value.value)
        anchor = "start" if at < 35 else "end"
        canvas.text((at, 12), value.text, "muted small", anchor, -6 if at < 35 else 6)
    y = _TOP
    for name, members in groups:
        if name:
            canvas.text((0, y + 22), name, "muted")
            y += _GROUP
        for mark in members:
            _draw(canvas, across, mark, values, y)
            y += _ROW
    canvas.line((2, bottom), (98, bottom), "axis")
    for number, text in tick_texts(across.ticks(4)):
        canvas.text((across(number), bottom + 16), tick(number, text), "muted small", "middle")
    canvas.text((50, canvas.height - 3), unit, "muted small", "middle")
    return canvas


def _draw(canvas: Canvas, across: AxisScale, mark: RowMark, values: Sequence[MarkedValue], y: float) -> None:
    canvas.text((0, y + 14), mark.label, "strong")
    canvas.text((100, y + 14), mark.text, "value small" if mark.place is not None else "muted small", "end")
    if mark.place is None:
        return
    for value in values:
        canvas.line((across(value.value), y + 19), (across(value.value), y + 37), value.look)
    if mark.low is not None and mark.high is not None:
        canvas.line((across(mark.low), y + 28), (across(mark.high), y + 28), "whisker")
        for end in (mark.low, mark.high):
            canvas.line((across(end), y + 24), (across(end), y + 32), "whisker")
    canvas.dot((across(mark.place), y + 28), 5.5, "dot" if mark.is_full else "dot hollow")
