"""Causes of the differences between two records of a day, and both sides in words."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from bot.core.decision import Decision
from bot.core.orders import OrderEnd, Side
from bot.ledger.codec import plain
from bot.report.names import decided_because
from bot.review.compare.days import OrderSummary


class MismatchCause(StrEnum):
    """Cause of a difference. `UNKNOWN` is a fault; every other one is an explanation."""

    REVISED = "price revised"
    LATE = "late decision"
    MISSED = "missed"
    SPREAD = "spread"
    PARTIAL = "partial"
    MINIMUM = "minimum notional"
    NOT_LISTED = "coin not on testnet"
    REFUSED = "refused by the venue"
    OVERRIDE = "override"
    CHANGED = "code or config changed"
    CONFIG = "config"
    CODE = "version"
    STRATEGY = "strategy file"
    DATA = "data"
    BROKER = "broker"
    START = "start"
    CARRIED = "carried over"
    UNKNOWN = "unknown"


_NOT_ON_TESTNET = "simulated_not_on_testnet"
_CAUSE_OF_END = {
    OrderEnd.MISSED: MismatchCause.MISSED,
    OrderEnd.SPREAD_TOO_WIDE: MismatchCause.SPREAD,
    OrderEnd.QUOTE_TOO_OLD: MismatchCause.SPREAD,
    OrderEnd.NO_QUOTE: MismatchCause.SPREAD,
    OrderEnd.MIN_NOTIONAL: MismatchCause.MINIMUM,
    OrderEnd.MIN_QUANTITY: MismatchCause.MINIMUM,
    OrderEnd.UNDER_ONE_STEP: MismatchCause.MINIMUM,
    OrderEnd.MARKET_HALTED: MismatchCause.REFUSED,
    OrderEnd.REJECTED: MismatchCause.REFUSED,
    OrderEnd.NO_TRADE_OVERRIDE: MismatchCause.OVERRIDE,
    OrderEnd.NO_PRICE_TODAY: MismatchCause.REVISED,
    OrderEnd.NO_BAR: MismatchCause.REVISED,
    OrderEnd.QUARANTINED: MismatchCause.REVISED,
}
"""The cause of each order end; the cause of every other end is `PARTIAL`."""


def cause_of_end(order: OrderSummary | None) -> MismatchCause | None:
    """Return the cause of an order's incomplete end, if any."""
    if order is None:
        return None
    # An order carried out elsewhere for lack of coins on the account counts as partial, however it ended there.
    if order.status == "open" or order.note not in ("", _NOT_ON_TESTNET):
        return MismatchCause.PARTIAL
    if order.end is not None:
        return _CAUSE_OF_END.get(order.end, MismatchCause.PARTIAL)
    return MismatchCause.NOT_LISTED if order.note else None


def weights_of(decision: Decision) -> dict[str, Decimal]:
    """Return the weights above zero of a decision, shares of equity by coin."""
    return {symbol: weight for symbol, weight in decision.weights.items() if weight}


def is_same(one: Decision, other: Decision) -> bool:
    """Return True if two decisions have the same stage, weights, reasons and stops."""
    return (one.stage, weights_of(one), one.reasons, one.stops) == (
        other.stage,
        weights_of(other),
        other.reasons,
        other.stops,
    )


def decision_text(decision: Decision, has_levels: bool = True) -> str:
    """Format a decision in a few words: stage, weights, reasons, stops with or without their levels."""
    weights = ", ".join(f"{float(w):.1%} {s}" for s, w in sorted(weights_of(decision).items())) or "the stablecoin"
    stops = "".join(
        f"; stop of {symbol}" + (f" at {float(level):,.6g}" if has_levels else "")
        for symbol, level in sorted(decision.stops.items())
    )
    return f"{decision.stage}: {weights} ({decided_because(decision.reasons)}){stops}"


def order_text(order: OrderSummary | None, side: Side) -> str:
    """Format an order in a few words: quantity filled and mean price, else its end."""
    if order is None:
        return "no order"
    if order.price is None:
        return f"{side} {plain(order.wanted)}: {order.status}"
    return f"{side} {plain(order.filled.normalize())} at {float(order.price):,.6g}"
