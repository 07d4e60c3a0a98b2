"""Calendar of the looks of the prospective verdict: when each is expected, what it asks for, and what it can see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.report.axis_scale import AxisScale
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames

_ROW, _TOP, _FOOT = 46.0, 10.0, 24.0
_YEAR = 365.25


def look_section(study: Figures) -> Figures:
    """Return the looks of a plan as a section, with their critical p-values and their power."""
    rule = study["plan"]["prospective"]
    expected = {look["episodes"]: look["expected"] for look in study.get("looks") or []}
    schedule = ", ".join(map(str, rule["looks"]))
    rows = []
    for place, look in enumerate(rule["looks"]):
        dates = dict(zip(("early", "expected", "late"), expected.get(look, ()), strict=False))
        power = {f"power_{effect}": shares[place] for effect, shares in rule.get("power", {}).items()}
        up, low = rule["critical_up"][place], rule["critical_low"][place]
        rows.append({"episodes": look, **dates, "p_up": up, "p_low": low, **power})
    return {
        "sentence": "A registered plan is looked at when the outcomes of a fixed number of counted episodes after its "
        f"date are known ({schedule}), and at no other time. That verdict alone is free of knowledge of the past.",
        "rows": rows,
        "does_not_show": "When breakouts will come: the dates rest on how often they came before.",
        "definitions": {
            "episodes": "Counted episodes after the plan's date at which the look is made",
            "early": "Date before which the look comes with a chance of 5%, for a plan registered at the data's end",
            "expected": "The same at 50%",
            "late": "The same at 95%",
            "p_up": "Largest p for a lead that gives SUPPORTED at this look",
            "p_low": "Largest p against the effect that gives NOT SUPPORTED at this look",
            "power_0.35": "Share of synthetic worlds with that lead (log return) in which this look or an earlier one "
            "says SUPPORTED; so for the other leads",
        },
    }


def look_calendar(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the date of each look as a span from 5% to 95%, if the study has them."""
    looks = study.get("looks") or []
    if not looks:
        return ()
    spans = [[_year(day) for day in look["expected"]] for look in looks]
    canvas = Canvas(_TOP + _ROW * len(looks) + _FOOT)
    bottom = canvas.height - _FOOT
    begin = _year(study["data_to"])
    across = AxisScale(begin, max(span[-1] for span in spans) + 1, 1, 98)
    for tick in across.ticks(4):
        canvas.line((across(tick), _TOP), (across(tick), bottom), "grid")
        canvas.text((across(tick), bottom + 17), f"{tick:.0f}", "muted small", "middle")
    texts = []
    for place, (look, (early, middle, late)) in enumerate(zip(looks, spans, strict=True)):
        y = _TOP + place * _ROW
        text = f"{int(middle)} ({int(early)} to {int(late)})"
        canvas.text((0, y + 14), f"Look at {look['episodes']} episodes", "strong")
        canvas.text((100, y + 14), text, "small value", "end")
        canvas.line((across(early), y + 28), (across(late), y + 28), "whisker")
        canvas.dot((across(middle), y + 28), 5.5, "dot")
        texts.append(f"at {look['episodes']} episodes in {text}")
    return (
        Drawing(
            "When the prospective verdict can look",
            f"Expected year of each look, with the span from 5% to 95%: {'; '.join(texts)}.",
            canvas,
            "The dot is the expected year of a look, the line the span in which it comes with a chance of nine in ten, "
            f"for a plan that is registered on {study['data_to']}.",
        ),
    )


def _year(day: str) -> float:
    found = date.fromisoformat(day)
    return found.year + (found - date(found.year, 1, 1)).days / _YEAR
