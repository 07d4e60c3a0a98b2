"""Forest plots: the excess of each row with its interval, in units of what the row could detect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.report import numbers
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, log_return, p_value
from bot.study.page.row_plot import MarkedValue, RowMark, row_plot

_REPLICATION = {
    "behind": "Behind: must answer",
    "before": "Before: must stay quiet",
    "must not answer": "Outside the risk curve: must not answer",
}
_PLACEBOS = {
    "time": "Events moved back in time",
    "signal": "Events of another series",
    "outcome": "Outcomes outside the claim",
}


def replication_forest(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the outcomes by their place on the risk curve."""
    return _forest(study, "replication", "group", _REPLICATION, "Do other outcomes answer?")


def placebo_forest(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the placebos by what is replaced."""
    return _forest(study, "placebos", "placebo", _PLACEBOS, "Is all quiet where nothing should be found?")


def reverse_forest(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the signals of the reverse claim."""
    return _forest(study, "reverse", "", {}, f"Does {names.signal} rise after their breakouts?")


def _forest(study: Figures, section: str, key: str, groups: Mapping[str, str], title: str) -> Sequence[Drawing]:
    """Draw rows in groups by the value of a key; a row that lacks its data is named."""
    level = study["plan"]["judgement"]["p_up"]
    marks = [
        _mark(row, groups.get(row.get(key, ""), row.get(key, "")), level) for row in study["sections"][section]["rows"]
    ]
    if all(mark.place is None for mark in marks):
        return ()
    canvas = row_plot(
        marks,
        (MarkedValue(0, "no lead", "axis"), MarkedValue(1, "large enough to see", "limit")),
        "excess in units of the row's smallest detectable effect",
        lambda value, text: f"{text}{numbers.TIMES}" if value else text,
    )
    listed = "; ".join(f"{mark.label} {mark.text}" for mark in marks)
    label = f"{title} Excess, smallest detectable effect (log) and p by row: {listed}."
    return (Drawing(title, label, canvas, _NOTE, _LEGEND),)


def _mark(row: Figures, group: str, level: float) -> RowMark:
    if row.get("excess") is None:
        return RowMark(group, row["label"], "not computed", None)
    # A bond moves by a hundredth of what a coin does: on one plain axis most rows would be dots at zero.
    low, place, high = (row[key] / row["detectable"] for key in ("interval_low", "excess", "interval_high"))
    text = f"{log_return(row['excess'], 3)}, sees {numbers.ratio(row['detectable'], 3)}, p {p_value(row['p_up'])}"
    return RowMark(group, row["label"], text, place, low, high, row["p_up"] <= level)


_NOTE = (
    "Each dot is the excess (log return, printed at the right) divided by the smallest effect that the row can "
    "detect (sees), so that all rows share one axis; the line is its 95% interval. One that ends left of the dashed "
    "line excludes every lead that the row would see in four of five cases."
)
_LEGEND = (("dot-full", "rose by more than chance allows"), ("dot-hollow", "did not"))
