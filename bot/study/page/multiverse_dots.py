"""Every cell of the multiverse as a dot, sorted by its excess, with the word of each below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.report import numbers
from bot.report.axis_scale import AxisScale, scale_of
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, log_return
from bot.study.page.tick_texts import tick_texts
from bot.study.word import Word

LOOKS = {Word.SUPPORTED: "supported", Word.INCONCLUSIVE: "inconclusive", Word.NOT_SUPPORTED: "not-supported"}
"""Class of drawing.css of each word."""
_TOP, _BOTTOM, _ROW = 22.0, 230.0, 30.0
_LEFT = 12.0
"""First dot in percent of the width: the labels of the axis lie left of it, also on a phone."""


def multiverse_dots(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the cells that have an excess, if there are any."""
    rows = [row for row in study["sections"]["multiverse"]["rows"] if row.get("excess") is not None]
    if not rows:
        return ()
    rows.sort(key=lambda row: row["excess"])
    words = Counter(row["word"] for row in rows)
    canvas = Canvas(_BOTTOM + 20 + _ROW * len(LOOKS))
    up = scale_of((row["excess"] for row in rows), _BOTTOM, _TOP)
    across = AxisScale(0, max(len(rows) - 1, 1), _LEFT, 99)
    for tick in up.ticks(5):
        canvas.line((0, up(tick)), (100, up(tick)), "axis" if tick == 0 else "grid")
    # Colour alone is no sign for everyone: each word has a row of strokes too.
    places = {word: [across(i) for i, row in enumerate(rows) if row["word"] == word] for word in LOOKS}
    for place, (word, look) in enumerate(LOOKS.items()):
        if found := [(across(i), up(row["excess"])) for i, row in enumerate(rows) if row["word"] == word]:
            canvas.dots(found, f"dots {look}")
        top = _BOTTOM + 20 + place * _ROW
        canvas.text((0, top + 9), f"{word.value}: {words[word]}", "small strong")
        if places[word]:
            canvas.ticks(places[word], top + 14, 10, f"ticks {look}")
    _mark_own(canvas, study, rows, across, up)
    for tick, text in tick_texts(up.ticks(5)):
        canvas.text((0, up(tick) - 4), text, "muted small")
    counts = ", ".join(f"{words[word]} {word.value}" for word in LOOKS)
    return (
        Drawing(
            f"The verdict under {numbers.count(len(rows))} defensible choices",
            f"Dots of the excess of {len(rows)} cells, from {log_return(rows[0]['excess'])} to "
            f"{log_return(rows[-1]['excess'])}, coloured by word: {counts}.",
            canvas,
            "Each dot is one set of choices, sorted by its excess (log return over its own horizon); below it, a "
            "stroke in the row of its word. A word that depends on the choices fills several rows. The circle is the "
            "plan itself.",
        ),
    )


def _mark_own(canvas: Canvas, study: Figures, rows: list[Figures], across: AxisScale, up: AxisScale) -> None:
    signal, outcome = study["plan"]["signal"], study["plan"]["outcome"]
    own = {
        "event": signal["event"],
        "spacing": signal["spacing"]["from"],
        "series": signal["series"],
        "horizon": outcome["horizon"],
        "base": signal["base_sessions"],
        "closes": signal["confirm_closes"] if signal["event"] == "confirmed" else None,
        "outcome": outcome["series"],
    }
    for place, row in enumerate(rows):
        if all(row.get(key) == value for key, value in own.items()):
            at, height = across(place), up(row["excess"])
            canvas.dot((at, height), 6, "own-cell")
            end = at > 60
            canvas.text((at, height + 18), "this plan", "strong", "end" if end else "start", -4 if end else 4)
