"""Today page: stage, reasons, next triggers, every reading as a gauge, and the latest activity."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from functools import partial
from typing import TypedDict

from bot.core.decision import Decision
from bot.core.events import TradingStateChange, Valuation
from bot.core.orders import Fill, Settlement, Side
from bot.ledger.codec import plain
from bot.ledger.plan_progress import progress_line
from bot.ledger.recorded import Recorded
from bot.report import names, numbers
from bot.report.labels import Labels
from bot.report.words import reason_sentence
from bot.review.recording import Record
from bot.review.stopped_coins import stopped_sentences
from bot.review.story.summary import beside_record
from bot.review.why.gauge import gauges_of
from bot.review.why.next_triggers import triggers
from bot.web.curve import Curve, exposure_of
from bot.web.reading_rows import reading_rows
from bot.web.site import Site
from bot.web.svg_chart import SvgChart, chart, stage_spans

_LATEST = 8
_A_YEAR = 365


class Activity(TypedDict):
    """A fill, a settlement or a change of the trading state in words."""

    at: str
    kind: str
    message: str


class Money(TypedDict):
    """Equity and cash at the last close, as decimal text, the share of equity in coins, and the return since the start.

    `beside` has the growth of holding the strategy's two coins since the start, in words, or "".
    """

    day: str
    equity: str
    cash: str
    exposure: float
    total_return: float | None
    beside: str


def today(site: Site, record: Record) -> dict[str, object]:
    """Read the state of a record at its last decision as JSON data. Raises LedgerError."""
    labels = site.labels(record)
    last, money, latest = record.last_event(Decision), _money(record, labels), _latest(record, labels)
    if last is None:
        return {"decided": None, "equity": money, "latest": latest}
    decision, readings = last.event, reading_rows(last.event.readings, labels)
    return {
        "decided": last.day,
        "strategy": labels.strategy.title,
        "stage": decision.stage,
        "stage_title": names.stage(decision.stage, labels),
        "stages": [
            {"code": code, "title": names.stage(code, labels), "is_now": code == decision.stage}
            for code in names.STAGES
        ]
        if labels.is_rotation
        else [],
        "since": _since(record, decision.stage),
        "reasons": [
            *(reason_sentence(code, labels) for code in decision.reasons),
            *stopped_sentences(record, decision),
        ],
        "nearest": [asdict(one) for one in triggers(decision.stage, decision.readings, labels)],
        "weights": {symbol: plain(weight) for symbol, weight in decision.weights.items()},
        "reduce_only": decision.reduce_only,
        "gates": [one for one in readings if one["gate"]],
        "readings": [one for one in readings if one["gate"] is None],
        "gates_off": [one for one in readings if one["gate"] is False],
        "equity": money,
        "latest": latest,
        **(_of_rotation(site, record, last.day) if labels.is_rotation else {}),
    }


def _of_rotation(site: Site, record: Record, day: str) -> dict[str, object]:
    """Return the parts of the page that only the rotation has: its layers of liquidity, and the registered plan."""
    return {"waterfall": dict(site.waterfall(record, date.fromisoformat(day))), "plan": progress_line(site.state)}


def last_year(record: Record, labels: Labels) -> SvgChart | None:
    """Draw small caps beside the close that they must exceed, over a year of decisions.

    Returns
    -------
    SvgChart or None
        None for a strategy that records no such reading, and for fewer than two days.
    """
    if not labels.is_rotation:
        return None
    rows = list(record.events(Decision, newest_first=True, limit=_A_YEAR))[::-1]
    days: list[str] = []
    stages: list[str] = []
    closes: list[float] = []
    records: list[float] = []
    for row in rows:
        reading = gauges_of(row.event.readings).get("small_caps")
        if reading is not None and reading.value is not None and reading.threshold is not None:
            days.append(row.day)
            stages.append(row.event.stage)
            closes.append(reading.value)
            records.append(reading.threshold)
    return chart(
        labels.fill("{Small_caps}, and the close that {they} must break"),
        "The last year of decisions. The strip at the foot is the stage; waiting in the stablecoin is left blank.",
        days,
        [("Highest close before", "record", records), (labels.fill("{Small_caps}"), "strategy", closes)],
        partial(numbers.figure, "small_caps"),
        # Only the stages of this curve are drawn: it has neither a start nor an exposure.
        spans=stage_spans(Curve(0.0, days, closes, [], stages, {}), labels),
    )


def _since(record: Record, stage: str) -> str:
    """Return the day of the decision that moved to the present stage."""
    since = ""
    for one in record.events(Decision, newest_first=True):
        if one.event.stage != stage:
            break
        since = one.day
        if one.event.previous != stage:
            break
    return since


def _money(record: Record, labels: Labels) -> Money | None:
    last = record.last_event(Valuation)
    if last is None:
        return None
    valued = last.event
    beside = beside_record(record)
    return {
        "day": last.day,
        "equity": plain(valued.equity),
        "cash": plain(valued.cash),
        "exposure": exposure_of(valued),
        "total_return": beside.own if beside else None,
        "beside": beside.held_in_short(labels) if beside else "",
    }


def _latest(record: Record, labels: Labels) -> list[Activity]:
    """Read the newest fills, settlements and changes of the trading state, the newest first."""
    newest = record.events(Fill, Settlement, TradingStateChange, newest_first=True, limit=_LATEST)
    return [_activity(one, labels) for one in newest]


def _activity(one: Recorded[Fill | Settlement | TradingStateChange], labels: Labels) -> Activity:
    match one.event:
        case Fill() as fill:
            level = "" if fill.stop is None else f" at {numbers.price(fill.stop)}"
            verb, price = "Bought" if fill.side is Side.BUY else "Sold", numbers.price(fill.price)
            text = (
                f"{verb} {plain(fill.quantity)} {fill.symbol} at {price}: {names.reasons(fill.reason, labels)}{level}."
            )
        case Settlement() as settled:
            text = f"Settled {plain(settled.quantity)} {settled.symbol}: {settled.cause}."
        case TradingStateChange() as change:
            text = f"The user set it to: {change.mode}."
    return {"at": one.at[:16].replace("T", " "), "kind": one.row.kind, "message": text}
