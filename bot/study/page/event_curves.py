"""The outcome after every event as thin lines, with their mean and the band of means in redrawn prices."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.report import numbers
from bot.report.axis_scale import AxisScale, scale_of
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, log_return

_TOP, _BOTTOM, _HEIGHT = 20.0, 330.0, 372.0
_LEFT, _RIGHT = 12.0, 83.0


def event_curves(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the curves, if the verdict's section has them."""
    found = study["sections"].get("verdict", {}).get("curves") or {}
    if "mean" not in found:
        return ()
    counted = [row for row in found["episodes"] if row["counted"]]
    others = [row for row in found["episodes"] if not row["counted"]]
    last = found["sessions"][-1]
    across = AxisScale(0, last, _LEFT, _RIGHT)
    values = [value for row in found["episodes"] for value in row["path"]]
    up = scale_of([*values, *found["band_low"], *found["band_high"]], _BOTTOM, _TOP)
    canvas = Canvas(_HEIGHT)
    for tick in up.ticks(6):
        canvas.line((_LEFT, up(tick)), (_RIGHT, up(tick)), "axis" if tick == 0 else "grid")
    band = [(across(i), up(value)) for i, value in enumerate(found["band_high"])]
    band += [(across(i), up(value)) for i, value in reversed(list(enumerate(found["band_low"])))]
    canvas.curve(band, "band", closed=True)
    for rows, look in ((others, "thin uncounted"), (counted, "thin")):
        for row in rows:
            canvas.curve([(across(i), up(value)) for i, value in enumerate(row["path"])], look)
    canvas.curve([(across(i), up(value)) for i, value in enumerate(found["mean"])], "mean")
    _ends(canvas, up, found["mean"][-1], counted)
    for tick in up.ticks(6):
        text = f"{numbers.TIMES}{math.exp(tick):.2g}" if tick else f"{numbers.TIMES}1"
        canvas.text((_LEFT, up(tick) + 4), text, "muted small", "end", -6)
    for tick in across.ticks(3):
        canvas.text((across(tick), _BOTTOM + 18), f"{tick:g}", "muted small", "middle" if tick else "start")
    canvas.text(((_LEFT + _RIGHT) / 2, _HEIGHT - 6), "sessions after the event", "muted small", "middle")
    inside = found["band_low"][-1] <= found["mean"][-1] <= found["band_high"][-1]
    place = "inside" if inside else "outside"
    return (
        Drawing(
            f"{names.outcome} after every breakout of {names.signal}",
            f"{len(counted)} lines of {names.outcome} over {last} sessions after counted events and {len(others)} "
            f"after others. The mean of the counted ones ends at {log_return(found['mean'][-1])} (log), {place} the "
            f"band of chance from {log_return(found['band_low'][-1])} to {log_return(found['band_high'][-1])}.",
            canvas,
            f"The thick line is the mean over the counted episodes, with its last log return. It ends {place} the "
            "band, which holds 95% of such means at the same dates in redrawn prices. The scale is logarithmic.",
            (("mean", "mean"), ("line", "counted"), ("line-dashed", "not counted"), ("band", "95% of means by chance")),
        ),
    )


def _ends(canvas: Canvas, up: AxisScale, mean: float, counted: Sequence[Figures]) -> None:
    """Write the mean and the month of the highest and lowest line at their ends, 15 pixels apart at least."""
    full = sorted(counted, key=lambda row: row["path"][-1])
    texts = [(up(mean), log_return(mean), "strong mean-text")]
    if len(full) > 1:
        texts += [(up(row["path"][-1]), row["session"][:7], "muted small") for row in (full[0], full[-1])]
    # The mean comes first: it keeps its text where others are too close.
    placed: list[float] = []
    for y, text, look in texts:
        if all(abs(y - other) >= 15 for other in placed):
            canvas.text((_RIGHT, y + 4), text, look, "start", 6)
            placed.append(y)
