"""The verdict's statistic under other null distributions than that of the circular shifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bot.core.errors import DataError
from bot.core.market import Floats
from bot.study.null_test import NullTest, excess_of
from bot.study.redrawn import redrawn_null
from bot.study.result_row import missing_text
from bot.study.shifts import ShiftTest, shift_means
from bot.study.study_data import StudyData
from bot.study.verdict_section import word_of_plan
from bot.study.word import Word, word_of
from strategies.indicators import Ints

DOES_NOT_SHOW = (
    "Which null is right: each breaks the link between events and outcomes in another way, and all of them read the "
    "same few episodes of one history."
)

DEFINITIONS = {
    "null": "Name of the null distribution",
    "method": "What is drawn or moved, and what is kept",
    "draws": "Draws or placements of the distribution, the observed one included",
    "excess": "The observed statistic, log return",
    "null_low": "2.5% quantile of the statistics, log return",
    "null_high": "97.5% quantile of the statistics, log return",
    "count_up": "Draws with a statistic of at least the observed one",
    "p_up": "count_up / draws",
    "count_low": "Draws with a statistic of at most the observed one, the plan's effect taken out of the outcomes",
    "p_low": "count_low / draws",
    "word": "Word of the verdict by these two p-values",
    "missing": "Why a row is not computed",
    "block": "Mean length of a block of the bootstrap, sessions",
    "rejected": "Redrawn indices with too few counted episodes, drawn again",
}


def nulls(data: StudyData) -> dict[str, Any]:
    """Test the plan's excess under each null distribution.

    Returns
    -------
    dict
        `rows`, one a null, with the keys of `DEFINITIONS`; `block` and `rejected` of the redrawn index; a sentence.

    Raises
    ------
    DataError
        If all events are left out, or a series of the plan is missing or has a hole.
    """
    redrawn, other = data.once(redrawn_null), data.plan.judgement.specific_against
    index, outcome = data.plan.label(data.plan.signal.series), data.plan.label(data.plan.outcome.series)
    rows = [
        _row(data, "circular shifts", "all episodes move together, around the end", circular),
        _row(data, "redrawn index", f"{index} is redrawn in blocks, {outcome} is kept", lambda _: redrawn.test),
        _row(data, "linear shifts", "all episodes move together and stay inside the data", linear),
        _row(data, "random dates", "as many dates at random with the same least spacing", random_dates),
        _row(data, "calendar-year means", "circular shifts; each outcome less the mean of its year", without_years),
        _row(
            data,
            f"less {data.plan.label(other)}",
            f"circular shifts of both; the excess less that after events of {data.plan.label(other)}",
            lambda found: paired(found, other),
        ),
    ]
    return {"rows": rows, "block": redrawn.block, "rejected": redrawn.rejected, "sentence": _sentence(data, rows)}


def circular(data: StudyData) -> NullTest:
    """Return the verdict's own test."""
    return _by_shifts(data.default_test, data.default_test.mended(data.plan.judgement.effect))


def linear(data: StudyData) -> NullTest:
    """Keep of the circular shifts those that leave every episode inside the data, in their order."""
    test = data.default_test
    moves = np.arange(-test.events[0], len(test.outcomes) - test.events[-1])
    mended = shift_means(whole := test.mended(data.plan.judgement.effect), test.events) - whole.mean()
    return NullTest(
        test.excess, test.excess_without_best, float(mended[0]), test.statistics[moves], mended[moves], False
    )


def random_dates(data: StudyData) -> NullTest:
    """Draw as many dates as there are episodes, all sets with the plan's least spacing equally likely.

    Raises
    ------
    DataError
        If the sessions are too few for the episodes with this spacing.
    """
    test, rule, spacing = data.default_test, data.plan.nulls.random_dates, data.plan.signal.spacing
    count, sessions = len(test.events), len(test.outcomes)
    between = 1 if spacing.start == "none" else spacing.sessions
    if sessions < (count - 1) * between + 1:
        raise DataError(f"{count} dates {between} sessions apart do not fit into {sessions} sessions")
    drawn = spaced_dates(np.random.default_rng(rule.seed), rule.draws, count, sessions, between)
    mended = test.mended(data.plan.judgement.effect)
    return NullTest(
        test.excess,
        test.excess_without_best,
        excess_of(mended, test.events),
        test.outcomes[drawn].mean(axis=1) - test.outcomes.mean(),
        mended[drawn].mean(axis=1) - mended.mean(),
        True,
    )


