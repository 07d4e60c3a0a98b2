"""Look-ahead checks: later rows are removed, or replaced by absurd values, and earlier decisions must stay."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from bot.backtest.check.changed_market import poisoned
from bot.backtest.check.check_result import CheckFinding, CheckPart
from bot.backtest.check.planted_peek import PlantedPeek
from bot.backtest.check.strategy_answer import StrategyAnswer, ask, first_difference
from bot.backtest.check.subject import Subject, saved_subject
from bot.backtest.lookahead import evenly
from bot.core.errors import ConfigError
from bot.core.market import Market
from bot.core.plural import counted
from bot.infra.processes import process_pool

Advance = Callable[[str, int, int], None]
"""Called with the name of a part, the days that are done, and all of its days."""

POOL_FROM_SECONDS = 5.0
"""Estimated seconds from which days are shared by processes: a pool and its copy of the market cost one."""
_CHUNK = 8
_CONTROL_DAYS = 8
"""Days at most on which the planted peek is looked for."""


@dataclass(frozen=True, slots=True)
class LaterRows:
    """A way to take later rows away: its name, its words, and the market of a UTC time."""

    name: str
    words: str
    change: Callable[[Market, datetime], Market]


REMOVED = LaterRows("look-ahead", "later rows removed", Market.as_of)
POISONED = LaterRows("poison", "later rows made absurd", poisoned)


def check_later_rows(
    subject: Subject, way: LaterRows, days: Sequence[datetime], advance: Advance, workers: int = 1
) -> CheckPart:
    """Ask a new instance of the strategy at each day, with the later rows removed or poisoned.

    Parameters
    ----------
    subject
        The strategy with its answer to the whole history.
    way
        Removal or poison.
    days
        UTC times at which later rows are taken away.
    advance
        Called after each chunk of days.
    workers
        Processes that share the days.

    Returns
    -------
    CheckPart
        Its finding is the earliest decision that differs. Without one, a planted peek of one day must be found, or
        the part is blind.
    """
    found: list[CheckFinding] = []
    done = 0
    with _mapped(subject, way, days, workers) as results:
        for chunk in results:
            done += len(chunk)
            found += [finding for finding in chunk if finding is not None]
            advance(way.name, done, len(days))
    at_changes = len(set(days) & set(subject.changes))
    others = f" and {len(days) - at_changes:,} others" if len(days) > at_changes else ""
    sentence = f"{at_changes:,} of {days_of_change(subject)}{others}, {way.words}"
    figures = (
        ("days_checked", len(days)),
        ("changes_checked", at_changes),
        ("days_of_change", len(subject.changes)),
    )
    if found:
        first = min(found, key=lambda finding: finding.day or subject.times[-1])
        sentence += f"; {len(found):,} of them change a decision"
        return CheckPart(way.name, sentence, (first,), figures=(*figures, ("days_changed", len(found))))
    seen, control = _control(subject, way)
    return CheckPart(way.name, f"{sentence}; {control}", is_blind=not seen, figures=figures)


def days_of_change(subject: Subject) -> str:
    """Return the number of days on which a strategy changes its mind, in words."""
    count = len(subject.changes)
    return f"{count:,} day{'' if count == 1 else 's'} on which it changes its mind"


@contextmanager
def _mapped(
    subject: Subject, way: LaterRows, days: Sequence[datetime], workers: int
) -> Iterator[Iterator[list[CheckFinding | None]]]:
    """Yield the findings of the days, a chunk at a time."""
    chunks = [days[i : i + _CHUNK] for i in range(0, len(days), _CHUNK)]
    if workers == 1 or len(chunks) < 2:
        yield ([_one_day(subject, way, day) for day in chunk] for chunk in chunks)
        return
    with tempfile.TemporaryDirectory(prefix="bot-check-") as folder:
        # A file, read once a worker: as an argument the market would be copied for each chunk.
        path = Path(folder) / "subject.pickle"
        subject.save(path, days)
        with process_pool(workers) as pool:
            yield pool.map(partial(_one_chunk, path, way), chunks)


_kept_subject = lru_cache(maxsize=1)(saved_subject)


def _one_chunk(path: Path, way: LaterRows, days: Sequence[datetime]) -> list[CheckFinding | None]:
    return [_one_day(_kept_subject(path), way, day) for day in days]


def _one_day(subject: Subject, way: LaterRows, day: datetime) -> CheckFinding | None:
    """Take the rows after a time away and find the first decision up to it that differs."""
    try:
        # Absurd values overflow in honest arithmetic too.
        with np.errstate(all="ignore"):
            # A new instance for each day: one that remembers the whole history would hide that it reads later rows.
            other = ask(subject.make(), way.change(subject.market, day))
    except ConfigError as problem:
        return CheckFinding(f"with {way.words} on {day.date()} it ends with an error: {problem}", day)
    until = StrategyAnswer([decision for decision in other.decisions if decision.at <= day], other.stressed)
    changed = first_difference(subject.whole, until)
    if changed is None:
        return None
    what = ", ".join(changed.fields)
    sentence = f"reads the future: the decision of {changed.at.date()} differs with {way.words} ({what})"
    return CheckFinding(sentence, changed.at, changed.fields)


def _control(subject: Subject, way: LaterRows) -> tuple[bool, str]:
    """Plant a peek of one day into the strategy, look for it, and say in words if it was found."""
    planted = replace(
        subject,
        make=lambda: PlantedPeek(subject.make()),
        whole=StrategyAnswer(PlantedPeek.shifted(subject.whole.decisions), subject.whole.stressed),
    )
    days = evenly(planted.changes, _CONTROL_DAYS)
    for number, day in enumerate(days, 1):
        if _one_day(planted, way, day) is not None:
            return True, f"a planted peek of one day is found at day {number} of {len(days)}"
    if not days:
        return False, "a planted peek of one day cannot be found: it never changes its mind"
    return False, f"a planted peek of one day was missed on {counted(len(days), 'day')}"


def estimated_seconds(subject: Subject, days: Sequence[datetime]) -> float:
    """Estimate the time to ask the strategy at some days, each as long as its share of the history."""
    first, last = subject.times[0], subject.times[-1]
    whole = max((last - first).days, 1)
    return sum(subject.seconds * ((day - first).days + 1) / whole for day in days)


def workers_for(seconds: float) -> int:
    """Return the number of processes for work of some seconds: one for short work, else one a core."""
    return 1 if seconds < POOL_FROM_SECONDS else os.cpu_count() or 1
