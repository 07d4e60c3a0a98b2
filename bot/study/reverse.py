"""The reverse claim: records of other series before the index, by the same rule and the same test."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.core.errors import DataError
from bot.core.moments import Days
from bot.study.axis import sampled
from bot.study.outcomes import OutcomeSeries, outcome_of
from bot.study.result_row import RESULT_DEFINITIONS, answers, result_row
from bot.study.study_data import StudyData
from strategies.indicators import Ints

DOES_NOT_SHOW = (
    "A cause in either direction: a common cause, such as the liquidity of the markets, moves both, and the one that "
    "reacts first seems to lead."
)

DEFINITIONS = {
    "signal": "Series whose events are tested; a coin at the last UTC close before that of each US session",
    "label": "Name of the series on screen",
    "outcome": "Index whose log return from the close of session s + 1 to that a horizon later is read",
    **RESULT_DEFINITIONS,
}


def reverse(data: StudyData) -> dict[str, Any]:
    """Test the reverse claim: the index rises after the events of other series.

    Returns
    -------
    dict
        `rows` with the keys of `DEFINITIONS`, and a sentence.

    Raises
    ------
    DataError
        If every series lacks its data or its episodes.
    """
    series, signals = data.plan.signal.series, data.plan.reverse.signals
    if not signals:
        raise DataError("the plan names no series for the reverse claim", where=f"plan {data.plan.name}")
    rows = [
        {
            "signal": signal,
            "label": data.plan.label(signal),
            "outcome": series,
            **result_row(data, partial(reverse_events, data, signal)),
        }
        for signal in signals
    ]
    if all(row["missing"] is not None for row in rows):
        raise DataError("no series can be tested", was="; ".join(row["missing"] for row in rows))
    return {"rows": rows, "sentence": _sentence(data, rows)}


def reverse_events(data: StudyData, signal: str) -> tuple[OutcomeSeries, Ints, Days]:
    """Return the index as the outcome on the sessions of another series, with the events of that series."""
    series = data.plan.signal.series
    data.require_series(signal)
    axis = sampled(data.market, data.symbol(signal), data.index(series))
    outcome = outcome_of(data.market, data.symbol(series), axis.sessions, data.plan.outcome.horizon, "close")
    return outcome, data.events_on(axis), axis.sessions


def _sentence(data: StudyData, rows: list[dict[str, Any]]) -> str:
    index = data.plan.label(data.plan.signal.series)
    figures = "; ".join(
        f"{row['label']} {row['excess']:+.2f}, p for a lead {row['p_up']:.2f}, {row['n']} episodes"
        for row in rows
        if row["missing"] is None
    )
    missing = "; ".join(f"{row['label']}: {row['missing']}" for row in rows if row["missing"] is not None)
    return (
        f"In reverse, {index} rose by more than chance allows after the events of {answers(data, rows)} series: "
        f"{figures or 'none is tested'}." + (f" Not tested: {missing}." if missing else "")
    )
