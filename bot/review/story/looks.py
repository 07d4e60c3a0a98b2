"""Days and figures of a record to look at next, each with the command that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.core.events import Drift, Episode, Event, Late
from bot.core.plural import counted
from bot.ledger.recorded import Recorded
from bot.report import numbers
from bot.review.recording import Record
from bot.review.story.hypothetical import UNBOUGHT
from bot.review.story.summary import worst_fall


@dataclass(frozen=True, slots=True)
class Look:
    """Something to look at next, and the command that shows it."""

    text: str
    command: str


def looks(
    record: Record,
    equity: Sequence[tuple[str, Decimal]],
    others: Sequence[Recorded[Event]],
    unknown: int,
    episodes: Sequence[Episode],
) -> list[Look]:
    """List what speaks against a record, the most serious first.

    Parameters
    ----------
    record
        The record.
    equity
        UTC date (YYYY-MM-DD) and equity at its close, in the quote currency, ascending.
    others
        Notable events of the story's days.
    unknown
        Number of unexplained differences of the testnet account.
    episodes
        Episodes of the story's days.
    """
    return [
        *_unclear(record, unknown),
        *_odd_days(record, others),
        *_late_by_a_day(record),
        *_fall(record, equity),
        *_unbought(record, episodes),
        *_warnings(record),
    ]


def _unclear(record: Record, unknown: int) -> list[Look]:
    if not unknown:
        return []
    text = f"{counted(unknown, 'difference')} of the testnet account that nothing explains."
    return [Look(text, f"bot paper status --ledger {record.name}")]


def _odd_days(record: Record, others: Sequence[Recorded[Event]]) -> list[Look]:
    """List the last day that drifted, and the last that was missed."""
    drifts = [one.day for one in others if isinstance(one.event, Drift)]
    missed = [one.day for one in others if isinstance(one.event, Late) and one.event.missed]
    found = (
        ("would be decided otherwise on what is known now, the last on", drifts),
        ("came too late to be traded, the last on", missed),
    )
    return [
        Look(f"{counted(len(days), 'day')} {what} {days[-1]}.", _why(record, days[-1])) for what, days in found if days
    ]


def _late_by_a_day(record: Record) -> list[Look]:
    if record.folder is None:
        return []
    summary = record.folder.json("summary.json")
    late = summary.get("a_day_late")
    if late is None:
        return []
    made, own = numbers.growth(late["total_return"]), numbers.growth(summary["strategy"]["total_return"])
    text = f"Carried out a day late it would have made {made} instead of {own}."
    return [Look(text, f"bot review trades --run {record.title}")]


def _fall(record: Record, equity: Sequence[tuple[str, Decimal]]) -> list[Look]:
    found = worst_fall(equity)
    if found is None:
        return []
    peak, trough, share = found
    return [Look(f"The drawdown, {numbers.change(share)} from {peak} to {trough}.", _why(record, trough))]


def _unbought(record: Record, episodes: Sequence[Episode]) -> list[Look]:
    count = sum(episode.outcome in UNBOUGHT for episode in episodes)
    if not count:
        return []
    armed = sum(episode.outcome != "ignored" for episode in episodes)
    text = f"{count} of {counted(armed, 'record')} that armed the bot never confirmed: vetoed, failed or expired."
    return [Look(text, f"bot review episodes --run {record.title}")]


def _warnings(record: Record) -> list[Look]:
    count = len(record.folder.json("summary.json")["warnings"]) if record.folder else 0
    text = f"{counted(count, 'warning')} about the run."
    return [Look(text, f"bot runs show {record.title} --warnings")] if count else []


def _why(record: Record, day: str) -> str:
    return f"bot review why {day} --run {record.title}"
