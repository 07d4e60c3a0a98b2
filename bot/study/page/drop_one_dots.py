"""The excess with each counted episode left out in turn."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report.axis_scale import scale_of
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames, log_return
from bot.study.page.tick_texts import tick_texts

_ROW, _TOP, _FOOT = 26.0, 26.0, 38.0
_LEFT, _RIGHT = 34.0, 70.0


def drop_one_dots(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw a row an episode, with the excess and the word of the others."""
    rows = study["sections"]["dropone"]["rows"]
    if not rows:
        return ()
    whole = study["verdict"]["excess"]
    canvas = Canvas(_TOP + _ROW * len(rows) + _FOOT)
    bottom = canvas.height - _FOOT
    across = scale_of([whole, *(row["excess"] for row in rows)], _LEFT, _RIGHT, room=0.08)
    canvas.line((across(0), _TOP), (across(0), bottom), "axis")
    canvas.line((across(whole), _TOP), (across(whole), bottom), "limit")
    canvas.text((across(whole), 14), f"all: {log_return(whole)}", "small strong", "middle")
    for place, row in enumerate(rows):
        y = _TOP + place * _ROW + _ROW / 2
        canvas.text((0, y + 4), f"{row['session']}", "value small")
        canvas.line((across(whole), y), (across(row["excess"]), y), "stem")
        canvas.dot((across(row["excess"]), y), 5, "dot")
        canvas.text((100, y + 4), row["word"], "small", "end")
    for tick, text in tick_texts(across.ticks(2)):
        canvas.text((across(tick), bottom + 16), text, "muted small", "middle")
    canvas.text(((_LEFT + _RIGHT) / 2, canvas.height - 4), "excess (log)", "muted small", "middle")
    texts = "; ".join(f"without {row['session']} {log_return(row['excess'])}, {row['word']}" for row in rows)
    return (
        Drawing(
            "How much one episode carries",
            f"Excess without each episode: {texts}.",
            canvas,
            "Each row leaves one episode out: the dot is the excess of the others, at the right their word. The result "
            "leans on an episode with a long line.",
        ),
    )
