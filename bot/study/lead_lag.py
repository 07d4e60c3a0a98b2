"""Cross-correlations of the index's returns with those of other series, by week and by session, to both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.core.moments import Days
from bot.study.axis import sampled
from bot.study.plan_values import span_of
from bot.study.result_row import missing_text
from bot.study.study_data import StudyData
from strategies.indicators import Bools

DOES_NOT_SHOW = (
    "A lead of breakouts: it weighs all weeks alike. At a lag of one session, moves of the same day seem to lead, "
    "because a coin is sampled most of a day before the US close."
)

DEFINITIONS = {
    "series": "Series whose returns are compared with those of the index",
    "label": "Name of the series on screen",
    "every": "week: from the last session of a week to that of the next; session: from close to close",
    "sample": "all, a span of dates, or all without some spans",
    "lag": "Positive: the series' return comes that many weeks or sessions after the index's, so that the index leads; "
    "negative: the series leads",
    "n": "Pairs of returns",
    "correlation": "Pearson correlation of log returns; a coin at the last UTC close before that of the US session",
    "error": "Newey-West standard error of the correlation, with twice the largest lag",
    "low": "Lower end of the 95% band: correlation less 1.96 x error",
    "high": "Upper end of the 95% band: correlation and 1.96 x error",
    "missing": "What the row lacks to be computed",
}

_BAND = 1.96
"""Quantile of the standard normal at 97.5%."""


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """Log returns of the index and of another series over the same spans, and the last day of each; shape (n,) each."""

    days: Days
    index: Floats
    other: Floats


def lead_lag(data: StudyData) -> dict[str, Any]:
    """Correlate the returns of the index with those of each series at all lags, in each sample.

    Returns
    -------
    dict
        `rows` with the keys of `DEFINITIONS`, and a sentence.

    Raises
    ------
    DataError
        If every series lacks its data or moves too little.
    """
    if not data.plan.lead_lag.pairs:
        raise DataError("the plan names no series to compare", where=f"plan {data.plan.name}")
    rows = [row for name in data.plan.lead_lag.pairs for row in _rows(data, name)]
    if all(row["missing"] is not None for row in rows):
        raise DataError("no series can be compared", was="; ".join(row["missing"] for row in rows))
    return {"rows": rows, "sentence": _sentence(data, rows)}


def _rows(data: StudyData, name: str) -> Iterator[dict[str, Any]]:
    row: dict[str, Any] = {**dict.fromkeys(DEFINITIONS), "series": name, "label": data.plan.label(name)}
    reach = data.plan.lead_lag.reach
    try:
        data.require_series(name)
        by_session = returns_of(data, name)
    except DataError as problem:
        yield {**row, "missing": missing_text(problem)}
        return
    for every, returns in (("week", weekly(by_session)), ("session", by_session)):
        for sample, inside in _samples(data, returns.days):
            named = {**row, "every": every, "sample": sample}
            try:
                found = list(correlations(returns, inside, reach))
            except DataError as problem:
                yield {**named, "missing": missing_text(problem)}
                continue
            yield from ({**named, **figures} for figures in found)


def returns_of(data: StudyData, name: str) -> Returns:
    """Return the returns by session of the index and of a series, sampled at or before the close of each session."""
    index = data.index(data.plan.signal.series)
    other = sampled(data.market, data.symbol(name), index)
    closes = index.closes[np.isin(index.sessions, other.sessions)]
    return Returns(other.sessions[1:], np.diff(np.log(closes)), np.diff(np.log(other.closes)))


def weekly(returns: Returns) -> Returns:
    """Add up returns by calendar week, Monday to Sunday; the first and the last week may be shorter."""
    # 1970-01-01 was a Thursday: three days on, each week of seven begins on a Monday.
    weeks = (returns.days.astype(np.int64) + 3) // 7
    first = np.flatnonzero(np.diff(weeks, prepend=weeks[:1] - 1))
    last = np.append(first[1:], len(weeks)) - 1
    return Returns(returns.days[last], np.add.reduceat(returns.index, first), np.add.reduceat(returns.other, first))


def _samples(data: StudyData, days: Days) -> Iterator[tuple[str, Bools]]:
    """Return each sample of the plan with the days that belong to it."""
    rule, everything = data.plan.lead_lag, np.ones(len(days), bool)
    yield "all", everything
    for span in rule.subsamples:
        yield span, _inside(days, span)
    if rule.without:
        left_out = np.any([_inside(days, span) for span in rule.without], axis=0)
        yield f"without {', '.join(rule.without)}", ~left_out


def _inside(days: Days, span: str) -> Bools:
    first, last = span_of(span)
    inside: Bools = (days >= np.datetime64(first)) & (days <= np.datetime64(last))
    return inside


def correlations(returns: Returns, inside: Bools, reach: int) -> Iterator[dict[str, Any]]:
    """Compute the correlation and its error at each lag from -reach to reach.

    A pair counts if both of its returns lie inside the sample. The error is that of the slope between the
    standardised returns, by Newey and West (1987) with 2 x reach lags.

    Parameters
    ----------
    returns
        Returns of both series.
    inside
        True on the days of the sample, shape (n,).
    reach
        Largest lag.

    Raises
    ------
    DataError
        If fewer than five pairs a lag of the error remain, or a price stands still.
    """
    from statsmodels.regression.linear_model import OLS

    least = 10 * reach
    for lag in range(-reach, reach + 1):
        earlier, later = slice(0, len(inside) - abs(lag)), slice(abs(lag), None)
        of_index, of_other = (earlier, later) if lag >= 0 else (later, earlier)
        both = inside[of_index] & inside[of_other]
        x, y = returns.index[of_index][both], returns.other[of_other][both]
        if len(x) < least:
            raise DataError(f"{len(x)} pairs of returns; at least {least} are needed")
        x, y = _standard(x), _standard(y)
        fit = OLS(y, np.column_stack((np.ones(len(x)), x))).fit(cov_type="HAC", cov_kwds={"maxlags": 2 * reach})
        correlation, error = float(fit.params[1]), float(fit.bse[1])
        yield {
            "lag": lag,
            "n": len(x),
            "correlation": correlation,
            "error": error,
            "low": correlation - _BAND * error,
            "high": correlation + _BAND * error,
        }


def _standard(values: Floats) -> Floats:
    spread = values.std()
    if spread == 0:
        raise DataError("all returns are the same")
    standard: Floats = (values - values.mean()) / spread
    return standard


def _sentence(data: StudyData, rows: list[dict[str, Any]]) -> str:
    index, reach = data.plan.label(data.plan.signal.series), data.plan.lead_lag.reach
    parts = []
    for name in data.plan.lead_lag.pairs:
        own = [row for row in rows if row["series"] == name and row["every"] == "week" and row["sample"] == "all"]
        outside = [row["lag"] for row in own if row["missing"] is None and not row["low"] <= 0 <= row["high"]]
        leads, follows = sum(lag > 0 for lag in outside), sum(lag < 0 for lag in outside)
        if any(row["missing"] is None for row in own):
            label = data.plan.label(name)
            parts.append(f"at {leads} of {reach} lags where {index} leads {label}, {follows} where {label} leads")
    return (
        f"Correlations of weekly returns differ from 0 (95% bands) {'; '.join(parts)}; "
        f"chance alone gives {0.05 * reach:.1f} of {reach}."
    )
