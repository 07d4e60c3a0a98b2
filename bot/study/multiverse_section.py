"""The multiverse as a section: every cell with its figures, and one p-value for all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bot.study.joint_p import JointP, joint_p
from bot.study.multiverse import Cell, cells_of
from bot.study.study_data import StudyData
from bot.study.word import Word

DOES_NOT_SHOW = (
    "Independent evidence: the cells share their prices and most of their episodes, so that many with the same word "
    "count for little more than one."
)

DEFINITIONS = {
    "event": "breakout (its first close above the level) or confirmed (the close that sustains it)",
    "spacing": "Least distance of counted episodes, counted from the front or the back, or none",
    "series": "Index of the events",
    "horizon": "Length of the outcome, sessions",
    "base": "Sessions without a record before a breakout",
    "closes": "Closes that confirm a breakout; null for the breakout itself",
    "outcome": "What is held after the event",
    "n": "Counted episodes",
    "sessions": "Sessions T with a known outcome",
    "excess": "Mean outcome over the counted episodes less the mean over all T sessions, log return",
    "p_up": "Share of the T circular shifts with a statistic of at least the excess",
    "p_low": "Share of the shifts with a statistic of at most the observed one, the plan's effect taken out of the "
    "outcomes, in proportion to the horizon",
    "word": "The rule of the verdict on this cell",
    "z": "The cell's statistic on the common sessions, less its mean over its sd (ddof 0) over all shifts of them",
    "missing": "Why a cell is not computed",
    "counts": "Cells by word",
    "joint_p": "Share of the shifts of the common sessions whose largest z over all cells is at least the observed "
    "largest (max-T)",
    "joint_sessions": "Sessions that are common to all cells",
    "joint_cells": "Cells with an episode on the common sessions",
    "joint_largest": "Largest observed z",
}


def multiverse(data: StudyData) -> dict[str, Any]:
    """Judge every cell of the plan, and all of them by the largest statistic.

    Raises
    ------
    DataError
        If the plan crosses no choices, or the market lacks the data of all cells.
    """
    cells = data.once(cells_of)
    joint = joint_p(cells, {cell.choices.series: data.index(cell.choices.series).sessions for cell in _computed(cells)})
    counts = Counter(cell.word for cell in _computed(cells))
    return {
        "rows": [_row(cell, z) for cell, z in zip(cells, joint.z, strict=True)],
        "counts": {word.value: counts[word] for word in Word},
        "not_computed": len(cells) - len(_computed(cells)),
        "joint_p": joint.share.p if joint.share else None,
        "joint_count": joint.share.count if joint.share else None,
        "joint_sessions": joint.sessions,
        "joint_cells": sum(z is not None for z in joint.z),
        "joint_largest": joint.largest,
        "notes": _notes(data, cells),
        "sentence": _sentence(counts, len(_computed(cells)), joint),
    }


def _computed(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.missing is None]


def _row(cell: Cell, z: float | None) -> dict[str, Any]:
    test = cell.test
    return {
        **cell.choices._asdict(),
        "n": 0 if test is None else len(test.events),
        "sessions": None if cell.outcome is None else len(cell.outcome.known),
        "excess": None if test is None else test.excess,
        "p_up": None if test is None else test.up.p,
        "p_low": None if test is None else test.low(cell.effect).p,
        "word": None if cell.word is None else cell.word.value,
        "z": z,
        "missing": cell.missing,
    }


def _notes(data: StudyData, cells: Sequence[Cell]) -> list[str]:
    """Return a note on the choice by volume, and one for each reason of missing cells."""
    notes = []
    if (name := "largest altcoin") in data.plan.multiverse.outcomes:
        days = data.settings.altcoins.volume_days
        notes.append(
            f"{data.plan.label(name)}: chosen by its {days}-day median volume; volumes before and after a change of "
            "their source are not comparable, so its ranks across one mean little."
        )
    reasons = Counter(cell.missing for cell in cells if cell.missing is not None)
    return [*notes, *(f"{count} cells are not computed: {reason}" for reason, count in reasons.items())]


def _sentence(counts: Counter[Word | None], computed: int, joint: JointP) -> str:
    words = ", ".join(f"{counts[word]} {word.value}" for word in Word)
    says = f"Of {computed} ways to ask the question of the plan: {words}"
    if joint.share is None:
        return f"{says}; they have no session in common, so that there is no joint p."
    return (
        f"{says}; the strongest of them stands at {joint.largest:.2f} standard deviations, and "
        f"{joint.share.p:.0%} of the circular shifts have one at least as strong (joint p {joint.share.p:.2f})."
    )
