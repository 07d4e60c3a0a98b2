"""From the ledger's rows back to the events that change a book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from bot.core.decision import Decision, Trade
from bot.core.errors import LedgerError
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Drift,
    Episode,
    Event,
    Late,
    OrdersToRetry,
    TradingState,
    TradingStateChange,
    Valuation,
    VenueTrade,
)
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Settlement, SettlementCause, Side
from bot.ledger.record import Row

KINDS: Mapping[type[object], str] = {
    Episode: "episode",
    Decision: "decision",
    OrderIntent: "order",
    OrderResult: "order_result",
    Fill: "fill",
    Settlement: "settlement",
    Valuation: "valuation",
    OrdersToRetry: "unfinished",
    ConfigPeriod: "epoch",
    Late: "late",
    Drift: "drift",
    TradingStateChange: "switched",
    VenueTrade: "venue_trade",
    AccountSnapshot: "account_seen",
    BalanceDifference: "difference",
    Acknowledged: "acknowledged",
}
"""The ledger's kind of each event type."""
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, InvalidOperation)


def decode(row: Row, path: Path | None = None) -> Event:
    """Build the event of a row; money is exact.

    Raises
    ------
    LedgerError
        If the kind is unknown or the body malformed; the message names the row, `where` is the path.
    """
    try:
        event = _decoded(row)
    except _MALFORMED:
        event = None
    if event is None:
        where = None if path is None else str(path)
        raise LedgerError(f"row {row.sequence} ({row.kind} at {row.at}) is no such event", where=where)
    return event


def _decoded(row: Row) -> Event | None:
    at, body = _moment(row.at), row.body
    match row.kind:
        case "decision":
            return Decision(
                at,
                body["stage"],
                body["previous_stage"],
                _amounts(body["weights"]),
                tuple(body["reasons"]),
                Trade(body["trade"]),
                body["reduce_only"],
                body["readings"],
            )
        case "order":
            return OrderIntent(at=at, **_order(body))
        case "order_result":
            return OrderResult(at=at, status=OrderStatus(body["status"]), **_order(body))
        case "fill":
            price, reference, fee = (Decimal(body[name]) for name in ("price", "reference_price", "fee"))
            in_kind = Decimal(body.get("fee_in_kind", 0))
            return Fill(at=at, **_order(body), price=price, reference_price=reference, fee=fee, fee_in_kind=in_kind)
        case "settlement":
            money = {name: Decimal(body[name]) for name in ("quantity", "price", "fee", "received")}
            return Settlement(at, body["symbol"], cause=SettlementCause(body["cause"]), into=body["into"], **money)
        case "valuation":
            amounts = {name: _amounts(body.get(name, {})) for name in ("holdings", "marks", "benchmarks")}
            equity, cash = Decimal(body["equity"]), Decimal(body["cash"])
            return Valuation(at.date(), equity, cash, body["stage"], stale=tuple(body["stale"]), **amounts)
        case "late":
            return Late(at, _moment(body["decided_at"]), body["missed"])
        case "unfinished":
            return OrdersToRetry(at, frozenset(body["symbols"]))
        case "switched":
            return TradingStateChange(at, TradingState(body["mode"]))
        case "venue_trade":
            trade = {name: Decimal(body[name]) for name in ("quantity", "price", "fee")}
            return VenueTrade(at, **{**body, "side": Side(body["side"]), **trade})
        case "account_seen":
            return AccountSnapshot(at, _amounts(body["balances"]))
        case "difference":
            found = {name: Decimal(body[name]) for name in ("recorded", "found")}
            return BalanceDifference(at, body["asset"], cause=BalanceCause(body["cause"]), **found)
        case "acknowledged":
            return Acknowledged(at)
        case "drift":
            return Drift(at, body["recorded"], body["replayed"])
        case "epoch":
            return ConfigPeriod(at, **{**body, "cash": Decimal(body["cash"])})
        case "episode":
            return _episode(at, body)
    return None


_NOT_RETURNS = frozenset(
    {
        "kind",
        "session",
        "close",
        "level",
        "base_sessions",
        "stage_then",
        "outcome",
        "confirmed_session",
        "vetoes",
        "eth_at",
        "alts_at",
        "exit_at",
        "exit_reason",
    }
)


def _episode(at: datetime, body: Mapping[str, Any]) -> Episode:
    eth_at, alts_at, exit_at = (
        _moment(body[name]) if body[name] else None for name in ("eth_at", "alts_at", "exit_at")
    )
    confirmed = body["confirmed_session"]
    return Episode(
        body["kind"],
        date.fromisoformat(body["session"]),
        at,
        body["close"],
        body["level"],
        body["base_sessions"],
        body["stage_then"],
        body["outcome"],
        date.fromisoformat(confirmed) if confirmed else None,
        tuple(body["vetoes"].split(";")) if body["vetoes"] else (),
        eth_at,
        alts_at,
        exit_at,
        tuple(body["exit_reason"].split(";")) if body["exit_reason"] else (),
        {name: None if value == "" else value for name, value in body.items() if name not in _NOT_RETURNS},
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _amounts(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in texts.items()}


def _order(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "order_id": body["order_id"],
        "symbol": body["symbol"],
        "side": Side(body["side"]),
        "quantity": Decimal(body["quantity"]),
        "reason": body["reason"],
    }
