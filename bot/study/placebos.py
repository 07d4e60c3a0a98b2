"""Placebos: events moved back in time, events of other series, and outcomes outside the claim."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.core.errors import DataError
from bot.core.moments import Days
from bot.study.outcomes import OutcomeSeries
from bot.study.replication import outcome_row
from bot.study.result_row import RESULT_DEFINITIONS, answers, result_row
from bot.study.study_data import StudyData
from strategies.indicators import Ints

DOES_NOT_SHOW = (
    "That the claim holds where every placebo is quiet: a placebo can raise a doubt, and with few episodes it often "
    "misses one."
)

DEFINITIONS = {
    "placebo": "What is replaced: time, signal or outcome",
    "name": "Sessions by which the events are moved back, or the series in the other's place",
    "label": "Name on screen",
    **RESULT_DEFINITIONS,
}


def placebos(data: StudyData) -> dict[str, Any]:
    """Test the plan with its events moved back, with other signals, and with outcomes outside the claim.

    Returns
    -------
    dict
        `rows` with the keys of `DEFINITIONS`, and a sentence.

    Raises
    ------
    DataError
        If every placebo lacks its data.
    """
    rule = data.plan.placebos
    if not (rule.time or rule.signals or data.plan.replication.must_not_answer):
        raise DataError("the plan names no placebo", where=f"plan {data.plan.name}")
    rows = [_time_row(data, sessions) for sessions in rule.time]
    rows += [_signal_row(data, series) for series in rule.signals]
    rows += [_outcome_row(data, name) for name in data.plan.replication.must_not_answer]
    if all(row["missing"] is not None for row in rows):
        raise DataError("no placebo can be computed", where=f"market {data.market.name}")
    return {"rows": rows, "sentence": _sentence(data, rows)}


def _time_row(data: StudyData, sessions: int) -> dict[str, Any]:
    found = result_row(data, partial(moved_events, data, sessions))
    return {"placebo": "time", "name": str(sessions), "label": f"{sessions} sessions", **found}


def moved_events(data: StudyData, sessions: int) -> tuple[OutcomeSeries, Ints, Days]:
    """Return the plan's outcome with its events moved, before they are spaced and cut."""
    outcome = data.default_outcome
    return outcome, data.default_events + sessions, data.index(data.plan.signal.series).sessions


def _signal_row(data: StudyData, series: str) -> dict[str, Any]:
    found = result_row(data, partial(other_events, data, series))
    return {"placebo": "signal", "name": series, "label": data.plan.label(series), **found}


def other_events(data: StudyData, series: str) -> tuple[OutcomeSeries, Ints, Days]:
    """Return the plan's outcome on the sessions of another series, with the events of that series."""
    rule, index = data.plan.outcome, data.index(series)
    return data.outcome(rule.series, series, rule.horizon, rule.price), data.events_on(index), index.sessions


def _outcome_row(data: StudyData, name: str) -> dict[str, Any]:
    row = outcome_row(data, "must not answer", name)
    del row["group"]
    return {"placebo": "outcome", "name": row.pop("outcome"), **row}


def _sentence(data: StudyData, rows: list[dict[str, Any]]) -> str:
    outcome = data.plan.label(data.plan.outcome.series)
    time, signal, other = (
        answers(data, [row for row in rows if row["placebo"] == kind]) for kind in ("time", "signal", "outcome")
    )
    return (
        f"Placebos that answer (p for a lead at most {data.plan.judgement.p_up}): {time} moments before the events, "
        f"{signal} other signals for {outcome}, {other} outcomes outside the claim."
    )