def spaced_dates(random: np.random.Generator, draws: int, count: int, sessions: int, between: int) -> Ints:
    """Draw sets of positions, each at least `between` from the next, uniformly over all such sets.

    Parameters
    ----------
    random
        Generator of the draws.
    draws, count
        Number of sets, and of positions in each.
    sessions
        Positions lie in [0, sessions).
    between
        Least distance of two positions, at least 1.

    Returns
    -------
    Ints
        Shape (draws, count), ascending in each row.
    """
    # Without `between - 1` sessions after each position but the last, any subset is one of the sets.
    free = sessions - (count - 1) * (between - 1)
    chosen = np.array([random.choice(free, count, replace=False) for _ in range(draws)])
    dates: Ints = np.sort(chosen, axis=1) + np.arange(count) * (between - 1)
    return dates


def without_years(data: StudyData) -> NullTest:
    """Take the mean of its calendar year out of each outcome; the years differ more than the episodes do."""
    test, outcome = data.default_test, data.default_outcome
    sessions = data.index(data.plan.signal.series).sessions[outcome.first : outcome.last + 1]
    years = sessions.astype("datetime64[Y]").astype(np.int64)
    inside = ShiftTest(less_group_means(test.outcomes, years), test.events, test.horizon)
    return _by_shifts(inside, less_group_means(test.mended(data.plan.judgement.effect), years))


def less_group_means(values: Floats, groups: Ints) -> Floats:
    """Return the values less the mean of their group."""
    _, member = np.unique(groups, return_inverse=True)
    less: Floats = values - (np.bincount(member, values) / np.bincount(member))[member]
    return less


def paired(data: StudyData, other: str) -> NullTest:
    """Subtract the excess after the events of another series, under the same shifts of both.

    Raises
    ------
    DataError
        If the other series is missing, or all of its events lie outside the sessions of the plan's outcome.
    """
    test, outcome, index = data.default_test, data.default_outcome, data.index(data.plan.signal.series)
    theirs = data.index(other)
    days = theirs.sessions[data.events_on(theirs)]
    events = np.flatnonzero(np.isin(index.sessions, days))
    counted = data.episodes(events, outcome).counted - outcome.first
    if not len(counted):
        raise DataError(f"{other} has no counted episode")
    mended = test.mended(data.plan.judgement.effect)
    # The mean over all sessions cancels out in the difference.
    statistics = shift_means(test.outcomes, test.events) - shift_means(test.outcomes, counted)
    low = shift_means(mended, test.events) - shift_means(mended, counted)
    without_best = test.excess_without_best - excess_of(test.outcomes, counted)
    return NullTest(float(statistics[0]), without_best, float(low[0]), statistics, low, False)


def _by_shifts(test: ShiftTest, mended: Floats) -> NullTest:
    low = shift_means(mended, test.events) - mended.mean()
    return NullTest(test.excess, test.excess_without_best, float(low[0]), test.statistics, low, False)


def _row(data: StudyData, name: str, method: str, compute: Callable[[StudyData], NullTest]) -> dict[str, Any]:
    row: dict[str, Any] = {key: None for key in DEFINITIONS if key not in ("block", "rejected")}
    row |= {"null": name, "method": method}
    try:
        null = compute(data)
    except DataError as problem:
        return {**row, "missing": missing_text(problem)}
    rule = data.plan.judgement
    enough = len(data.default_test.events) >= rule.least_episodes
    word = word_of(null.up.p, null.excess_without_best, null.low.p, rule) if enough else Word.INCONCLUSIVE
    quantiles = np.quantile(null.statistics, [0.025, 0.975])
    return {
        **row,
        "draws": null.up.total,
        "excess": null.excess,
        "null_low": float(quantiles[0]),
        "null_high": float(quantiles[1]),
        "count_up": null.up.count,
        "p_up": null.up.p,
        "count_low": null.low.count,
        "p_low": null.low.p,
        "word": word.value,
    }


def _sentence(data: StudyData, rows: list[dict[str, Any]]) -> str:
    word = word_of_plan(data).value
    computed = [row for row in rows if row["missing"] is None]
    same = sum(row["word"] == word for row in computed)
    up, low = ([row[key] for row in computed] for key in ("p_up", "p_low"))
    others = ", ".join(f"{row['word']} by {row['null']}" for row in computed if row["word"] != word)
    return (
        f"{same} of {len(computed)} null distributions say {word}"
        + (f" (the others: {others})" if others else "")
        + f"; p for a lead is {min(up):.3f} to {max(up):.3f}, p against the effect {min(low):.3f} to {max(low):.3f}."
    )
