"""The story of a record: verdict, equity, entries, totals, and what to look at next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.core.decision import Decision
from bot.core.events import AccountSnapshot, Acknowledged, BalanceDifference, ConfigPeriod, Episode, Event, Valuation
from bot.core.moments import ONE_DAY
from bot.core.orders import Fill, Settlement
from bot.ledger.codec import plain
from bot.ledger.newest_study import study_line
from bot.ledger.recorded import E, Recorded
from bot.ledger.testnet_account import expected_account
from bot.report import numbers
from bot.report.beside import NOT_VALUED, BesideLedger
from bot.report.labels import PLAIN, Labels
from bot.review.day_activity import FILLED_WITHIN, TRADING_EVENTS, activity_of
from bot.review.recording import Record
from bot.review.story import summary
from bot.review.story.entries import StoryEntry, story_entries
from bot.review.story.hypothetical import hypothetical, hypothetical_line
from bot.review.story.looks import Look, looks
from bot.review.story.notable_events import NOTABLE_EVENTS
from bot.review.story.totals import Totals, totals_of

SHOWN = 12
"""Newest entries of a story that is not asked for in full."""
_DAYS, _ROWS, _LOOKS = 10_000, 20_000, 3


@dataclass(frozen=True, slots=True)
class Story:
    """A record in sentences; `left_out` counts earlier entries, `notes` say how far the record was read.

    `beside` has the benchmarks that the record holds; `strategy` is the title of the strategy."""

    run: str
    strategy: str
    is_rotation: bool
    verdict: tuple[str, ...]
    equity: tuple[tuple[str, Decimal], ...]
    entries: tuple[StoryEntry, ...]
    left_out: int
    totals: Totals
    hypothetical: str
    look_at: tuple[Look, ...]
    notes: tuple[str, ...] = ()
    beside: BesideLedger | None = None

    @property
    def range_line(self) -> str:
        """Lowest and highest equity with their days, and the last."""
        low, high = min(self.equity, key=lambda day: day[1]), max(self.equity, key=lambda day: day[1])
        return (
            f"{numbers.money(low[1])} ({low[0]}) to {numbers.money(high[1])} ({high[0]}), "
            f"last {numbers.money(self.equity[-1][1])}"
        )

    def as_dict(self) -> dict[str, object]:
        """Format the story as JSON, money as decimal text."""
        return {
            "run": self.run,
            "strategy": self.strategy,
            "verdict": list(self.verdict),
            "equity": [{"day": day, "equity": plain(value)} for day, value in self.equity],
            # Users' scripts read this key; in the code its items are entries.
            "chapters": [{**entry.as_dict(), "spans": entry.spans} for entry in self.entries],
            "left_out": self.left_out,
            "totals": self.totals.as_dict(),
            **({"hypothetical": self.hypothetical} if self.is_rotation else {}),
            "look_at": [{"text": look.text, "command": look.command} for look in self.look_at],
            "notes": list(self.notes),
            **(self.beside.to_dict() if self.beside else NOT_VALUED),
        }


_OF_THE_WHOLE = "The verdict, and what a day's delay would have made, are of the whole record."


def story_of(
    record: Record,
    labels: Labels = PLAIN,
    since: date | None = None,
    until: date | None = None,
    every: bool = False,
    state: Path | None = None,
) -> Story:
    """Build the story of a record; its verdict is that of the whole record.

    Parameters
    ----------
    record
        A run or a forward ledger.
    labels
        Names and numbers of its config.
    since, until
        First and last day of the story (UTC, inclusive); by default the whole record.
    every
        True for all entries, else the newest `SHOWN`.
    state
        State folder, to add the verdict of the newest study of a run's data; None leaves it out.

    Raises
    ------
    LedgerError
        If a row is missing, was changed or is malformed.
    """
    valued = _newest(record, Valuation, since, until)
    decided = _newest(record, Decision, since, until)
    trading = _newest_rows(record, TRADING_EVENTS, since, until + FILLED_WITHIN if until else None)
    others = _newest_rows(record, NOTABLE_EVENTS, since, until)
    equity = [(one.day, one.event.equity) for one in valued]
    activity = activity_of(trading)
    if until is not None:
        # Orders of later days were read too, to find late fills of the last day.
        activity = {day: found for day, found in activity.items() if day <= until.isoformat()}
    before, start = _before(record, decided)
    trades = () if labels.is_rotation else _trades(record, until)
    entries = story_entries(decided, activity, others, dict(equity), before, start, labels, trades)
    shown = entries if every else entries[-SHOWN:]
    unknown = _unknown(record)
    episodes = [one.event for one in record.events(Episode, since=since, until=until)]
    return Story(
        run=record.title,
        strategy=labels.strategy.title,
        is_rotation=labels.is_rotation,
        verdict=tuple(_verdict(record, unknown, labels, state)),
        equity=tuple(equity),
        entries=tuple(shown),
        left_out=len(entries) - len(shown),
        totals=totals_of(activity.values()),
        hypothetical=hypothetical_line(hypothetical(episodes), labels.eth),
        look_at=tuple(looks(record, equity, others, unknown, episodes)[:_LOOKS]),
        beside=summary.beside_record(record),
        notes=(*([_OF_THE_WHOLE] if since or until else []), *_cuts(len(decided), len(trading))),
    )


def _trades(record: Record, until: date | None) -> list[Fill | Settlement]:
    """Read every fill and settlement up to the story's end; empty if there are too many to match."""
    if record.count("fill") > _ROWS:
        return []
    # A fill may come some days after its decision.
    return [one.event for one in record.events(Fill, Settlement, until=until + FILLED_WITHIN if until else None)]


