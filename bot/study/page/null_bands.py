"""The excess beside the middle 95% of each null distribution."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, p_value
from bot.study.page.row_plot import MarkedValue, RowMark, row_plot


def null_bands(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw a row a null distribution."""
    rows = study["sections"]["nulls"]["rows"]
    level = study["plan"]["judgement"]["p_up"]
    marks = [
        RowMark("", row["null"], "not computed", None)
        if row.get("null_low") is None
        else RowMark(
            "",
            row["null"],
            f"p {p_value(row['p_up'])}",
            row["excess"],
            row["null_low"],
            row["null_high"],
            row["p_up"] <= level,
        )
        for row in rows
    ]
    if all(mark.place is None for mark in marks):
        return ()
    title = "Is the excess outside what chance gives?"
    listed = "; ".join(f"{mark.label} {mark.text}" for mark in marks)
    return (
        Drawing(
            title,
            f"{title} p for a lead by null distribution: {listed}.",
            row_plot(marks, (MarkedValue(0, "no excess", "axis"),), "excess (log)"),
            "The dot is the excess, the line the middle 95% of what a null distribution gives without a lead. A dot at "
            "the right of its line speaks for a lead. At the right: p for a lead.",
            (("dot-full", "more than chance allows"), ("dot-hollow", "not more")),
        ),
    )
