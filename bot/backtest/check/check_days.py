"""Days of a check: those at which the market is changed, the time that they take, and those that are left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.backtest.check.check_result import CheckPart
from bot.backtest.check.later_rows import (
    POISONED,
    REMOVED,
    Advance,
    check_later_rows,
    days_of_change,
    estimated_seconds,
    workers_for,
)
from bot.backtest.check.subject import Subject
from bot.backtest.check.warm_up import check_warm_up
from bot.backtest.lookahead import evenly
from bot.core.plural import counted


@dataclass(frozen=True, slots=True)
class CheckSize:
    """Numbers of a check: days at which later rows are removed and poisoned, and late starts.

    `removed` and `poisoned` count days on which the strategy changes its mind, `others` more days for the removal.
    `removed` is `ALL_DAYS` for each of them.
    `seeds` are the hash seeds of the new processes; in the first one the strategy is watched.
    """

    removed: int
    poisoned: int
    others: int
    starts: int
    seeds: tuple[int, ...]


ALL_DAYS = sys.maxsize
"""More days than a strategy has."""

FULL = CheckSize(removed=ALL_DAYS, poisoned=24, others=24, starts=8, seeds=(1, 2, 3))
QUICK = CheckSize(removed=18, poisoned=4, others=6, starts=2, seeds=(1, 2))

_STARTS_WITHIN = 0.6
"""Share of the days from the first change of mind on in which late starts lie: decisions need time to agree again."""


@dataclass(frozen=True, slots=True)
class CheckDays:
    """UTC times at which later rows are removed or poisoned, and late starts. `unchecked` says what is left out."""

    removed: Sequence[datetime]
    poisoned: Sequence[datetime]
    starts: Sequence[datetime]
    unchecked: tuple[str, ...]
    is_sample: bool
    workers: int
    seconds: float

    def estimate(self) -> str:
        """Return a sentence with the estimated time."""
        count = len(self.removed) + len(self.poisoned) + len(self.starts)
        shared = f" in {self.workers} processes" if self.workers > 1 else ""
        hint = "" if self.seconds < _LONG or self.is_sample else "; --quick samples the days"
        return f"The strategy is asked {count:,} times{shared}: about {_duration(self.seconds)}{hint}."


_LONG = 30.0
"""Seconds from which a check is long enough to name --quick."""


def _duration(seconds: float) -> str:
    return f"{max(seconds, 1):.0f} s" if seconds < 90 else f"{counted(seconds / 60, 'minute')}"


def chosen_days(subject: Subject, size: CheckSize) -> CheckDays:
    """Choose the times of a check: all changes of mind or a sample of them, and other days between.

    A peek can change every day of a long spell, and the mind at its end alone.
    """
    times, changes = subject.times, subject.changes
    at_changes = evenly(changes, size.removed)
    removed = sorted({*at_changes, *evenly(times, size.others)})
    poisoned = evenly(changes or times, size.poisoned)
    # Before its first change of mind a strategy may wait for a series that begins late: a start there removes no row of
    # that series, so it would need no warm-up.
    later = times[times.index(changes[0]) :] if changes else times
    starts = evenly(later[: int(_STARTS_WITHIN * len(later))], size.starts)
    seconds = estimated_seconds(subject, removed) + subject.seconds * (len(poisoned) + len(starts))
    workers = workers_for(seconds)
    left_out, is_sample = set(times) - set(removed), len(at_changes) < len(changes)
    sampled = len(left_out & set(changes))
    unchecked = [f"{sampled:,} of {days_of_change(subject)}: run it without --quick"] if sampled else []
    unchecked.append(f"{counted(len(left_out) - sampled, 'day')} on which it keeps its mind")
    return CheckDays(removed, poisoned, starts, tuple(unchecked), is_sample, workers, seconds / workers)


def check_days(subject: Subject, days: CheckDays, advance: Advance) -> list[CheckPart]:
    """Check look-ahead, poison and warm-up on the chosen days."""
    return [
        check_later_rows(subject, REMOVED, days.removed, advance, days.workers),
        check_later_rows(subject, POISONED, days.poisoned, advance, days.workers),
        check_warm_up(subject, days.starts, advance),
    ]
