"""Tiny ledgers, written by hand, and readings as a decision tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.core.decision import Decision, Trade
from bot.core.events import ConfigPeriod, Event, Valuation
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Side
from bot.ledger.record import as_rows, write_ledger
from bot.report.labels import Labels
from bot.review.recording import Record

RUSSELL = Labels("Russell 2000")
D = Decimal


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def reading(value: float | None, threshold: float | None, verdict: str, gate: bool | None = None) -> dict[str, Any]:
    return {"value": value, "threshold": threshold, "verdict": verdict, "gate": gate}


def small_caps(close: float, record: float) -> dict[str, Any]:
    return {"small_caps": reading(close, record, "yes" if close > record else "no")}


def gates(lead: bool = True) -> dict[str, Any]:
    return {
        "relative_strength": reading(-0.5, -0.6 if lead else -0.49, "yes" if lead else "no", True),
        "credit": reading(1.01, 0.98, "yes", True),
        "volatility": reading(23.11, 28.0, "yes", True),
        "volume": reading(1.2, 1.5, "no", False),
    }


def waiting(close: float, record: float, base: float, needed: float = 21) -> dict[str, Any]:
    verdict = "yes" if base >= needed else "no"
    return {**small_caps(close, record), "sessions_without_record": reading(base, needed, verdict)}


def armed(close: float, level: float, closes: float, sessions: float, lead: bool = True) -> dict[str, Any]:
    return {
        **small_caps(close, level),
        **gates(lead),
        "level": reading(close, level, "yes" if close >= level else "no"),
        "closes_above": reading(closes, 5, "yes" if closes >= 5 else "no"),
        "sessions_armed": reading(sessions, 10, "no"),
    }


def decided(
    day: str,
    stage: str,
    previous: str,
    reasons: Iterable[str],
    readings: Mapping[str, Any] | None = None,
    weights: Mapping[str, str] | None = None,
    trade: Trade = Trade.HOLD,
) -> Decision:
    shares = {symbol: D(weight) for symbol, weight in (weights or {}).items()}
    return Decision(at(day), stage, previous, shares, tuple(reasons), trade, False, dict(readings or {}))


def traded(day: str, side: Side, symbol: str, quantity: str, price: str, reference: str, reason: str) -> list[Event]:
    """An order that is filled in full at once, with a fee of 1."""
    order = (f"r-{day}-{symbol}", at(day), symbol, side, D(quantity))
    return [
        OrderIntent(*order, reason),
        Fill(*order, D(price), D(reference), D("1"), reason),
        OrderResult(*order, OrderStatus.FILLED, reason),
    ]


def valued(day: str, equity: str, stage: str = "STABLE") -> Valuation:
    return Valuation(date.fromisoformat(day), D(equity), D(equity), stage, {})


def begun(day: str, why: str = "begun") -> ConfigPeriod:
    return ConfigPeriod(at(day), 1, why, "key", "hash", "0.1.0", "simulated", D("10000"))


def ledger(folder: Path, events: Iterable[Event], name: str = "paper") -> Record:
    path = folder / "logs" / "ledgers" / f"{name}.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ledger(path, as_rows(events))
    return Record(name, path)