def _newest(record: Record, one: type[E], since: date | None, until: date | None) -> list[Recorded[E]]:
    return list(record.events(one, since=since, until=until, newest_first=True, limit=_DAYS))[::-1]


def _newest_rows(
    record: Record, types: Sequence[type[Event]], since: date | None, until: date | None
) -> list[Recorded[Event]]:
    return list(record.events(*types, since=since, until=until, newest_first=True, limit=_ROWS))[::-1]


def _cuts(days: int, rows: int) -> list[str]:
    """List what was too much to read, as sentences."""
    return [
        *([f"Only the newest {_DAYS:,} days were read: --until goes further back."] if days == _DAYS else []),
        *([f"Only the newest {_ROWS:,} rows of orders and fills were read, for totals too."] if rows == _ROWS else []),
    ]


def _before(record: Record, decided: Sequence[Recorded[Decision]]) -> tuple[Decision | None, Decimal | None]:
    """Return the decision before the first one and the equity at that time, if known."""
    if not decided:
        return None, record.start_cash()
    eve = date.fromisoformat(decided[0].day) - ONE_DAY
    valued, before = record.last_event(Valuation, until=eve), record.last_event(Decision, until=eve)
    return before.event if before else None, valued.event.equity if valued else record.start_cash()


def _verdict(record: Record, unknown: int, labels: Labels, state: Path | None) -> list[str]:
    if record.folder is None:
        return summary.of_ledger(record, unknown, labels)
    manifest, figures = record.folder.json("manifest.json"), record.folder.json("summary.json")
    config = manifest["config"]
    start, quote = Decimal(str(config["start_equity"])), config["roles"]["stablecoin"]
    study = "" if state is None else study_line(state, manifest)
    return summary.of_backtest(figures, start, quote, manifest["market"] == "demo", labels, study)


def _unknown(record: Record) -> int:
    """Count the differences of a testnet account that are unexplained and yet to be acknowledged."""
    seen = record.events(ConfigPeriod, AccountSnapshot, BalanceDifference, Acknowledged)
    return len(expected_account(one.event for one in seen).unknown)
