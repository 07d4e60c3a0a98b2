"""Looks of a prospective plan: the test on what is known when a given number of episodes has been counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.core.market import Floats
from bot.study.counted import spaced_events
from bot.study.plan import SpacingRule
from bot.study.shifts import ShiftTest
from bot.study.word import Word
from strategies.indicators import Ints


class PlannedLook(NamedTuple):
    """One look: the number of counted episodes that it waits for, the session of the last, and its test."""

    episodes: int
    row: int
    test: ShiftTest


class CriticalValues(NamedTuple):
    """Critical p-values of one look, one-sided: for SUPPORTED and for NOT SUPPORTED."""

    up: float
    low: float


def looks_at(outcomes: Floats, counted: Ints, first: int, schedule: Sequence[int], horizon: int) -> list[PlannedLook]:
    """Return the looks that the known outcomes allow.

    Parameters
    ----------
    outcomes
        Log return from each session of the index, NaN while it is unknown, shape (N,).
    counted
        Rows of the counted episodes of the plan whose outcome is known, ascending.
    first
        First session of the plan: the first from its date on.
    schedule
        Numbers of counted episodes at which the plan looks, ascending.
    horizon
        Sessions of an outcome.
    """
    looks = []
    for episodes in schedule:
        if episodes > len(counted):
            break
        # When the outcome of this episode is known, so are those of all earlier sessions, and no later one.
        last = int(counted[episodes - 1])
        test = ShiftTest(outcomes[first : last + 1], counted[:episodes] - first, horizon)
        looks.append(PlannedLook(episodes, last, test))
    return looks


def word_of_look(look: PlannedLook, critical: CriticalValues, effect: float) -> Word:
    """Judge one look by its critical values; `effect` is the smallest that would matter, as a log return."""
    if look.test.up.p <= critical.up and look.test.excess_without_best > 0:
        return Word.SUPPORTED
    if look.test.low(effect).p <= critical.low:
        return Word.NOT_SUPPORTED
    return Word.INCONCLUSIVE


def counted_since(events: Ints, beginnings: Ints, spacing: SpacingRule, start: int) -> Ints:
    """Return the rows of the episodes counted since a plan began, ascending.

    The spacing goes on from the last episode counted before.

    Parameters
    ----------
    events
        Row of each event of the index, ascending, shape (n,).
    beginnings
        Row of the breakout of each; an episode belongs to the plan if it lies in it. Shape (n,).
    spacing
        Spacing of the plan.
    start
        First row on which a breakout belongs to the plan.
    """
    counted = spaced_events(events, spacing.sessions, spacing.start)
    return events[counted & (beginnings >= start)]
