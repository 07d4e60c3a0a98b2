"""Orders: what is intended, how it ended, and the fills and settlements that came of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """Which way an order goes."""

    BUY = "buy"
    SELL = "sell"


class OrderStatus(StrEnum):
    """How an order ended. Only `FILLED` and `PARTIAL` moved anything; `SKIPPED` was never sent."""

    FILLED = "filled"
    PARTIAL = "partial"
    UNFILLED = "unfilled"
    SKIPPED = "skipped"


def order_id(run_key: str, day: date, symbol: str, side: Side, attempt: int = 0) -> str:
    """The client order id: the same inputs always give the same id (22 characters of a-z, 2-7 and -)."""
    text = "|".join((run_key, day.isoformat(), symbol, side, str(attempt)))
    digest = hashlib.sha256(text.encode()).digest()
    return "r-" + base64.b32encode(digest).decode().lower()[:20]


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """A market order for the open of the decision's day: quantity above zero, in whole steps."""

    order_id: str
    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    reason: str

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError(f"an order for {self.symbol} needs a quantity above zero, was {self.quantity}")


@dataclass(frozen=True, slots=True)
class OrderResult:
    """How an order ended, and why where it was not filled in full."""

    order_id: str
    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    status: OrderStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade: quantity in coins, price and fee in the quote currency, the price it is measured against.

    `fee_in_kind` is what a venue kept of the coin itself; `fee` tells its worth, and no cash is paid for it.
    """

    order_id: str
    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    reference_price: Decimal
    fee: Decimal
    reason: str
    fee_in_kind: Decimal = Decimal(0)

    @property
    def notional(self) -> Decimal:
        """Quantity times price."""
        return self.quantity * self.price

    @property
    def slippage_cost(self) -> Decimal:
        """What the price's distance from the reference cost, in the quote currency; below zero if it was a gain."""
        worse = self.price - self.reference_price if self.side is Side.BUY else self.reference_price - self.price
        return worse * self.quantity

    @property
    def slippage_bps(self) -> Decimal:
        """The slippage in basis points of the reference."""
        return self.slippage_cost / (self.reference_price * self.quantity) * 10_000


class SettlementCause(StrEnum):
    """Why a holding left the book without an order."""

    DEAD = "dead"
    RENAMED = "renamed"
    SOURCE_ENDS = "source ends"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a coin that is held: paid out in cash, or exchanged for `received` units of `into`.

    `price` is what one unit was paid (dead, source ends) or its last close (renamed); `fee` is in the quote
    currency.
    """

    at: datetime
    symbol: str
    quantity: Decimal
    price: Decimal
    cause: SettlementCause
    fee: Decimal = Decimal(0)
    into: str | None = None
    received: Decimal = Decimal(0)
