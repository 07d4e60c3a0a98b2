"""The excess among all circular shifts of the episodes: as observed, and with the lead that would matter."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report.axis_scale import AxisScale
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, log_return, p_value
from bot.study.page.tick_texts import tick_texts

_TOP, _BOTTOM, _HEIGHT = 44.0, 250.0, 290.0


def shift_distribution(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw both distributions with the observed excess, if the section has them."""
    found = study["sections"].get("verdict", {}).get("distribution")
    if not found:
        return ()
    verdict, effect = study["verdict"], study["plan"]["judgement"]["effect"]
    edges, plain, lead = found["edges"], found["no_lead"], found["with_lead"]
    canvas = Canvas(_HEIGHT)
    across = AxisScale(edges[0], edges[-1], 1, 99)
    up = AxisScale(0, max(*plain, *lead), _BOTTOM, _TOP)
    for tick, text in tick_texts(across.ticks(6)):
        canvas.line((across(tick), _TOP), (across(tick), _BOTTOM), "grid")
        canvas.text((across(tick), _BOTTOM + 18), text, "muted small", _anchor(across(tick)))
    for counts, area, edge in ((plain, "null", "null-edge"), (lead, "lead", "lead-edge")):
        outline = [(across(edges[at]), up(count)) for i, count in enumerate(counts) for at in (i, i + 1)]
        ends = [(across(edges[-1]), _BOTTOM), (across(edges[0]), _BOTTOM)]
        canvas.curve([*outline, *ends], area, closed=True)
        canvas.curve(outline, edge)
    canvas.line((1, _BOTTOM), (99, _BOTTOM), "axis")
    at = across(verdict["excess"])
    canvas.line((at, 22), (at, _BOTTOM), "observed")
    anchor = "end" if at > 60 else "start"
    canvas.text((at, 16), f"observed {log_return(verdict['excess'])}", "strong", anchor, -6 if at > 60 else 6)
    canvas.text((50, _HEIGHT - 4), "excess of the mean log return", "muted small", "middle")
    return (
        Drawing(
            "Where the observed excess lies among all placements",
            f"Two histograms of the excess over {verdict['sessions']:,} placements of the episodes: without a lead, "
            f"and with a lead of {log_return(effect)}. The observed excess is {log_return(verdict['excess'])}: p for a "
            f"lead {p_value(verdict['p_up'])}, p against that lead {p_value(verdict['p_low'])}.",
            canvas,
            "A lead is supported if the line lies in the right end of the grey distribution: a share of "
            f"{p_value(verdict['p_up'])} lies right of the line. The lead of {log_return(effect)} is rejected if the "
            f"line lies in the left end of the blue one: a share of {p_value(verdict['p_low'])} lies left of it.",
            (("null", "placements without a lead"), ("lead", f"placements with a lead of {log_return(effect)}")),
        ),
    )


def _anchor(place: float) -> str:
    return "start" if place < 4 else "end" if place > 96 else "middle"
