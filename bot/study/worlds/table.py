"""Size and power of the verdict's rule, with their sampling error, from judged worlds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bot.study.plan import StudyPlan
from bot.study.word import Word
from bot.study.worlds.synthetic_world import YEAR
from bot.study.worlds.waiting import sessions_to_look, wait_quantiles
from bot.study.worlds_plan import WorldKind, WorldTargets

Record = Mapping[str, Any]
"""What `judge_world` returns."""

LARGEST_SIZE = 0.05
"""A word that is wrong more often than this, plus the sampling error, is a fault of the rule."""

ONE_LOOK = "one look"

DOES_NOT_SHOW = (
    "That real prices behave like a synthetic world: they have crashes, changes of volatility and breaks that no "
    "generator of a few numbers has."
)

DEFINITIONS = {
    "kind": "Kind of synthetic world",
    "effect": "Effect, log return over the horizon: effect x overlap is added to the outcomes",
    "looks": "One look, or the schedule of looks up to a number of counted episodes, as 5/8/12",
    "word": "Word of the verdict",
    "rate": "Share of the worlds with the word; at a schedule, at this look or an earlier one",
    "error": "Binomial standard error of the rate, sqrt(rate x (1 - rate) / worlds)",
    "worlds": "Number of worlds",
    "n": "Mean counted episodes; at a schedule, those of the look",
    "rate_near": "One look: the rate in worlds whose counted episodes are within one of the real number",
    "error_near": "Binomial standard error of rate_near",
    "worlds_near": "Number of those worlds",
    "reached": "Share of the worlds that reach the look",
    "years": "Years of 252 sessions to the outcome of a look's last episode, at 5%, 50%, 95%; None past the index",
    "correlation": "Mean correlation of y with the index's log return over the same sessions",
    "figure": "Counted episodes of the outcome window; of the whole index; standard deviation of the outcome's log "
    "return a session, and of y; autocorrelation of y at a lag in sessions",
    "real": "The figure of the real data",
    "mean": "Mean of the figure over the worlds",
}


def table_of(plan: StudyPlan, records: Sequence[Sequence[Record]]) -> dict[str, Any]:
    """Make the tables of size and power.

    Parameters
    ----------
    plan
        The plan of the worlds.
    records
        Judged worlds by kind, in the order of the plan.

    Returns
    -------
    dict
        `rows` (a rate each), `realism` (the worlds' means beside the real figures), `correlations`, `waits` (years to
        each look), `faults` (sizes that are too large) and a sentence.
    """
    kinds = plan.worlds.kinds
    rows = [row for kind, worlds in zip(kinds, records, strict=True) for row in _rows(plan, kind, worlds)]
    faults = [row for row in rows if is_fault(row, plan.judgement.effect)]
    return {
        "rows": rows,
        "correlations": [_correlation(kind, worlds) for kind, worlds in zip(kinds, records, strict=True)],
        "realism": [row for kind, worlds in zip(kinds, records, strict=True) for row in _realism(plan, kind, worlds)],
        "waits": [_waits(plan, kind, worlds) for kind, worlds in zip(kinds, records, strict=True)],
        "faults": faults,
        "sentence": _sentence(plan, rows, faults),
        "does_not_show": DOES_NOT_SHOW,
        "definitions": DEFINITIONS,
    }


def is_fault(row: Mapping[str, Any], effect: float) -> bool:
    """True for a size over 5% plus its error: the word is wrong, as the effect is 0 or the plan's own."""
    wrong = (Word.SUPPORTED, 0.0), (Word.NOT_SUPPORTED, effect)
    return (row["word"], row["effect"]) in wrong and row["rate"] > LARGEST_SIZE + row["error"]


def _rows(plan: StudyPlan, kind: WorldKind, worlds: Sequence[Record]) -> Iterator[dict[str, Any]]:
    near = [abs(world["n"] - plan.worlds.targets.counted) <= 1 for world in worlds]
    counted = float(np.mean([world["n"] for world in worlds]))
    looks = plan.prospective.looks
    for place, effect in enumerate(plan.worlds.effects):
        for word in (Word.SUPPORTED, Word.NOT_SUPPORTED):
            base = {"kind": kind.name, "effect": float(effect), "word": word.value}
            hits = [world["words"][place] == word for world in worlds]
            around = [hit for hit, is_near in zip(hits, near, strict=True) if is_near]
            yield {
                **base,
                "looks": ONE_LOOK,
                **_rate(hits),
                "n": counted,
                **{f"{key}_near": value for key, value in _rate(around).items()},
            }
            decided = [_decided(world["look_words"][place]) for world in worlds]
            for last, look in enumerate(looks):
                hits = [found is not None and found[0] <= last and found[1] == word for found in decided]
                reached = float(np.mean([len(world["look_words"][place]) > last for world in worlds]))
                looked = "/".join(map(str, looks[: last + 1]))
                yield {**base, "looks": looked, **_rate(hits), "n": float(look), "reached": reached}


