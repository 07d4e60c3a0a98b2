"""Size and power of the rule in synthetic worlds, by effect, with the plan's own marked."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report import numbers
from bot.report.axis_scale import AxisScale
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, log_return
from bot.study.word import Word

_TOP, _BOTTOM, _HEIGHT = 38.0, 250.0, 292.0
_RIGHT = 97.0
_LOOKS = ("curve-0", "curve-1", "curve-2", "curve-3")
_ONE_LOOK = "one look"
_LARGEST_SIZE = 0.05


def power_curves(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw how often the rule gives each word, by kind of world."""
    rows = [row for row in study["worlds"]["rows"] if row["looks"] == _ONE_LOOK and row["rate"] is not None]
    effect = study["plan"]["judgement"]["effect"]
    return [
        drawing
        for word, wrong, right in (
            (Word.SUPPORTED, 0.0, "Right of it, the higher the better."),
            (Word.NOT_SUPPORTED, effect, "Left of it, the higher the better."),
        )
        if (drawing := _curves([row for row in rows if row["word"] == word], word, wrong, right)) is not None
    ]


def _curves(rows: list[Figures], word: Word, wrong: float, right: str) -> Drawing | None:
    if not rows:
        return None
    canvas = Canvas(_HEIGHT)
    across = AxisScale(0, max(row["effect"] for row in rows) or 1.0, 3, _RIGHT)
    up = AxisScale(0, 1, _BOTTOM, _TOP)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        canvas.line((0, up(tick)), (100, up(tick)), "axis" if tick == 0 else "grid")
    canvas.line((0, up(_LARGEST_SIZE)), (100, up(_LARGEST_SIZE)), "limit thin-limit")
    canvas.line((across(wrong), _TOP), (across(wrong), _BOTTOM), "limit")
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    for look, kind in zip(_LOOKS, kinds, strict=False):
        curve = sorted((row for row in rows if row["kind"] == kind), key=lambda row: row["effect"])
        canvas.curve([(across(row["effect"]), up(row["rate"])) for row in curve], look)
        for row in curve:
            at, error = across(row["effect"]), 2 * row["error"]
            canvas.line((at, up(max(row["rate"] - error, 0))), (at, up(min(row["rate"] + error, 1))), f"error {look}")
            canvas.dot((at, up(row["rate"])), 4, f"end {look}")
    for tick in (0.25, 0.5, 0.75, 1):
        canvas.text((0, up(tick) - 4), numbers.percent(tick, 0), "muted small")
    for value in sorted({row["effect"] for row in rows}):
        canvas.text((across(value), _BOTTOM + 17), log_return(value), "muted small", "middle")
    canvas.text((across(wrong), 14), "here the word is wrong", "small strong", "middle" if wrong else "start")
    canvas.text((50, _HEIGHT - 6), "lead of the world (log return)", "muted small", "middle")
    sizes = "; ".join(
        f"{row['kind']} {numbers.percent(row['rate'])} ± {numbers.percent(row['error'])}"
        for row in rows
        if row["effect"] == wrong
    )
    return Drawing(
        f"How often the rule says {word.value}, by the true lead",
        f"Share of synthetic worlds with the word {word.value}, by lead and kind of world. At "
        f"{log_return(wrong)}, where the word is wrong: {sizes}.",
        canvas,
        f"At {log_return(wrong)} the word is wrong, and the curves must not exceed 5% (dotted) by more than their "
        f"sampling error: {sizes}. {right} Strokes are two standard errors.",
        [(f"curve-key {look}", kind) for look, kind in zip(_LOOKS, kinds, strict=False)],
    )
