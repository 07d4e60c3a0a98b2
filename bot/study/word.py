"""The word of the honest test, by the rule of the plan."""

from __future__ import annotations

from enum import StrEnum

from bot.study.plan import Judgement
from bot.study.shifts import ShiftTest


class Word(StrEnum):
    """The verdict on a claim."""

    SUPPORTED = "SUPPORTED"
    NOT_SUPPORTED = "NOT SUPPORTED"
    INCONCLUSIVE = "INCONCLUSIVE"


def verdict_of(test: ShiftTest | None, rule: Judgement, effect: float) -> Word:
    """Judge a test by the rule of the plan, from its first line to its last.

    Parameters
    ----------
    test
        The test; None without an episode.
    rule
        Levels and the fewest episodes.
    effect
        Smallest effect that would matter, as a log return over the horizon of the test.
    """
    if test is None or len(test.events) < rule.least_episodes:
        return Word.INCONCLUSIVE
    return word_of(test.up.p, test.excess_without_best, test.low(effect).p, rule)


def word_of(p_up: float, excess_without_best: float, p_low: float, rule: Judgement) -> Word:
    """Return the word of two p-values; a lead that one episode makes alone is inconclusive."""
    if p_up <= rule.p_up and excess_without_best > 0:
        return Word.SUPPORTED
    if p_low <= rule.p_low:
        return Word.NOT_SUPPORTED
    return Word.INCONCLUSIVE
