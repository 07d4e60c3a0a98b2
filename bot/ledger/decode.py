"""From the ledger's rows back to the events that change a book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.core.decision import Decision, Trade
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceCause,
    BalanceDifference,
    ConfigPeriod,
    Drift,
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


def decode(row: Row) -> Event | None:
    """The event of a row; None for kinds that nothing is built from again. What was money is exact again."""
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
    return None


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
