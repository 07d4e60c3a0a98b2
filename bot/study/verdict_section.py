"""The verdict of a plan with its labels, its episodes, and what the test could see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bot.core.errors import DataError
from bot.core.plural import counted
from bot.study.counted import Episodes
from bot.study.curves import curves
from bot.study.multiverse import cells_of
from bot.study.outcomes import OutcomeSeries
from bot.study.redrawn import redrawn_null
from bot.study.shift_histogram import DEFINITIONS as HISTOGRAM_DEFINITIONS
from bot.study.shift_histogram import shift_histogram
from bot.study.shifts import ShiftTest
from bot.study.study_data import StudyData
from bot.study.word import Word, verdict_of, word_of

DOES_NOT_SHOW = (
    "That the next breakout will go the same way: a few episodes of one asset in one decade leave wide bounds, and "
    "whoever wrote the plan knew the past."
)

_FIGURES = {
    "word": "SUPPORTED, NOT SUPPORTED or INCONCLUSIVE, by the rule of the plan",
    "labels": "Doubts about the word: not specific to the plan's subject, fragile, depends on the null",
    "n": "Counted episodes",
    "sessions": "Sessions T with a known outcome",
    "excess": "Mean outcome over the counted episodes less the mean over all T sessions, log return",
    "excess_without_best": "The excess without the episode of the highest outcome, log return",
    "count_up": "Circular shifts of the episodes, of T, with a statistic of at least the excess",
    "p_up": "count_up / T",
    "count_low": "Shifts with a statistic of at most the observed one, the plan's effect taken out of the outcomes",
    "p_low": "count_low / T",
    "bound": "Smallest effect with p_low at the level of the plan, log return: it and every larger one is rejected",
    "detectable": "Smallest effect that the upper test detects with the power of the plan, log return",
    "placements": "Independent placements of the episodes: T over 1 + 2 x the autocorrelations of the shift statistics",
    "median": "Median outcome over the counted episodes, log return",
    "positive": "Counted episodes with a positive outcome",
}

DEFINITIONS = {
    **_FIGURES,
    **HISTOGRAM_DEFINITIONS,
    "curves": "Log return since the first price after each event, by session; mean over the counted episodes, and the "
    "2.5% and 97.5% quantiles of this mean in prices redrawn in blocks",
}


def verdict(data: StudyData) -> dict[str, Any]:
    """Judge the plan on the data.

    Returns
    -------
    dict
        `verdict` with the figures of `DEFINITIONS`, `episodes` in order, `labels` with the evidence of each label,
        `distribution` of all shifts, `curves` of `bot.study.curves`, and a sentence.

    Raises
    ------
    DataError
        If a series of the plan is missing or has a hole.
    """
    test = data.test(data.default_episodes, data.default_outcome)
    labels = [] if test is None else _labels(data)
    word = Word.INCONCLUSIVE if test is None else word_of_plan(data)
    figures = dict.fromkeys(_FIGURES) if test is None else _figures(data, test)
    return {
        "verdict": {
            **figures,
            "word": word.value,
            "labels": [label["name"] for label in labels if label["holds"]],
            "n": 0 if test is None else len(test.events),
            "sessions": len(data.default_outcome.known),
        },
        "episodes": episode_rows(data, data.default_episodes, data.default_outcome),
        "labels": labels,
        "distribution": None if test is None else shift_histogram(test, data.plan.judgement.effect),
        "curves": _curves(data),
        "first": str(data.index(data.plan.signal.series).sessions[data.default_outcome.first]),
        "last": str(data.index(data.plan.signal.series).sessions[data.default_outcome.last]),
        "notes": _notes(data),
        "sentence": _sentence(data, word, test),
    }


def _figures(data: StudyData, test: ShiftTest) -> dict[str, Any]:
    """Return the figures of a test, in the order of their definitions."""
    rule = data.plan.judgement
    up, low, outcomes = test.up, test.low(rule.effect), test.outcomes[test.events]
    figures = {
        "excess": test.excess,
        "excess_without_best": test.excess_without_best,
        "count_up": up.count,
        "p_up": up.p,
        "count_low": low.count,
        "p_low": low.p,
        "bound": test.bound(rule.p_low, rule.bound_step),
        "detectable": test.detectable(rule.p_up, rule.power_quantile),
        "placements": test.placements,
        "median": float(np.median(outcomes)),
        "positive": int(np.count_nonzero(outcomes > 0)),
    }
    return {name: figures.get(name) for name in _FIGURES}


def _curves(data: StudyData) -> dict[str, Any]:
    try:
        return curves(data)
    except DataError as problem:
        return {"missing": str(problem)}


def word_of_plan(data: StudyData) -> Word:
    """Return the word of the plan's own test."""
    rule = data.plan.judgement
    return verdict_of(data.default_test, rule, rule.effect)


