"""Entries of a story: one sentence for each stage change, settlement and notable event, with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.core.decision import Decision
from bot.core.events import Event
from bot.core.orders import Fill, Settlement, Side
from bot.core.text import printable
from bot.ledger.recorded import Recorded
from bot.report import names, numbers
from bot.report.labels import Labels
from bot.review.day_activity import DayActivity, coins, end_of, settlement_sentence, stop_sentence, trades_in_short
from bot.review.story.notable_events import notable_days
from bot.review.story.phrases import DecisionContext, causes
from bot.review.story.trade_entries import trade_sentences
from bot.review.why.gauge import Gauge, gauges_of

_KEPT = {"second_tranche", "stale_too_long"}
"""Reasons that make an entry though the stage stays."""
_UNBOUGHT = {"failed", "expired", "vetoed", "fell_back", "no_trend"}
_SPANS = 2
"""Runs of rows that are shown apart; more are joined to one."""
# Costs and the size of a lot keep a tranche from being exactly half, or all, of equity.
_HALF = Decimal("0.45"), Decimal("0.55")
_WHOLE = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One day's sentence; `rows` are the numbers of the rows that it rests on, `stage` the one then entered."""

    day: date
    text: str
    rows: tuple[int, ...]
    stage: str = ""

    @property
    def spans(self) -> str:
        """Row numbers to look up: #812, or the first and last of each run of rows."""
        runs = list(_runs(sorted(self.rows)))
        if len(runs) > _SPANS:
            runs = [(runs[0][0], runs[-1][1])]
        return ", ".join(_span(first, last) for first, last in runs)

    def as_dict(self) -> dict[str, object]:
        """Format the entry as JSON."""
        return {"day": self.day.isoformat(), "text": self.text, "rows": list(self.rows), "stage": self.stage}


@dataclass(slots=True)
class _Position:
    """First invested day and equity before it, and the gates that failed while armed.

    `is_known` is False while a position is held that was taken before the story begins.
    """

    is_known: bool = True
    since: str = ""
    before: Decimal | None = None
    vetoes: dict[str, Gauge] = field(default_factory=dict)


def story_entries(
    decisions: Iterable[Recorded[Decision]],
    activity: Mapping[str, DayActivity],
    others: Iterable[Recorded[Event]],
    equity: Mapping[str, Decimal],
    before: Decision | None,
    start: Decimal | None,
    labels: Labels,
    trades: Iterable[Fill | Settlement] = (),
) -> list[StoryEntry]:
    """Build the entries of a story in order: stage changes or trades, settlements, stops and notable events.

    Parameters
    ----------
    decisions, others
        Decisions, and events of the types in `NOTABLE_EVENTS`, in the order of the ledger.
    activity
        Trading events by UTC date of their decision, YYYY-MM-DD.
    equity
        Equity at the close, in the quote currency, by UTC date.
    before
        Decision before the first, if any.
    start
        Equity at that time, if known.
    labels
        Names and numbers of the record's config.
    trades
        Every fill and settlement of the record up to the story's end, for the results of sales.
    """
    made = (
        [*_stages(decisions, activity, equity, before, start, labels), *_stopped(activity)]
        if labels.is_rotation
        else _trades(decisions, activity, trades, labels)
    )
    found = [*made, *_settled(activity), *_notable(others)]
    return sorted(found, key=lambda entry: (entry.day, entry.rows))


# --- decisions -----------------------------------------------------------------------------------------------


def _stages(
    decisions: Iterable[Recorded[Decision]],
    activity: Mapping[str, DayActivity],
    equity: Mapping[str, Decimal],
    before: Decision | None,
    start: Decimal | None,
    labels: Labels,
) -> Iterator[StoryEntry]:
    position, worth = _Position(is_known=not (before and before.weights)), start
    for one in decisions:
        day, now = one.day, one.event
        found = activity.get(day) or DayActivity()
        if now.stage == "ARMED":
            _remember_vetoes(position, now)
        if _has_entry(now):
            context = DecisionContext.of(now, before, labels, _last_vetoes(position, now))
            result = _result(position, before, now, equity.get(day, worth))
            text = f"{causes(context)}: {_what_was_done(now, before, found, labels)}{result}"
            yield StoryEntry(date.fromisoformat(day), text, (one.sequence, *found.sequences), printable(now.stage))
        if now.stage != "ARMED":
            position.vetoes.clear()
        _follow(position, one, found, worth)
        before, worth = now, equity.get(day, worth)


def _trades(
    decisions: Iterable[Recorded[Decision]],
    activity: Mapping[str, DayActivity],
    trades: Iterable[Fill | Settlement],
    labels: Labels,
) -> Iterator[StoryEntry]:
    for day, text, rows, stage in trade_sentences(decisions, activity, trades, labels):
        yield StoryEntry(date.fromisoformat(day), text, rows, stage)


