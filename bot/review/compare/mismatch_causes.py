"""Differences between two records of the same day: the code of each one's cause, and both sides in words."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from bot.core.decision import Decision
from bot.core.orders import Side
from bot.ledger.codec import plain
from bot.review.compare.days import OrderSummary


class MismatchCause(StrEnum):
    """The code of a difference. `UNKNOWN` is a fault; every other one is explained."""

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
    DATA = "data"
    BROKER = "broker"
    START = "start"
    CARRIED = "carried over"
    UNKNOWN = "unknown"


_ASIDE = "simulated_not_on_testnet"
_ENDS = {
    "missed": MismatchCause.MISSED,
    "spread_too_wide": MismatchCause.SPREAD,
    "quote_too_old": MismatchCause.SPREAD,
    "no_quote": MismatchCause.SPREAD,
    "min_notional": MismatchCause.MINIMUM,
    _ASIDE: MismatchCause.NOT_LISTED,
    "market_halted": MismatchCause.REFUSED,
    "rejected": MismatchCause.REFUSED,
    "no_trade_override": MismatchCause.OVERRIDE,
    "no_price_today": MismatchCause.REVISED,
    "no_bar": MismatchCause.REVISED,
    "barred": MismatchCause.REVISED,
}
"""What the codes mean that an order ends with; any other one tells that less was filled than was asked for."""


def cause_of_end(order: OrderSummary | None) -> MismatchCause | None:
    """What an order's own end tells of why it was not filled, not in full, or not as told; None where nothing."""
    if order is None:
        return None
    if order.status == "open":
        return MismatchCause.PARTIAL
    end = order.why.removeprefix(f"{_ASIDE};")
    code = end.partition(" ")[0].partition(";")[0]
    return _ENDS.get(code, MismatchCause.PARTIAL) if code else None


def weights_of(decision: Decision) -> dict[str, Decimal]:
    """The weights of a decision that are not zero."""
    return {symbol: weight for symbol, weight in decision.weights.items() if weight}


def is_same(one: Decision, other: Decision) -> bool:
    """Whether two decisions want the same in the same stage for the same reasons."""
    return (one.stage, weights_of(one), one.reasons) == (other.stage, weights_of(other), other.reasons)


def decision_text(decision: Decision) -> str:
    """A decision in a few words: stage, weights, reason codes."""
    weights = ", ".join(f"{float(w):.1%} {s}" for s, w in sorted(weights_of(decision).items())) or "the stablecoin"
    return f"{decision.stage}: {weights} ({', '.join(decision.reasons)})"


def order_text(order: OrderSummary | None, side: Side) -> str:
    """An order in a few words: what was filled at which mean price, or how it ended."""
    if order is None:
        return "no order"
    if order.price is None:
        return f"{side} {plain(order.wanted)}: {order.status}"
    return f"{side} {plain(order.filled.normalize())} at {float(order.price):,.6g}"