def _decided(words: Sequence[str]) -> tuple[int, str] | None:
    """Return the place and the word of the first look that decides, if one does."""
    return next(((place, word) for place, word in enumerate(words) if word != Word.INCONCLUSIVE), None)


def _rate(hits: Sequence[bool]) -> dict[str, Any]:
    if not hits:
        return {"rate": None, "error": None, "worlds": 0}
    rate = sum(hits) / len(hits)
    return {"rate": rate, "error": math.sqrt(rate * (1 - rate) / len(hits)), "worlds": len(hits)}


def _realism(plan: StudyPlan, kind: WorldKind, worlds: Sequence[Record]) -> Iterator[dict[str, Any]]:
    targets = plan.worlds.targets
    for name, real, values in _figures(targets, worlds):
        mean = float(np.mean(values))
        yield {
            "kind": kind.name,
            "figure": name,
            "real": real,
            "mean": mean,
            "spread": float(np.std(values)),
            "within": abs(mean / real - 1) <= targets.tolerance,
        }


def _correlation(kind: WorldKind, worlds: Sequence[Record]) -> dict[str, Any]:
    return {"kind": kind.name, "correlation": float(np.mean([world["correlation"] for world in worlds]))}


def _figures(targets: WorldTargets, worlds: Sequence[Record]) -> Iterator[tuple[str, float, list[float]]]:
    """Yield the name of each figure, its real value and those of the worlds."""
    yield "Counted episodes", targets.counted, [world["n"] for world in worlds]
    yield "Counted, whole index", targets.counted_all, [world["n_all"] for world in worlds]
    yield "Volatility, a session", targets.volatility, [w["volatility"] for w in worlds]
    yield "Spread of y", targets.spread, [world["spread"] for world in worlds]
    for place, (lag, real) in enumerate(zip(targets.lags, targets.autocorrelation, strict=True)):
        yield f"Autocorrelation {lag}", real, [world["autocorrelation"][place] for world in worlds]


def _waits(plan: StudyPlan, kind: WorldKind, worlds: Sequence[Record]) -> dict[str, Any]:
    waits = [world["waits"] for world in worlds]
    horizon = plan.outcome.horizon
    years = {
        str(look): [
            round(sessions / YEAR, 4) if math.isfinite(sessions) else None
            for sessions in wait_quantiles(sessions_to_look(waits, look, horizon))
        ]
        for look in plan.prospective.looks
    }
    return {"kind": kind.name, "years": years}


def _sentence(plan: StudyPlan, rows: Sequence[Mapping[str, Any]], faults: Sequence[Mapping[str, Any]]) -> str:
    effect = plan.judgement.effect
    right = "no size is over 5% plus its error"
    if faults:
        right = "a size is over 5% plus its error: " + "; ".join(
            f"{row['word']} at {row['effect']:+.2f}, {row['kind']}, {row['looks']}: {_percent(row)}" for row in faults
        )
    first = plan.worlds.kinds[0].name
    one = {(row["kind"], row["effect"], row["word"]): row for row in rows if row["looks"] == ONE_LOOK}
    sizes = ", ".join(_percent(one[kind.name, 0.0, Word.SUPPORTED]) for kind in plan.worlds.kinds)
    lows = ", ".join(_percent(one[kind.name, effect, Word.NOT_SUPPORTED]) for kind in plan.worlds.kinds)
    powers = ", ".join(
        f"{_percent(one[first, value, Word.SUPPORTED])} at {value:+.2f}" for value in plan.worlds.effects if value
    )
    kinds = ", ".join(kind.name for kind in plan.worlds.kinds)
    return (
        f"In synthetic worlds ({kinds}) the rule says SUPPORTED in {sizes} "
        f"without a lead and NOT SUPPORTED in {lows} with {effect:+.2f}: {right}. It sees a lead in {powers}."
    )


def _percent(row: Mapping[str, Any]) -> str:
    return f"{100 * row['rate']:.1f}% +- {100 * row['error']:.1f}%"
