"""Chapters: the events of a record that a reader should know of, each one sentence with its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from bot.core.text import printable
from bot.ledger.record import Row
from bot.report import names, numbers
from bot.report.labels import Labels
from bot.review.story import activity as deeds
from bot.review.story.activity import Activity, settlement
from bot.review.story.phrases import causes, context_of
from bot.review.why.gauge import Gauge, gauges_of

OTHERS = ("epoch", "late", "drift", "switched", "difference", "acknowledged")
"""The kinds of rows, beside decisions and what came of them, that a story tells of."""
_KEPT = {"second_tranche", "stale_too_long"}
"""Reasons that make a chapter though the stage stays."""
_NOT_BOUGHT = {"failed", "expired", "vetoed", "fell_back", "no_trend"}
_SPANS = 2
"""Runs of rows that are told apart; more are told as one."""
_HALF = Decimal("0.45"), Decimal("0.55")
_WHOLE = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class StageChange:
    """One day's sentence; `rows` are the numbers of the rows that it rests on, `stage` the one then entered."""

    day: date
    text: str
    rows: tuple[int, ...]
    stage: str = ""

    @property
    def spans(self) -> str:
        """The rows as a reader looks them up: #812, or the first and the last of a run of them."""
        runs = list(_runs(sorted(self.rows)))
        if len(runs) > _SPANS:
            runs = [(runs[0][0], runs[-1][1])]
        return ", ".join(_span(first, last) for first, last in runs)

    def as_dict(self) -> dict[str, Any]:
        """The chapter as plain data."""
        return {"day": self.day.isoformat(), "text": self.text, "rows": list(self.rows), "stage": self.stage}


@dataclass(slots=True)
class _Position:
    """Since when the book has been invested, and what it was worth before; the gates that fail while armed.

    `is_known` is False while a position is held that was taken before the story begins.
    """

    is_known: bool = True
    since: str = ""
    before: Decimal | None = None
    vetoes: dict[str, Gauge] = field(default_factory=dict)


def stage_changes(
    decisions: Iterable[Row],
    done: Mapping[str, Activity],
    others: Iterable[Row],
    equity: Mapping[str, Decimal],
    before: Row | None,
    start: Decimal | None,
    terms: Labels,
) -> list[StageChange]:
    """The chapters in order. `equity` is by day at its close.

    `before` is the decision before the first, None where there is none; `start` is what the book was worth then.
    """
    told = [*_stages(decisions, done, equity, before, start, terms), *_settled(done), *_others(others)]
    return sorted(told, key=lambda chapter: (chapter.day, chapter.rows))


# --- decisions -----------------------------------------------------------------------------------------------


def _stages(
    decisions: Iterable[Row],
    done: Mapping[str, Activity],
    equity: Mapping[str, Decimal],
    before: Row | None,
    start: Decimal | None,
    terms: Labels,
) -> Iterator[StageChange]:
    position, worth = _Position(is_known=not (before and before.body["weights"])), start
    for row in decisions:
        day, body = row.at[:10], row.body
        found = done.get(day) or Activity()
        if body["stage"] == "ARMED":
            _remember_vetoes(position, row)
        if _tells(row):
            turn = context_of(row, before, terms, _last_vetoes(position, row))
            result = _result(position, before, row, equity, worth)
            text = f"{causes(turn)}: {_what_was_done(row, before, found, terms)}{result}"
            yield StageChange(date.fromisoformat(day), text, (row.sequence, *found.sequences), printable(body["stage"]))
        if body["stage"] != "ARMED":
            position.vetoes.clear()
        _follow(position, row, found, worth)
        before, worth = row, equity.get(day, worth)


def _tells(row: Row) -> bool:
    return row.body["stage"] != row.body["previous_stage"] or bool(_KEPT & set(row.body["reasons"]))


def _remember_vetoes(position: _Position, row: Row) -> None:
    """The gates that fail on a day that would confirm."""
    gauges = gauges_of(row.body["readings"])
    closes, level = gauges.get("closes_above"), gauges.get("level")
    if closes and closes.holds and level and level.holds:
        position.vetoes.update({name: gauge for name, gauge in gauges.items() if gauge.gate and not gauge.holds})


def _last_vetoes(position: _Position, row: Row) -> Sequence[Gauge]:
    """What held an episode back on its last day, or else on any day that would have confirmed."""
    if "vetoed" not in row.body["reasons"]:
        return ()
    last = [gauge for gauge in gauges_of(row.body["readings"]).values() if gauge.gate and not gauge.holds]
    return last or list(position.vetoes.values())


def _follow(position: _Position, row: Row, found: Activity, worth: Decimal | None) -> None:
    if not row.body["weights"]:
        position.since, position.before, position.is_known = "", None, True
    elif position.is_known and not position.since and found.fills:
        position.since, position.before = row.at[:10], worth


def _result(
    position: _Position, before: Row | None, row: Row, equity: Mapping[str, Decimal], worth: Decimal | None
) -> str:
    """What the book made while it was invested, where a decision ends that."""
    if not position.since or not position.before or row.body["weights"] or before is None:
        return ""
    after = equity.get(row.at[:10], worth)
    made = numbers.growth(float(after / position.before) - 1) if after is not None else numbers.NOTHING
    return f"; equity {made} since {position.since}"


