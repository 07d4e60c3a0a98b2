"""A row of a section: the shift test of one set of events on one outcome, or what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bot.core.errors import DataError
from bot.core.moments import Days
from bot.study.baskets import is_basket
from bot.study.outcomes import OutcomeSeries, Price
from bot.study.shifts import ShiftTest
from bot.study.study_data import StudyData
from strategies.indicators import Ints

RESULT_DEFINITIONS = {
    "n": "Counted episodes",
    "sessions": "Sessions T with a known outcome",
    "first": "First session with a known outcome",
    "last": "Last session with a known outcome",
    "excess": "Mean outcome over the counted episodes less the mean over all T sessions, log return",
    "count_up": "Circular shifts of the episodes, of T, with a statistic of at least the excess",
    "p_up": "count_up / T",
    "p_down": "Share of the shifts with a statistic of at most the excess",
    "bound": "Smallest effect that the lower test rejects at the level of the plan, log return",
    "detectable": "Smallest effect that the upper test detects with the power of the plan, log return",
    "placements": "Independent placements of the episodes",
    "interval_low": "Lower end of the 95% interval: excess less the 97.5% quantile of the shift statistics, log return",
    "interval_high": "Upper end of the 95% interval: excess less the 2.5% quantile of the shift statistics, log return",
    "missing": "What the row lacks to be computed",
}


def result_row(data: StudyData, compute: Callable[[], tuple[OutcomeSeries, Ints, Days]]) -> dict[str, Any]:
    """Test events on an outcome by the statistic and the spacing of the plan.

    Parameters
    ----------
    data
        The study.
    compute
        Returns the outcome, the rows of the events, and the sessions of their axis. What it raises as DataError is
        what the row lacks.

    Returns
    -------
    dict
        The keys of `RESULT_DEFINITIONS`; figures of the test are left empty with too few counted episodes.
    """
    row: dict[str, Any] = dict.fromkeys(RESULT_DEFINITIONS)
    try:
        outcome, events, sessions = compute()
    except DataError as problem:
        return {**row, "missing": missing_text(problem)}
    test = data.test(data.episodes(events, outcome), outcome)
    count, least = 0 if test is None else len(test.events), data.plan.judgement.least_episodes
    row |= {
        "n": count,
        "sessions": len(outcome.known),
        "first": str(sessions[outcome.first]),
        "last": str(sessions[outcome.last]),
    }
    if test is None or count < least:
        return {**row, "missing": f"{count} counted episodes; at least {least} are needed"}
    return row | _figures(data, test)


def _figures(data: StudyData, test: ShiftTest) -> dict[str, Any]:
    rule = data.plan.judgement
    low, high = np.quantile(test.statistics, [0.025, 0.975])
    return {
        "excess": test.excess,
        "count_up": test.up.count,
        "p_up": test.up.p,
        "p_down": test.low(0.0).p,
        "bound": test.bound(rule.p_low, rule.bound_step),
        "detectable": test.detectable(rule.p_up, rule.power_quantile),
        "placements": test.placements,
        "interval_low": float(test.excess - high),
        "interval_high": float(test.excess - low),
    }


def missing_text(problem: DataError) -> str:
    """Return an error less its place: the market of a study is named once."""
    return str(problem).removeprefix(f"{problem.where}: ")


def same_events(data: StudyData, name: str) -> tuple[OutcomeSeries, Ints, Days]:
    """Return another outcome of the plan's own events, on the sessions of its index.

    A coin is bought at the open after the session, as in the verdict. A fund or an index is read at its close, of the
    next session and of that a horizon later: adjusted closes include dividends.
    """
    series = data.plan.signal.series
    outcome = data.outcome(name, series, data.plan.outcome.horizon, price_of(data, name))
    return outcome, data.default_events, data.index(series).sessions


def price_of(data: StudyData, name: str) -> Price:
    """Return the price at which an outcome is read: that of the plan for coins, else the close."""
    symbol = data.symbol(name.split("/")[0])
    is_coin = is_basket(name) or (symbol in data.market and data.market[symbol].kind.is_coin)
    return data.plan.outcome.price if is_coin else "close"


def has_answered(data: StudyData, row: dict[str, Any]) -> bool:
    """True for a computed row whose excess is as rare among the shifts as a supported claim requires."""
    return row["p_up"] is not None and row["p_up"] <= data.plan.judgement.p_up


def answers(data: StudyData, rows: list[dict[str, Any]]) -> str:
    """Return how many of the computed rows answered, with their names: "1 of 3 (Gold)"."""
    computed = [row for row in rows if row["missing"] is None]
    names = ", ".join(row["label"] for row in computed if has_answered(data, row))
    count = sum(has_answered(data, row) for row in computed)
    return f"{count} of {len(computed)}" + (f" ({names})" if names else "")
