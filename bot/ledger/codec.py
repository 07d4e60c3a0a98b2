"""Events as JSON: moments in ISO-8601 UTC, money as decimal text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.core.decision import Decision
from bot.core.events import (
    AccountSnapshot,
    Acknowledged,
    BalanceDifference,
    ConfigPeriod,
    Drift,
    Episode,
    Event,
    Late,
    OrdersToRetry,
    TradingStateChange,
    Valuation,
    VenueTrade,
)
from bot.core.moments import iso, midnight
from bot.core.orders import Fill, OrderIntent, OrderResult, Settlement


def plain(number: Decimal) -> str:
    """A decimal as plain text, without an exponent or trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def encode(event: Event) -> tuple[str, str, dict[str, Any]]:
    """The kind, the moment and the body of an event."""
    match event:
        case Decision():
            return (
                "decision",
                iso(event.at),
                {
                    "stage": event.stage,
                    "previous_stage": event.previous,
                    "weights": _plain_values(event.weights),
                    "reasons": list(event.reasons),
                    "trade": event.trade,
                    "reduce_only": event.reduce_only,
                    "readings": dict(event.readings),
                },
            )
        case OrderIntent():
            return "order", iso(event.at), _order(event)
        case OrderResult():
            return "order_result", iso(event.at), {**_order(event), "status": event.status}
        case Fill():
            return (
                "fill",
                iso(event.at),
                {
                    **_order(event),
                    "price": plain(event.price),
                    "reference_price": plain(event.reference_price),
                    "fee": plain(event.fee),
                    "slippage_bps": plain(event.slippage_bps.quantize(Decimal("0.0001"))),
                    **({"fee_in_kind": plain(event.fee_in_kind)} if event.fee_in_kind else {}),
                },
            )
        case Settlement():
            return (
                "settlement",
                iso(event.at),
                {
                    "symbol": event.symbol,
                    "quantity": plain(event.quantity),
                    "price": plain(event.price),
                    "cause": event.cause,
                    "fee": plain(event.fee),
                    "into": event.into,
                    "received": plain(event.received),
                },
            )
        case Valuation():
            return (
                "valuation",
                iso(midnight(event.day)),
                {
                    "equity": plain(event.equity),
                    "cash": plain(event.cash),
                    "stage": event.stage,
                    "holdings": _plain_values(event.holdings),
                    "stale": list(event.stale),
                    **({"marks": _plain_values(event.marks)} if event.marks else {}),
                    "benchmarks": _plain_values(event.benchmarks),
                },
            )
        case OrdersToRetry():
            return "unfinished", iso(event.at), {"symbols": sorted(event.symbols)}
        case ConfigPeriod():
            return (
                "epoch",
                iso(event.at),
                {
                    "number": event.number,
                    "why": event.why,
                    "run_key": event.run_key,
                    "config_hash": event.config_hash,
                    "version": event.version,
                    "broker": event.broker,
                    "cash": plain(event.cash),
                    "on_start": event.on_start,
                },
            )
        case Late():
            return "late", iso(event.at), {"decided_at": iso(event.decided_at), "missed": event.missed}
        case TradingStateChange():
            return "switched", iso(event.at), {"mode": event.mode}
        case VenueTrade():
            return (
                "venue_trade",
                iso(event.at),
                {
                    "order_id": event.order_id,
                    "trade_id": event.trade_id,
                    "base": event.base,
                    "quote": event.quote,
                    "side": event.side,
                    "quantity": plain(event.quantity),
                    "price": plain(event.price),
                    "fee": plain(event.fee),
                    "fee_asset": event.fee_asset,
                },
            )
        case AccountSnapshot():
            return "account_seen", iso(event.at), {"balances": _plain_values(event.balances)}
        case BalanceDifference():
            return (
                "difference",
                iso(event.at),
                {
                    "asset": event.asset,
                    "recorded": plain(event.recorded),
                    "found": plain(event.found),
                    "cause": event.cause,
                },
            )
        case Acknowledged():
            return "acknowledged", iso(event.at), {}
        case Drift():
            return "drift", iso(event.at), {"recorded": event.recorded, "replayed": event.replayed}
        case Episode():
            return (
                "episode",
                iso(event.known_at),
                {
                    "kind": event.kind,
                    "session": event.session.isoformat(),
                    "close": event.close,
                    "level": event.level,
                    "base_sessions": event.base_sessions,
                    "stage_then": event.stage_then,
                    "outcome": event.outcome,
                    "confirmed_session": event.confirmed_session.isoformat() if event.confirmed_session else "",
                    "vetoes": ";".join(event.vetoes),
                    "eth_at": iso(event.eth_at) if event.eth_at else "",
                    "alts_at": iso(event.alts_at) if event.alts_at else "",
                    "exit_at": iso(event.exit_at) if event.exit_at else "",
                    "exit_reason": ";".join(event.exit_reasons),
                    **{name: "" if value is None else round(value, 8) for name, value in event.returns.items()},
                },
            )


def _order(event: OrderIntent | OrderResult | Fill) -> dict[str, Any]:
    return {
        "order_id": event.order_id,
        "symbol": event.symbol,
        "side": event.side,
        "quantity": plain(event.quantity),
        "reason": event.reason,
    }


def _plain_values(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: plain(amount) for name, amount in amounts.items()}
