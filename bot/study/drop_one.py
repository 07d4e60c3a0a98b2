"""The verdict with each counted episode left out in turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.core.errors import DataError
from bot.study.shifts import ShiftTest
from bot.study.study_data import StudyData
from bot.study.verdict_section import word_of_plan
from bot.study.word import verdict_of

DOES_NOT_SHOW = (
    "What more episodes would say: leaving one out shows how much the word leans on it, and the others are as few."
)

DEFINITIONS = {
    "session": "Session of the episode that is left out",
    "y": "Its outcome, log return",
    "word": "Word of the verdict by the other episodes",
    "n": "Counted episodes that remain",
    "excess": "Mean outcome over them less the mean over all sessions, log return",
    "p_up": "Share of the circular shifts of them with a statistic of at least the excess",
    "p_low": "The same at most, the plan's effect taken out of the outcomes",
    "bound": "Smallest effect that they reject at the level of the plan, log return",
}


def drop_one(data: StudyData) -> dict[str, Any]:
    """Judge the plan with each counted episode left out.

    Returns
    -------
    dict
        `rows` with the keys of `DEFINITIONS`, one a counted episode, and a sentence.

    Raises
    ------
    DataError
        If fewer than two episodes are counted.
    """
    test, rule = data.default_test, data.plan.judgement
    if len(test.events) < 2:
        raise DataError("one counted episode cannot be left out", expected="two at least")
    sessions = data.index(data.plan.signal.series).sessions[data.default_outcome.first :]
    rows = []
    for place, event in enumerate(test.events.tolist()):
        others = ShiftTest(test.outcomes, np.delete(test.events, place), test.horizon)
        rows.append(
            {
                "session": str(sessions[event]),
                "y": float(test.outcomes[event]),
                "word": verdict_of(others, rule, rule.effect).value,
                "n": len(others.events),
                "excess": others.excess,
                "p_up": others.up.p,
                "p_low": others.low(rule.effect).p,
                "bound": others.bound(rule.p_low, rule.bound_step),
            }
        )
    return {"rows": rows, "sentence": _sentence(data, rows)}


def _sentence(data: StudyData, rows: list[dict[str, Any]]) -> str:
    word = word_of_plan(data).value
    others = [f"{row['word']} without {row['session']}" for row in rows if row["word"] != word]
    excesses = [row["excess"] for row in rows]
    kept = "whichever episode is left out" if not others else f"in {len(rows) - len(others)} of {len(rows)} cases"
    return (
        f"The word stays {word} {kept}"
        + (f" ({', '.join(others)})" if others else "")
        + f"; the excess lies between {min(excesses):+.2f} and {max(excesses):+.2f} (log)."
    )
