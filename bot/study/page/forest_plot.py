"""Rows of a section as a forest plot: the excess of each with its interval, in units of what the test could see."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bot.report import numbers
from bot.study.page.axis_scale import AxisScale, scale_of
from bot.study.page.canvas import Canvas
from bot.study.page.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, log_return, p_value

_ROW, _GROUP, _TOP, _FOOT = 40.0, 34.0, 22.0, 34.0
_GROUPS = {
    "behind": "Behind: must answer",
    "before": "Before: must stay quiet",
    "must not answer": "Outside the risk curve: must not answer",
}


def replication_forest(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the outcomes by their place on the risk curve."""
    rows = study["sections"]["replication"]["rows"]
    return _forest(
        study, [{**row, "group": _GROUPS.get(row["group"], row["group"])} for row in rows], "Do other outcomes answer?"
    )


def reverse_forest(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the signals of the reverse claim."""
    rows = study["sections"]["reverse"]["rows"]
    title = f"Does {names.signal} rise after their breakouts?"
    return _forest(study, [{**row, "group": ""} for row in rows], title)


def _forest(study: Figures, rows: list[Figures], title: str) -> Sequence[Drawing]:
    """Draw rows in groups; one that lacks its data is written without an interval."""
    shown = [row for row in rows if row.get("excess") is not None]
    if not shown:
        return ()
    scaled = [[row[key] / row["detectable"] for key in ("interval_low", "interval_high")] for row in shown]
    groups = [(name, list(members)) for name, members in groupby(rows, lambda row: row["group"])]
    height = _TOP + _ROW * len(rows) + _GROUP * sum(bool(name) for name, _ in groups) + _FOOT
    canvas, across = Canvas(height), scale_of([1.2, *(value for ends in scaled for value in ends)], 1, 99)
    bottom = height - _FOOT
    canvas.text((across(0), 12), "no lead", "muted small", "end", 4)
    canvas.text((across(1), 12), "large enough to see", "muted small", "end", 4)
    y = _TOP
    for name, members in groups:
        if name:
            canvas.text((0, y + 24), name, "muted")
            y += _GROUP
        for row in members:
            _row(canvas, across, row, y, study["plan"]["judgement"]["p_up"])
            y += _ROW
    canvas.line((1, bottom), (99, bottom), "axis")
    for tick in across.ticks(4):
        canvas.text((across(tick), bottom + 16), f"{tick:+g}{numbers.TIMES}" if tick else "0", "muted small", "middle")
    canvas.text((50, height - 2), "excess in units of the row's smallest detectable effect", "muted small", "middle")
    return (Drawing(title, _label(shown), canvas, _NOTE, _LEGEND),)


def _row(canvas: Canvas, across: AxisScale, row: Figures, y: float, level: float) -> None:
    canvas.text((0, y + 14), row["label"], "strong")
    if row.get("excess") is None:
        canvas.text((100, y + 14), "not computed", "muted small", "end")
        return
    text = f"{log_return(row['excess'], 3)}, p {p_value(row['p_up'])}, n {row['n']}"
    canvas.text((100, y + 14), text, "value small", "end")
    for value, look in ((0, "axis"), (1, "limit")):
        canvas.line((across(value), y + 19), (across(value), y + 37), look)
    low, mid, high = (across(row[key] / row["detectable"]) for key in ("interval_low", "excess", "interval_high"))
    canvas.line((low, y + 27), (high, y + 27), "whisker")
    for end in (low, high):
        canvas.line((end, y + 23), (end, y + 31), "whisker")
    canvas.dot((mid, y + 27), 5.5, "dot" if row["p_up"] <= level else "dot hollow")


def _label(rows: list[Figures]) -> str:
    listed = "; ".join(
        f"{row['label']} {log_return(row['excess'], 3)}, p {p_value(row['p_up'])}, {row['n']} episodes, "
        f"detectable {log_return(row['detectable'], 3)}"
        for row in rows
    )
    return f"Excess and 95% interval by outcome: {listed}."


_NOTE = (
    "Each dot is the excess (log return, printed at its right) divided by the smallest effect that the row could "
    "detect, so that all rows share one axis; the line is its 95% interval. One that ends left of the dashed line "
    "excludes every lead that the row would see in four of five cases."
)
_LEGEND = (("dot-full", "rose by more than chance allows"), ("dot-hollow", "did not"))
