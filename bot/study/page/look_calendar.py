"""Calendar of the looks of the prospective verdict: when each is expected, and what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.study.page.axis_scale import AxisScale
from bot.study.page.canvas import Canvas
from bot.study.page.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames

_ROW, _TOP, _FOOT = 46.0, 10.0, 24.0
_YEAR = 365.25
_LONGEST = 40.0


def look_calendar(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the expected date of each look as a span from 5% to 95%, if worlds give it."""
    waits = [kind for kind in study.get("worlds", {}).get("waits", []) if kind["years"]]
    if not waits:
        return ()
    years = {int(look): value for look, value in waits[0]["years"].items() if len(value) == 3 and value[1] is not None}
    begin = _year(study["made_at"][:10])
    ends = [_end(spans[2]) for spans in years.values()]
    if not ends:
        return ()
    canvas = Canvas(_TOP + _ROW * len(years) + _FOOT)
    bottom = canvas.height - _FOOT
    across = AxisScale(begin, begin + max(ends) * 1.02, 1, 98)
    for tick in across.ticks(4):
        canvas.line((across(tick), _TOP), (across(tick), bottom), "grid")
        canvas.text((across(tick), bottom + 17), f"{tick:.0f}", "muted small", "middle")
    texts = []
    for place, (look, (early, middle, late)) in enumerate(sorted(years.items())):
        y = _TOP + place * _ROW
        start, end = across(begin + (early or 0.0)), across(begin + _end(late))
        span = f"{begin + (early or 0.0):.0f} to {f'{begin + late:.0f}' if late is not None else 'later than drawn'}"
        canvas.text((0, y + 14), f"Look at {look} episodes", "strong")
        canvas.text((100, y + 14), f"{begin + middle:.0f} ({span})", "small value", "end")
        canvas.line((start, y + 28), (end, y + 28), "whisker")
        canvas.dot((across(begin + middle), y + 28), 5.5, "dot")
        texts.append(f"at {look} episodes {begin + middle:.0f}, {span}")
    return (
        Drawing(
            "When the prospective verdict can look",
            f"Expected year of each look, with the span from 5% to 95%: {'; '.join(texts)}.",
            canvas,
            "For a plan that is registered on the day of this report: the expected year of each look, and the years "
            "between which it comes in nine of ten planted worlds.",
        ),
    )


def _year(day: str) -> float:
    found = date.fromisoformat(day)
    return found.year + (found - date(found.year, 1, 1)).days / _YEAR


def _end(years: float | None) -> float:
    return _LONGEST if years is None else years


def look_section(study: Figures) -> Figures:
    """Return the looks of the plan as a section: how many episodes each waits for, and its critical p-values."""
    rule = study["plan"]["prospective"]
    schedule = ", ".join(map(str, rule["looks"][:-1])) + f" and {rule['looks'][-1]}"
    return {
        "sentence": f"A registered plan is looked at when the outcomes of {schedule} counted episodes after its date "
        "are known, and at no other time. Only this verdict is free of knowledge of the past.",
        "rows": [
            {"episodes": look, "p_up": up, "p_low": low}
            for look, up, low in zip(rule["looks"], rule["critical_up"], rule["critical_low"], strict=False)
        ],
        "does_not_show": "When breakouts will come: the years rest on how often they came before.",
        "definitions": {
            "episodes": "Counted episodes after the plan's date at which the look is made",
            "p_up": "Largest p for a lead that gives SUPPORTED at this look",
            "p_low": "Largest p against the effect that gives NOT SUPPORTED at this look",
        },
    }
