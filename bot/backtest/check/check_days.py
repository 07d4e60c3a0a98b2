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
    estimated_seconds,
    workers_for,
)
from bot.backtest.check.subject import Subject
from bot.backtest.check.warm_up import check_warm_up
from bot.backtest.lookahead import evenly


@dataclass(frozen=True, slots=True)
class CheckSize:
    """Numbers of a check: days at which later rows are removed and poisoned, and late starts.

    `removed` is `ALL_DAYS` for every day on which the strategy changes its mind.
    `seeds` are the hash seeds of the new processes; in the first one the strategy is watched.
    """

    removed: int
    poisoned: int
    starts: int
    seeds: tuple[int, ...]


ALL_DAYS = sys.maxsize
"""More days than a strategy has."""

FULL = CheckSize(removed=ALL_DAYS, poisoned=24, starts=8, seeds=(1, 2, 3))
QUICK = CheckSize(removed=24, poisoned=4, starts=2, seeds=(1, 2))

_STARTS_WITHIN = 0.6
"""Share of the history in which late starts lie: after each one, decisions must have the time to agree again."""


@dataclass(frozen=True, slots=True)
class CheckDays:
    """UTC times at which later rows are removed or poisoned, and late starts. `words` name the days that exist."""

    words: str
    removed: Sequence[datetime]
    poisoned: Sequence[datetime]
    starts: Sequence[datetime]
    left_out: int
    workers: int
    seconds: float

    def estimate(self) -> str:
        """Return a sentence with the estimated time."""
        count = len(self.removed) + len(self.poisoned) + len(self.starts)
        shared = f" in {self.workers} processes" if self.workers > 1 else ""
        hint = "" if self.seconds < _LONG or self.left_out else "; --quick samples the days"
        return f"The strategy is asked {count:,} times{shared}: about {_duration(self.seconds)}{hint}."

    def unchecked(self) -> tuple[str, ...]:
        """Return sentences for the days that are left out."""
        if not self.left_out:
            return ()
        return (f"{self.left_out:,} of {self.words}: run it without --quick for all",)


_LONG = 30.0
"""Seconds from which a check is long enough to name --quick."""


def _duration(seconds: float) -> str:
    return f"{max(seconds, 1):.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def chosen_days(subject: Subject, size: CheckSize) -> CheckDays:
    """Choose the times of a check: all changes of mind or a sample of them.

    A strategy that keeps its mind gets a sample of all days.
    """
    times = subject.times
    if subject.changes:
        days = subject.changes
        words = f"{len(days):,} day{'' if len(days) == 1 else 's'} on which it changes its mind"
    else:
        days, words = evenly(times, _DAYS_WITHOUT_CHANGE), f"{len(times):,} decisions, of which none changes its mind"
    removed = evenly(days, size.removed)
    poisoned = evenly(days, size.poisoned)
    starts = evenly(times[: int(_STARTS_WITHIN * len(times))], size.starts)
    seconds = estimated_seconds(subject, removed) + subject.seconds * (len(poisoned) + len(starts))
    workers = workers_for(seconds)
    return CheckDays(words, removed, poisoned, starts, len(days) - len(removed), workers, seconds / workers)


_DAYS_WITHOUT_CHANGE = 24


def check_days(subject: Subject, days: CheckDays, advance: Advance) -> list[CheckPart]:
    """Check look-ahead, poison and warm-up on the chosen days."""
    return [
        check_later_rows(subject, REMOVED, days.removed, days.words, advance, days.workers),
        check_later_rows(subject, POISONED, days.poisoned, days.words, advance, days.workers),
        check_warm_up(subject, days.starts, advance),
    ]
