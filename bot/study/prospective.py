"""The prospective verdict: a registered plan on the episodes after its date."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from bot.ledger.plan_log import PlanEntry
from bot.study.counted import spaced_events
from bot.study.plan import StudyPlan
from bot.study.planned_looks import CriticalValues, PlannedLook, counted_since, looks_at, word_of_look
from bot.study.study_data import StudyData
from bot.study.word import Word
from strategies.indicators import Ints

_DAYS_A_YEAR = 365.25
CANNOT_SEE = (
    "The log of peeks cannot see prices that were read elsewhere, and a deleted log begins anew: keep the hash of the "
    "registration outside this machine."
)


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """Episodes of a registered plan so far.

    Attributes
    ----------
    sessions
        Sessions of the counted episodes whose breakout lies after the plan's date, known outcomes or not.
    looks
        Looks that the known outcomes allow.
    word
        Word of the newest look, or of the first that decided; None before the first.
    next_look
        Number of counted episodes of the next look; None after the last, or after a decision.
    years
        5, 50 and 95% of the years from the newest session to the next look; None without a next look, and for a rule
        that never counted an episode.
    """

    sessions: tuple[date, ...]
    looks: tuple[PlannedLook, ...]
    word: Word | None
    next_look: int | None
    years: tuple[float, float, float] | None


def progress_of(data: StudyData, registered_on: date) -> Progress:
    """Count the episodes after a date, judge the looks that they allow, and say when the next one is due."""
    plan = data.plan
    sessions, outcome, rule = data.index(plan.signal.series).sessions, data.default_outcome, plan.prospective
    counted = _counted_after(data, registered_on)
    counted = counted[counted >= outcome.first]
    known = counted[~np.isnan(outcome.values[counted])]
    first = max(int(np.searchsorted(sessions, np.datetime64(registered_on))), outcome.first)
    looks = looks_at(outcome.values, known, first, rule.looks, outcome.horizon)
    word = None
    for look, critical in zip(looks, _critical_values(plan), strict=False):
        word = word_of_look(look, critical, plan.judgement.effect)
        if word is not Word.INCONCLUSIVE:
            break
    is_open = word in (None, Word.INCONCLUSIVE) and len(looks) < len(rule.looks)
    next_look = rule.looks[len(looks)] if is_open else None
    years = None if next_look is None else _years(data, next_look - len(counted), len(known) < len(counted))
    return Progress(tuple(sessions[counted].tolist()), tuple(looks), word, next_look, years)


def as_dict(data: StudyData, entry: PlanEntry, found: Progress) -> dict[str, Any]:
    """Return the progress of a registered plan as plain data."""
    today = data.index(data.plan.signal.series).sessions[-1].item()
    rule = data.plan.prospective
    progress = {
        "plan": data.plan.name,
        "plan_sha256": entry.plan_sha256,
        "registered_on": str(entry.day),
        "data_to": str(today),
        "word": None if found.word is None else found.word.value,
        "episodes": [str(session) for session in found.sessions],
        "looks": [_look_dict(look) for look in found.looks],
        "next_look": found.next_look,
        "next_look_expected": None if found.years is None else [str(_after(today, years)) for years in found.years],
        "power": {} if found.next_look is None else _power_of(data.plan, rule.looks.index(found.next_look)),
        "cannot_see": CANNOT_SEE,
    }
    return {**progress, "line": _line(progress)}


def look_dates(data: StudyData) -> list[dict[str, Any]]:
    """Return when each look of a plan that is registered on the last session of its index is expected.

    Returns
    -------
    list of dict
        `episodes` of the look, and `expected`, the dates at 5, 50 and 95%. Empty for a rule that never counted one.
    """
    today = data.index(data.plan.signal.series).sessions[-1].item()
    dated = [(look, _years(data, look, True)) for look in data.plan.prospective.looks]
    return [
        {"episodes": look, "expected": [str(_after(today, one)) for one in years]}
        for look, years in dated
        if years is not None
    ]


def _counted_after(data: StudyData, day: date) -> Ints:
    """Return the rows of counted episodes whose breakout lies after a date."""
    sessions = data.index(data.plan.signal.series).sessions
    start = int(np.searchsorted(sessions, np.datetime64(day), side="right"))
    return counted_since(data.default_events, data.default_breakouts, data.plan.signal.spacing, start)


def _critical_values(plan: StudyPlan) -> list[CriticalValues]:
    rule = plan.prospective
    return [CriticalValues(up, low) for up, low in zip(rule.critical_up, rule.critical_low, strict=True)]


def _years(data: StudyData, missing: int, waits_for_outcome: bool) -> tuple[float, float, float] | None:
    """Return quantiles of the years to the next look: the wait for the episodes, then for the outcome of the last.

    Episodes are taken as a Poisson process with the rate of all sessions of the index; None if it has none.
    """
    sessions = data.index(data.plan.signal.series).sessions
    spacing = data.plan.signal.spacing
    total = int(spaced_events(data.default_events, spacing.sessions, spacing.start).sum())
    if total == 0:
        return None
    span = float((sessions[-1] - sessions[0]) / np.timedelta64(1, "D")) / _DAYS_A_YEAR
    outcome = data.default_outcome.horizon / 252 if missing > 0 or waits_for_outcome else 0.0
    low, middle, high = (
        outcome + (arrival_quantile(missing, total / span, share) if missing > 0 else 0.0)
        for share in (0.05, 0.5, 0.95)
    )
    return low, middle, high


def arrival_quantile(count: int, rate: float, share: float) -> float:
    """Compute a quantile of the time of the `count`-th event of a Poisson process.

    Parameters
    ----------
    count
        Number of the event, from 1.
    rate
        Events a year.
    share
        Probability, in (0, 1).

    Returns
    -------
    float
        Years; the quantile of an Erlang distribution, by bisection.
    """
    low, high = 0.0, 1.0 / rate
    while _arrived(count, rate * high) < share:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _arrived(count, rate * middle) < share else (low, middle)
    return high


def _arrived(count: int, mean: float) -> float:
    """Return the probability that a Poisson variable of a mean is at least `count`."""
    term, fewer = math.exp(-mean), 0.0
    for number in range(count):
        fewer += term
        term *= mean / (number + 1)
    return 1.0 - fewer


def _look_dict(look: PlannedLook) -> dict[str, Any]:
    return {
        "episodes": look.episodes,
        "sessions": len(look.test.outcomes),
        "excess": look.test.excess,
        "p_up": look.test.up.p,
    }


def _power_of(plan: StudyPlan, look: int) -> dict[str, float]:
    """Return the share of worlds with each effect in which a look says SUPPORTED."""
    return {effect: shares[look] for effect, shares in plan.prospective.power.items()}


def _after(day: date, years: float) -> date:
    return day + timedelta(days=round(years * _DAYS_A_YEAR))


def _line(progress: Mapping[str, Any]) -> str:
    """Return the progress in one line, for pages and notices."""
    word, count = progress["word"] or "no look yet", len(progress["episodes"])
    if progress["next_look"] is None:
        return f"{word}; no look is left"
    odds = f", which sees a lead (log) of {_odds(progress['power'])} of synthetic worlds" if progress["power"] else ""
    return f"{word}; {count} of {progress['next_look']} episodes; next look {_when(progress)}{odds}"


def _when(progress: Mapping[str, Any]) -> str:
    """Return the years in which the next look is expected."""
    if progress["next_look_expected"] is None:
        return "at an unknown date, since the rule never counted an episode"
    low, middle, high = (day[:4] for day in progress["next_look_expected"])
    return f"about {middle} ({low} to {high} in nine of ten cases)"


def _odds(power: Mapping[str, float]) -> str:
    shares = {effect: f"{share:.0%}" if share >= 0.01 else "under 1%" for effect, share in power.items()}
    return ", ".join(f"{float(effect):+.2f} in {share}" for effect, share in shares.items())


def status_lines(found: Mapping[str, Any]) -> list[str]:
    """Return the progress of a registered plan, as `as_dict` gives it, in sentences."""
    lines = [
        f"{found['plan']}: {found['word'] or 'no look yet'}, prospective, registered on {found['registered_on']}.",
        f"Counted episodes since then: {len(found['episodes'])}, on prices to {found['data_to']}.",
    ]
    if found["next_look"] is not None:
        lines.append(f"The next look waits for the outcome of episode {found['next_look']}: {_when(found)}.")
    if found["power"]:
        lines.append(f"Leads (log) that it then sees, by share of synthetic worlds: {_odds(found['power'])}.")
    lines.append(f"Looks at outcomes after the date, by the log: {found['peeks']}. {found['cannot_see']}")
    return lines