def episode_rows(data: StudyData, episodes: Episodes, outcome: OutcomeSeries) -> list[dict[str, Any]]:
    """List every event of the plan's series: its session, its outcome, and the reason if it is left out."""
    sessions = data.index(data.plan.signal.series).sessions
    rows = []
    for row, reason in zip(episodes.rows.tolist(), episodes.reasons, strict=True):
        y = float(outcome.values[row])
        rows.append(
            {
                "session": str(sessions[row]),
                "y": None if np.isnan(y) else y,
                "counted": reason is None,
                "reason": None if reason is None else reason.value,
            }
        )
    return rows


def _labels(data: StudyData) -> list[dict[str, Any]]:
    """Return each label with what it was compared by and whether it holds; `unknown` says what it lacks."""
    makers = {
        f"not specific to {data.plan.subject}": _not_specific,
        "fragile": _fragile,
        "depends on the null": _depends_on_null,
    }
    return [{"name": name, **_evidence(make, data)} for name, make in makers.items()]


def _evidence(make: Callable[[StudyData], dict[str, Any]], data: StudyData) -> dict[str, Any]:
    # The word stands without its labels: a folder without IWM has no multiverse.
    try:
        return make(data)
    except DataError as problem:
        return {"holds": False, "unknown": str(problem)}


def _not_specific(data: StudyData) -> dict[str, Any]:
    plan, signal, rule = data.plan, data.plan.signal, data.plan.outcome
    other = plan.judgement.specific_against
    outcome = data.outcome(rule.series, other, rule.horizon, rule.price)
    events = data.events(other, signal.event, signal.base_sessions, signal.confirm_closes)
    test = data.test(data.episodes(events, outcome), outcome)
    p_up = None if test is None else test.up.p
    return {"against": other, "p_up": p_up, "holds": p_up is not None and p_up <= data.default_test.up.p}


def _fragile(data: StudyData) -> dict[str, Any]:
    cells = [cell for cell in data.once(cells_of) if cell.missing is None]
    word, limit = word_of_plan(data), data.plan.judgement.fragile_share
    share = sum(cell.word is not word for cell in cells) / len(cells)
    return {"cells": len(cells), "share": share, "limit": limit, "holds": share > limit}


def _depends_on_null(data: StudyData) -> dict[str, Any]:
    null, test = data.once(redrawn_null).test, data.default_test
    enough = len(test.events) >= data.plan.judgement.least_episodes
    word = (
        word_of(null.up.p, test.excess_without_best, null.low.p, data.plan.judgement) if enough else Word.INCONCLUSIVE
    )
    return {
        "p_up": null.up.p,
        "p_low": null.low.p,
        "word": word.value,
        "holds": word is not word_of_plan(data),
    }


def _notes(data: StudyData) -> list[str]:
    """Return a note where the outcome ends before its series does, for want of opens."""
    rule = data.plan.outcome
    if rule.price != "open" or not data.has_series(rule.series):
        return []
    series = data.market[data.symbol(rule.series)]
    has_open = series.dates[~np.isnan(series.open)]
    if not len(has_open) or has_open[-1] == series.dates[-1]:
        return []
    ends = f"Opens of {rule.series} end on {has_open[-1]}, its closes on {series.dates[-1]}"
    return [f"{ends}: outcomes end with the opens, since a fill at a close is no fill."]


def _sentence(data: StudyData, word: Word, test: ShiftTest | None) -> str:
    plan, rule = data.plan, data.plan.judgement
    index, outcome = plan.label(plan.signal.series), plan.label(plan.outcome.series)
    if test is None:
        return f"{word.value}: no event of {index} has a known outcome of {outcome}."
    bound = test.bound(rule.p_low, rule.bound_step)
    events = counted(len(test.events), "breakout")
    rejects = "no effect is rejected" if bound is None else f"effects of {bound:+.2f} and more are rejected"
    return (
        f"{word.value}: over the {plan.outcome.horizon} sessions after {events} of {index}, {outcome} "
        f"moved {test.excess:+.2f} (log) against its mean over all sessions; {rejects}."
    )
