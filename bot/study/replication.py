"""Replication by outcome: the plan's events on every outcome behind the index, before it, and outside the claim."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.core.errors import DataError
from bot.study.result_row import RESULT_DEFINITIONS, answers, result_row, same_events
from bot.study.study_data import StudyData

DOES_NOT_SHOW = (
    "How independent the rows are: they share the same events and move together, and the p-values are not adjusted "
    "for their number."
)

DEFINITIONS = {
    "group": "Place on the risk curve: behind the index, before it, or must not answer",
    "outcome": "Series, ratio or basket",
    "label": "Name of the outcome on screen",
    **RESULT_DEFINITIONS,
}

GROUPS = ("behind", "before", "must not answer")


def replication(data: StudyData) -> dict[str, Any]:
    """Test the same events with the same statistic and shifts on each outcome, over its own sessions.

    Returns
    -------
    dict
        `rows` with the keys of `DEFINITIONS`, `missing` with the outcomes that lack their data, and a sentence.

    Raises
    ------
    DataError
        If every outcome lacks its data.
    """
    rule = data.plan.replication
    if not (rule.behind or rule.before or rule.must_not_answer):
        raise DataError("the plan names no other outcome", where=f"plan {data.plan.name}")
    names = zip(GROUPS, (rule.behind, rule.before, rule.must_not_answer), strict=True)
    rows = [outcome_row(data, group, name) for group, members in names for name in members]
    missing = [row["label"] for row in rows if row["missing"] is not None]
    if len(missing) == len(rows):
        raise DataError("no outcome can be computed", where=f"market {data.market.name}", was=", ".join(missing))
    return {"rows": rows, "missing": missing, "sentence": _sentence(data, rows, missing)}


def outcome_row(data: StudyData, group: str, name: str) -> dict[str, Any]:
    """Return the row of one outcome."""
    found = result_row(data, partial(same_events, data, name))
    return {"group": group, "outcome": name, "label": data.plan.label(name), **found}


def _sentence(data: StudyData, rows: list[dict[str, Any]], missing: list[str]) -> str:
    index, level = data.plan.label(data.plan.signal.series), data.plan.judgement.p_up
    behind, before, outside = (answers(data, [row for row in rows if row["group"] == group]) for group in GROUPS)
    return (
        f"After the same breakouts of {index}, {behind} of the outcomes behind it rose by more than chance allows "
        f"(p for a lead at most {level}); before it {before}; of those that must not answer {outside}."
        + (f" Not computed: {', '.join(missing)}." if missing else "")
    )
