"""Why: one day's decision with every reading, what would have had to be different, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.core.errors import LedgerError
from bot.core.moments import ONE_DAY
from bot.core.text import printable
from bot.ledger.record import Row
from bot.report.labels import PLAIN, Labels
from bot.report.words import reason_sentence
from bot.review.recording import Record
from bot.review.story.activity import KINDS, Activity, activity_of, sentences
from bot.review.why.gauge import Gauge, gauges_of
from bot.review.why.next_triggers import Trigger, triggers

_FILLED_WITHIN = 7 * ONE_DAY
"""How long after a decision its orders' ends are looked for."""


@dataclass(frozen=True, slots=True)
class Why:
    """One day of a record. `row` is None on a day without a decision, and `gap` then says why there is none."""

    run: str
    day: date
    row: int | None = None
    stage: str = ""
    previous: str = ""
    reasons: tuple[str, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    ways: tuple[Trigger, ...] = ()
    done: tuple[str, ...] = ()
    gap: str = ""
    near: tuple[date, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The day as plain data."""
        return {
            "run": self.run,
            "day": self.day.isoformat(),
            "row": self.row,
            "stage": self.stage,
            "previous_stage": self.previous,
            "reasons": list(self.reasons),
            "nearest": self.ways[0].as_dict() if self.ways else None,
            "readings": [gauge.as_dict() for gauge in self.gauges],
            "ways": [way.as_dict() for way in self.ways],
            "done": list(self.done),
            "gap": self.gap,
            "near": [day.isoformat() for day in self.near],
        }


def why(record: Record, day: date, terms: Labels = PLAIN) -> Why:
    """What a record says of one day; of the decision at its 00:00 UTC. Raises LedgerError."""
    row = next(record.rows("decision", since=day, until=day, limit=1), None)
    if row is None:
        return _gap(record, day)
    body = row.body
    found: Mapping[str, Any] = body["readings"]
    return Why(
        run=record.name,
        day=day,
        row=row.sequence,
        stage=printable(str(body["stage"])),
        previous=printable(str(body["previous_stage"])),
        reasons=tuple(printable(reason_sentence(str(code), terms)) for code in body["reasons"]),
        gauges=tuple(gauges_of(found, terms).values()),
        ways=tuple(triggers(str(body["stage"]), found, terms)),
        done=(*_late(record, day), *_done(record, day, body)),
    )


def last_day(record: Record) -> date:
    """The day of a record's last decision. Raises LedgerError where nothing is decided."""
    row = record.last("decision")
    if row is None:
        raise LedgerError("nothing has been decided in it yet", where=str(record.path))
    return _day(row)


def _done(record: Record, day: date, decision: Mapping[str, Any]) -> list[str]:
    """What was ordered, filled and refused; where nothing was, why not."""
    rows = record.rows(*KINDS, since=day, until=day + _FILLED_WITHIN)
    told = sentences(activity_of(rows).get(day.isoformat(), Activity()))
    return told or [_idle(decision)]


def _idle(decision: Mapping[str, Any]) -> str:
    if not decision["weights"]:
        return "Nothing was ordered: nothing is wanted but the stablecoin."
    if decision["trade"] == "hold":
        return "Nothing was ordered: the decision changed nothing, and it was no day for rebalancing."
    if decision["trade"] == "band":
        return "Nothing was ordered: what is held is near enough to what is wanted."
    return "Nothing was ordered."


def _late(record: Record, day: date) -> list[str]:
    found = next(record.rows("late", since=day, until=day, limit=1), None)
    if found is None:
        return []
    at = found.body["decided_at"].replace("T", " ").removesuffix("Z")
    return [f"Decided late, at {at} UTC" + (": its orders were not sent." if found.body["missed"] else ".")]


# --- days without a decision ---------------------------------------------------------------------------------


def _gap(record: Record, day: date) -> Why:
    first, last = record.first("decision"), record.last("decision")
    if first is None or last is None:
        return Why(record.name, day, gap="Nothing has been decided in this ledger yet.")
    begins, ends = _day(first), _day(last)
    if day < begins:
        gap = f"The ledger begins later: its first decision is that of {begins}."
        return Why(record.name, day, gap=gap, near=(begins,))
    if day > ends:
        gap = f"The ledger ends before: its last decision is that of {ends}."
        return Why(record.name, day, gap=gap, near=(ends,))
    before = record.last("decision", until=day)
    after = next(record.rows("decision", since=day, limit=1), None)
    near = tuple(_day(row) for row in (before, after) if row is not None)
    gap = f"No decision was made on this day, though one is due each day at 00:00 UTC{_stopped(record, day)}."
    return Why(record.name, day, gap=gap, near=near)


def _stopped(record: Record, day: date) -> str:
    switched = record.last("switched", until=day)
    return (
        ": the ledger had been stopped" if switched and switched.body["mode"] == "stopped" else ": the bot did not run"
    )


def _day(row: Row) -> date:
    return date.fromisoformat(row.at[:10])
