"""Warm-up: the days of history after which decisions are those of the whole history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.backtest.check.changed_market import without_start
from bot.backtest.check.check_result import CheckPart
from bot.backtest.check.later_rows import Advance
from bot.backtest.check.strategy_answer import ask, changed_fields
from bot.backtest.check.subject import Subject
from bot.core.errors import BotError
from bot.core.plural import counted

NAME = "warm-up"

_SETTLED = 30
"""Decisions that must agree at the end: fewer may agree by luck."""


@dataclass(frozen=True, slots=True)
class _LateStart:
    """Decisions of a history that begins late. `days` is the history after which they agree with the whole's."""

    start: datetime
    days: int
    changed: int
    last: datetime | None
    fields: tuple[str, ...]
    is_settled: bool


def check_warm_up(subject: Subject, starts: Sequence[datetime], advance: Advance) -> CheckPart:
    """Remove the start of the history and measure how long decisions differ.

    Parameters
    ----------
    subject
        The strategy with its answer to the whole history.
    starts
        UTC times; the rows that are known at one are removed.
    advance
        Called after each start.

    Returns
    -------
    CheckPart
        Its word is the longest warm-up of all starts, in UTC days from the start to the first decision from which on
        all agree.
    """
    found: list[_LateStart] = []
    errors: list[str] = []
    for done, start in enumerate(starts, 1):
        try:
            found.append(_late_start(subject, start))
        except BotError as problem:
            errors.append(f"; a history that begins on {start.date()} ends with an error: {problem}")
        advance(NAME, done, len(starts))
    if not found:
        return CheckPart(NAME, f"{len(errors)} later starts{errors[0] if errors else ''}", word="not measured")
    longest = max(found, key=lambda late: (not late.is_settled, late.days))
    figures = (("days_needed", longest.days), ("is_settled", longest.is_settled), ("starts", len(found)))
    # An error is no fault: a series that ended before the start has no row, as it never has in a real history.
    sentence = _sentence(subject, longest, len(found)) + "".join(errors[:1])
    return CheckPart(NAME, sentence, word=_word(longest), figures=figures)


def _word(late: _LateStart) -> str:
    more = "" if late.is_settled else "more than "
    return f"needs {more}{late.days:,} day{'' if late.days == 1 else 's'}"


def _sentence(subject: Subject, late: _LateStart, starts: int) -> str:
    if late.last is None:
        return f"{starts} later starts change no decision"
    changed = counted(late.changed, "decision")
    said = f"{starts} later starts; the slowest begins on {late.start.date()} and changes {changed}"
    said += f", the last on {late.last.date()} ({', '.join(late.fields)})"
    if not late.is_settled:
        return f"{said}, near the end of the history: decisions depend on where it begins"
    first = subject.times[0] - timedelta(days=1)  # the first decision follows a day of rows
    ready = [at for at in subject.times if (at - first).days >= late.days]
    return f"{said}; in this history decisions before {ready[0].date()} have less" if ready else said


def _late_start(subject: Subject, start: datetime) -> _LateStart:
    """Compare the decisions of a history that begins late with those of the whole, from the newest back."""
    other = ask(subject.make(), without_start(subject.market, start))
    by_time = {decision.at: decision for decision in subject.whole.decisions}
    stressed = subject.whole.stressed ^ other.stressed
    differing = [d.at for d in other.decisions if by_time[d.at] != d or d.at in stressed]
    last = differing[-1] if differing else None
    agreed = [d.at for d in other.decisions if last is None or d.at > last]
    fields: tuple[str, ...] = ()
    if last is not None:
        own = next(d for d in other.decisions if d.at == last)
        fields = changed_fields(by_time[last], own) or ("stressed",)
    end = start if last is None else agreed[0] if agreed else last
    return _LateStart(start, (end - start).days, len(differing), last, fields, len(agreed) >= _SETTLED)