def _has_entry(now: Decision) -> bool:
    return now.stage != now.previous or bool(_KEPT & set(now.reasons))


def _remember_vetoes(position: _Position, now: Decision) -> None:
    """Remember the gates that fail on a day that would otherwise confirm."""
    gauges = gauges_of(now.readings)
    closes, level = gauges.get("closes_above"), gauges.get("level")
    if closes and closes.holds and level and level.holds:
        position.vetoes.update({name: gauge for name, gauge in gauges.items() if gauge.gate and not gauge.holds})


def _last_vetoes(position: _Position, now: Decision) -> Sequence[Gauge]:
    """Return the gates that failed on an episode's last day, else on any day that would have confirmed it."""
    if "vetoed" not in now.reasons:
        return ()
    last = [gauge for gauge in gauges_of(now.readings).values() if gauge.gate and not gauge.holds]
    return last or list(position.vetoes.values())


def _follow(position: _Position, one: Recorded[Decision], found: DayActivity, worth: Decimal | None) -> None:
    if not one.event.weights:
        position.since, position.before, position.is_known = "", None, True
    elif position.is_known and not position.since and found.fills:
        # The close before the first purchase: the return then bears the costs of entry and of exit.
        position.since, position.before = one.day, worth


def _result(position: _Position, before: Decision | None, now: Decision, after: Decimal | None) -> str:
    """Format the return of the invested days, for a decision that ends them; `after` is equity at its close."""
    if not position.since or not position.before or now.weights or before is None:
        return ""
    made = numbers.growth(float(after / position.before) - 1) if after is not None else numbers.NOTHING
    return f"; equity {made} since {position.since}"


def _what_was_done(now: Decision, before: Decision | None, found: DayActivity, labels: Labels) -> str:
    """Format what a decision led to: trades, refused orders, or a new stage alone."""
    held = before.weights if before else {}
    trades = _traded(found, now, held, labels)
    if trades:
        return trades
    if found.refused:
        why = printable(names.reasons(end_of(found.refused[0]), labels))
        return f"{_entered(now, labels)}; no order was filled ({why})"
    if _UNBOUGHT & set(now.reasons):
        return "nothing was bought"
    if now.stage == "ARMED":
        return "armed again" if "rearmed" in now.reasons else "armed"
    if now.stage == "CONFIRMED" and "waits_for_trend" in now.reasons:
        return f"confirmed, and waits for {labels.eth}'s own trend"
    if now.stage == "STABLE" and not held:
        return "waits for the next record"
    return f"{_entered(now, labels)}, nothing was traded" if now.weights or held else _entered(now, labels)


def _entered(now: Decision, labels: Labels) -> str:
    """Format the stage entered in words."""
    return names.stage(printable(now.stage), labels)


def _traded(found: DayActivity, now: Decision, held: Mapping[str, Decimal], labels: Labels) -> str:
    sold, bought = found.traded(Side.SELL), found.traded(Side.BUY)
    if sold and not now.weights:
        return f"sold everything, {coins(sold)}"
    if bought and not sold and len(bought) == 1 and set(now.weights) == set(bought):
        (symbol,) = bought
        quantity, money = bought[symbol]
        price = f" at {numbers.price(money / quantity)}" if quantity else ""
        weight, before = now.weights[symbol], held.get(symbol, Decimal(0))
        return f"bought {printable(symbol)} with {_share(weight - before, bool(before))}{price}"
    if sold and not bought and now.stage == "DISTRIBUTION":
        part = labels.numbers.get("sold", "a part")
        return f"sold {part}, {coins(sold)}"
    return trades_in_short(found)


def _share(weight: Decimal, is_rest: bool) -> str:
    if _HALF[0] <= weight <= _HALF[1]:
        return "the other half" if is_rest else "half the budget"
    return "the whole budget" if weight >= _WHOLE else f"{numbers.percent(weight)} of the budget"


# --- all else ------------------------------------------------------------------------------------------------


def _settled(activity: Mapping[str, DayActivity]) -> Iterator[StoryEntry]:
    for day, found in activity.items():
        if found.settlements:
            text = " ".join(settlement_sentence(one.event) for one in found.settlements).rstrip(".")
            yield StoryEntry(date.fromisoformat(day), text, tuple(one.sequence for one in found.settlements))


def _stopped(activity: Mapping[str, DayActivity]) -> Iterator[StoryEntry]:
    for day, found in activity.items():
        if found.stopped:
            text = " ".join(stop_sentence(one.event) for one in found.stopped).rstrip(".")
            yield StoryEntry(date.fromisoformat(day), text, tuple(one.sequence for one in found.stopped))


def _notable(others: Iterable[Recorded[Event]]) -> Iterator[StoryEntry]:
    for day, text, rows in notable_days(others):
        yield StoryEntry(date.fromisoformat(day), text, rows)


def _runs(numbered: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Split ascending numbers into unbroken runs: the first and last of each."""
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
