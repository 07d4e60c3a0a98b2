"""Explanation of a day: its decision with every reading, the next triggers, and the orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.core.decision import Decision, Trade
from bot.core.errors import LedgerError
from bot.core.events import Late, TradingState, TradingStateChange
from bot.core.text import printable
from bot.ledger.recorded import Recorded
from bot.report.labels import PLAIN, Labels
from bot.report.words import reason_sentence
from bot.review.day_activity import FILLED_WITHIN, TRADING_EVENTS, DayActivity, activity_of, sentences
from bot.review.recording import Record
from bot.review.stopped_coins import stopped_sentences
from bot.review.why.gauge import Gauge, gauges_of
from bot.review.why.next_triggers import triggers
from bot.review.why.trigger import Trigger


@dataclass(frozen=True, slots=True)
class Why:
    """One day of a record. `gap` gives the cause of a missing decision; `row` and the rest are then empty."""

    run: str
    day: date
    row: int | None = None
    stage: str = ""
    previous: str = ""
    reasons: tuple[str, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    done: tuple[str, ...] = ()
    gap: str = ""
    near: tuple[date, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """Format the day as JSON."""
        return {
            "run": self.run,
            "day": self.day.isoformat(),
            "row": self.row,
            "stage": self.stage,
            "previous_stage": self.previous,
            "reasons": list(self.reasons),
            "nearest": self.triggers[0].as_dict() if self.triggers else None,
            "readings": [gauge.as_dict() for gauge in self.gauges],
            "ways": [trigger.as_dict() for trigger in self.triggers],
            "done": list(self.done),
            "gap": self.gap,
            "near": [day.isoformat() for day in self.near],
        }


def why(record: Record, day: date, labels: Labels = PLAIN) -> Why:
    """Explain one day of a record.

    Parameters
    ----------
    record
        A run or a forward ledger.
    day
        Day of the decision, which is made at its 00:00 UTC.
    labels
        Names and numbers of the record's config.

    Raises
    ------
    LedgerError
        If a row is missing, was changed or is malformed.
    """
    found = next(record.events(Decision, since=day, until=day, limit=1), None)
    if found is None:
        return _gap(record, day)
    decision = found.event
    return Why(
        run=record.title,
        day=day,
        row=found.sequence,
        stage=printable(decision.stage),
        previous=printable(decision.previous),
        reasons=tuple(printable(reason_sentence(code, labels)) for code in decision.reasons),
        gauges=tuple(gauges_of(decision.readings, labels).values()),
        triggers=tuple(triggers(decision.stage, decision.readings, labels)),
        done=(*_late(record, day), *_done(record, day, decision, labels)),
    )


def last_day(record: Record) -> date:
    """Return the UTC date of a record's last decision. Raises LedgerError before the first."""
    last = record.last_event(Decision)
    if last is None:
        raise LedgerError("nothing has been decided in it yet", where=str(record.path))
    return _day(last)


def _done(record: Record, day: date, decision: Decision, labels: Labels) -> list[str]:
    """Format orders, fills and refusals of a day; on an idle day the cause."""
    found = activity_of(record.events(*TRADING_EVENTS, since=day, until=day + FILLED_WITHIN))
    return sentences(found.get(day.isoformat(), DayActivity()), labels) or _idle(record, decision)


def _idle(record: Record, decision: Decision) -> list[str]:
    """Format the cause of an idle day: the stop sales of targeted coins, else the kind of the decision."""
    return stopped_sentences(record, decision) or [_cause(decision)]


def _cause(decision: Decision) -> str:
    if not decision.weights:
        return "Nothing was ordered: nothing is wanted but the stablecoin."
    if decision.trade is Trade.HOLD:
        return "Nothing was ordered: the decision changed nothing, and it was no day for rebalancing."
    if decision.trade is Trade.BAND:
        return "Nothing was ordered: what is held is near enough to what is wanted."
    return "Nothing was ordered."


def _late(record: Record, day: date) -> list[str]:
    found = next(record.events(Late, since=day, until=day, limit=1), None)
    if found is None:
        return []
    missed = ": its orders were not sent." if found.event.missed else "."
    return [f"Decided late, at {found.event.decided_at:%Y-%m-%d %H:%M:%S} UTC{missed}"]


# --- days without a decision ---------------------------------------------------------------------------------


def _gap(record: Record, day: date) -> Why:
    first, last = record.first_event(Decision), record.last_event(Decision)
    if first is None or last is None:
        return Why(record.title, day, gap="Nothing has been decided in this ledger yet.")
    begins, ends = _day(first), _day(last)
    if day < begins:
        gap = f"The ledger begins later: its first decision is that of {begins}."
        return Why(record.title, day, gap=gap, near=(begins,))
    if day > ends:
        gap = f"The ledger ends before: its last decision is that of {ends}."
        return Why(record.title, day, gap=gap, near=(ends,))
    before = record.last_event(Decision, until=day)
    after = next(record.events(Decision, since=day, limit=1), None)
    near = tuple(_day(one) for one in (before, after) if one is not None)
    gap = f"No decision was made on this day, though one is due each day at 00:00 UTC{_stopped(record, day)}."
    return Why(record.title, day, gap=gap, near=near)


def _stopped(record: Record, day: date) -> str:
    change = record.last_event(TradingStateChange, until=day)
    is_stopped = change is not None and change.event.mode is TradingState.STOPPED
    return ": the ledger had been stopped" if is_stopped else ": the bot did not run"


def _day(one: Recorded[Decision]) -> date:
    return date.fromisoformat(one.day)
