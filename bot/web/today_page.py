"""Today: the stage, its reasons, every reading as a gauge, and what happened last."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from bot.ledger.record import Row
from bot.report import names, numbers
from bot.report.words import sentence
from bot.review.recording import Record
from bot.review.story.labels import Labels, labels_of
from bot.review.why.next_triggers import triggers
from bot.web.chart import SvgChart, chart, stage_spans
from bot.web.curve import Curve
from bot.web.reading_rows import gauges
from bot.web.site import Plain, Site

_LATEST = 8
_A_YEAR = 365


def today(site: Site, record: Record) -> Plain:
    """Where a record stands at its last decision, as plain data. Raises LedgerError."""
    decision, valued = record.last("decision"), record.last("valuation")
    if decision is None:
        return {"decided": None, "equity": _money(valued), "latest": _latest(record)}
    body, day = decision.body, decision.at[:10]
    readings = gauges(body["readings"])
    return {
        "decided": day,
        "stage": body["stage"],
        "stage_title": names.stage(body["stage"]),
        "stages": [
            {"code": code, "title": said, "is_now": code == body["stage"]} for code, said in names.STAGES.items()
        ],
        "since": _since(record, body["stage"]),
        "reasons": [sentence(code) for code in body["reasons"]],
        "nearest": [way.as_dict() for way in triggers(body["stage"], body["readings"], _terms(record))],
        "weights": dict(body["weights"]),
        "reduce_only": bool(body["reduce_only"]),
        "gates": [one for one in readings if one["gate"]],
        "readings": [one for one in readings if one["gate"] is None],
        "gates_off": [one for one in readings if one["gate"] is False],
        "equity": _money(valued),
        "latest": _latest(record),
        "waterfall": dict(site.waterfall(record, date.fromisoformat(day))),
    }


def last_year(record: Record) -> SvgChart | None:
    """Small caps beside the close that they must break, over the last year of decisions; None where none tells it."""
    rows = list(record.rows("decision", newest_first=True, limit=_A_YEAR))[::-1]
    told = [(row, row.body["readings"].get("small_caps")) for row in rows]
    known = [(row, reading) for row, reading in told if _is_whole(reading)]
    days, stages = [row.at[:10] for row, _ in known], [row.body["stage"] for row, _ in known]
    closes, records = ([float(reading[key]) for _, reading in known] for key in ("value", "threshold"))
    spans = stage_spans(Curve(0.0, days, closes, [], stages, {}))
    return chart(
        "Small caps, and the close that they must break",
        "The last year of decisions. The strip at the foot is the stage; waiting in the stablecoin is left blank.",
        days,
        [("Highest close before", "record", records), ("Small caps", "strategy", closes)],
        partial(numbers.figure, "small_caps"),
        spans=spans,
    )


def _is_whole(reading: Any) -> bool:
    return isinstance(reading, dict) and None not in (reading.get("value"), reading.get("threshold"))


def _terms(record: Record) -> Labels:
    """What a run calls small caps; a forward ledger does not tell its config."""
    if record.folder is None:
        return Labels()
    manifest = record.folder.json("manifest.json")
    return labels_of(manifest["config"], is_real=manifest["market"] != "demo")


def _since(record: Record, stage: str) -> str:
    """The day of the decision that moved to the stage of the last one."""
    since = ""
    for row in record.rows("decision", newest_first=True):
        if row.body["stage"] != stage:
            break
        since = row.at[:10]
        if row.body["previous_stage"] != stage:
            break
    return since


def _money(valued: Row | None) -> Plain | None:
    if valued is None:
        return None
    equity, cash = float(valued.body["equity"]), float(valued.body["cash"])
    return {
        "day": valued.at[:10],
        "equity": valued.body["equity"],
        "cash": valued.body["cash"],
        "exposure": 1 - cash / equity if equity else 0.0,
    }


def _latest(record: Record) -> list[Plain]:
    """What was traded and what moved last, the newest first."""
    rows = record.rows("fill", "settlement", "switched", newest_first=True, limit=_LATEST)
    return [{"at": row.at[:16].replace("T", " "), "kind": row.kind, "told": _told(row.kind, row.body)} for row in rows]


def _told(kind: str, body: dict[str, Any]) -> str:
    if kind == "fill":
        did, price = "Bought" if body["side"] == "buy" else "Sold", numbers.price(body["price"])
        return f"{did} {body['quantity']} {body['symbol']} at {price}: {names.reasons(body['reason'])}."
    if kind == "settlement":
        return f"Settled {body['quantity']} {body['symbol']}: {body['cause']}."
    return f"The user set it to: {body['mode']}."