def _what_was_done(row: Row, before: Row | None, found: Activity, terms: Labels) -> str:
    """What a decision led to: trades, the lack of them, or only a new stage."""
    body, reasons = row.body, set(row.body["reasons"])
    held = before.body["weights"] if before else {}
    done = _traded(found, body, held, terms)
    if done:
        return done
    if found.refused:
        why = printable(names.reasons(found.refused[0].body["reason"].rpartition(";")[2], terms))
        return f"{_entered(body, terms)}; no order was filled ({why})"
    if reasons & _NOT_BOUGHT:
        return "nothing was bought"
    if body["stage"] == "ARMED":
        return "armed again" if "rearmed" in reasons else "armed"
    if body["stage"] == "CONFIRMED" and "waits_for_trend" in reasons:
        return f"confirmed, and waits for {terms.eth}'s own trend"
    if body["stage"] == "STABLE" and not held:
        return "waits for the next record"
    return f"{_entered(body, terms)}, nothing was traded" if body["weights"] or held else _entered(body, terms)


def _entered(body: Mapping[str, Any], terms: Labels) -> str:
    """The stage entered, in words; a user's own by its name."""
    stage = printable(str(body["stage"]))
    return names.stage(stage, terms) if stage in names.STAGES else f"now {names.plain(stage)}"


def _traded(found: Activity, body: Mapping[str, Any], held: Mapping[str, str], terms: Labels) -> str:
    sold, bought = found.traded("sell"), found.traded("buy")
    if sold and not body["weights"]:
        return f"sold everything, {deeds.coins(sold)}"
    if bought and not sold and len(bought) == 1 and set(body["weights"]) == set(bought):
        (symbol,) = bought
        quantity, money = bought[symbol]
        price = f" at {numbers.price(money / quantity)}" if quantity else ""
        weight, before = Decimal(body["weights"][symbol]), Decimal(held.get(symbol, "0"))
        return f"bought {printable(symbol)} with {_share(weight - before, bool(before))}{price}"
    if sold and not bought and body["stage"] == "DISTRIBUTION":
        part = terms.numbers.get("sold", "a part")
        return f"sold {part}, {deeds.coins(sold)}"
    return deeds.in_short(found)


def _share(weight: Decimal, is_rest: bool) -> str:
    if _HALF[0] <= weight <= _HALF[1]:
        return "the other half" if is_rest else "half the budget"
    return "the whole budget" if weight >= _WHOLE else f"{numbers.percent(weight)} of the budget"


# --- all else ------------------------------------------------------------------------------------------------


def _settled(done: Mapping[str, Activity]) -> Iterator[StageChange]:
    for day, found in done.items():
        if found.settlements:
            text = " ".join(settlement(row) for row in found.settlements).rstrip(".")
            yield StageChange(date.fromisoformat(day), text, tuple(row.sequence for row in found.settlements))


def _others(rows: Iterable[Row]) -> Iterator[StageChange]:
    days: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        days[row.at[:10], row.kind].append(row)
    for (day, kind), found in days.items():
        text = _OTHERS[kind]([row.body for row in found])
        if text:
            yield StageChange(date.fromisoformat(day), text, tuple(row.sequence for row in found))


def _epoch(bodies: Sequence[Mapping[str, Any]]) -> str:
    body = bodies[-1]
    begun = "the ledger begins" if body["number"] == 1 else f"epoch {body['number']} begins"
    return f"{begun} with {numbers.money(body['cash'])} ({printable(body['broker'])}; {printable(body['why'])})"


def _late(bodies: Sequence[Mapping[str, Any]]) -> str:
    if not any(body["missed"] for body in bodies):
        return ""
    return f"decided only on {bodies[-1]['decided_at'][:10]}, too late: its orders were not sent"


def _difference(bodies: Sequence[Mapping[str, Any]]) -> str:
    each = ", ".join(
        f"{printable(body['asset'])} {body['found']} where the ledger accounts for {body['recorded']} "
        f"({printable(body['cause'])})"
        for body in bodies
    )
    return f"the testnet account had {each}"


_OTHERS: Mapping[str, Callable[[Sequence[Mapping[str, Any]]], str]] = {
    "epoch": _epoch,
    "late": _late,
    "drift": lambda _: "decided again on what is known now, this day would be decided otherwise; the record is kept",
    "switched": lambda bodies: f"the user's switch: {printable(bodies[-1]['mode'])}",
    "difference": _difference,
    "acknowledged": lambda _: "the user has seen the differences of the testnet account",
}


def _runs(numbered: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Numbers in order as unbroken runs, first and last."""
    first = last = -1
    for number in numbered:
        if number != last + 1:
            if first > 0:
                yield first, last
            first = number
        last = number
    if first > 0:
        yield first, last


def _span(first: int, last: int) -> str:
    return f"#{first}" if first == last else f"#{first}\N{EN DASH}#{last}"
