"""Orders: the intended trade, its result, its fills, and settlements of coins that end."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """Side of an order."""

    BUY = "buy"
    SELL = "sell"


class OrderStatus(StrEnum):
    """Status of an ended order. `FILLED` and `PARTIAL` changed the holdings; `SKIPPED` ended before it was sent."""

    FILLED = "filled"
    PARTIAL = "partial"
    UNFILLED = "unfilled"
    SKIPPED = "skipped"


class OrderEnd(StrEnum):
    """Reason code of an order that was cut or unfilled; the value is used in ledgers and CSVs."""

    NO_TRADE_OVERRIDE = "no_trade_override"
    QUARANTINED = "barred"
    NO_PRICE_TODAY = "no_price_today"
    MARKET_CLOSED = "market_closed"
    NO_VOLUME = "no_volume"
    MIN_NOTIONAL = "min_notional"
    MIN_QUANTITY = "min_quantity"
    UNDER_ONE_STEP = "under_one_step"
    CASH_SHORT = "cash_short"
    NO_BAR = "no_bar"
    REDUCE_ONLY_OVERRIDE = "reduce_only_override"
    MISSED = "missed"
    NO_QUOTE = "no_quote"
    QUOTE_TOO_OLD = "quote_too_old"
    SPREAD_TOO_WIDE = "spread_too_wide"
    BOOK_TOO_THIN = "book_too_thin"
    MARKET_HALTED = "market_halted"
    REJECTED = "rejected"
    CUT_TO_FIT = "cut_to_fit"
    CANCELED = "canceled"
    EXPIRED = "expired"


# The end is the last code: a detail in brackets may itself contain a semicolon and a code.
_END = re.compile(rf"(?:^|;)({'|'.join(OrderEnd)})(?: \((.*)\))?$", re.DOTALL)


def order_id(run_key: str, day: date, symbol: str, side: Side, attempt: int | str = 0) -> str:
    """Return the client order id: equal inputs give equal ids (22 characters of a-z, 2-7 and -)."""
    # Made from the order itself, so that a restart finds an order at the venue that it may have sent before.
    text = "|".join((run_key, day.isoformat(), symbol, side, str(attempt)))
    # 20 characters hold 100 bits; the base 32 of all 256 takes three times as long.
    digest = hashlib.sha256(text.encode()).digest()[:15]
    return "r-" + base64.b32encode(digest).decode().lower()[:20]


STOP_REASON = "stop_order"
"""Reason code of a sale by a stop order."""


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """A market order for the open of the decision's day: quantity above zero, in whole steps.

    `stop` is the level of a stop-market order, which is filled during that day.
    """

    order_id: str
    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    reason: str
    stop: Decimal | None = None

    def __post_init__(self) -> None:
        if self.quantity <= 0:
            raise ValueError(f"an order for {self.symbol} needs a quantity above zero, was {self.quantity}")


@dataclass(frozen=True, slots=True)
class OrderResult:
    """The end of an order.

    `reason` holds the codes of the decision, joined by `;`. `end` is the code of an order that was cut or unfilled,
    `detail` the wording of the venue or the quote source. `stop` is the level of a stop order.
    """

    order_id: str
    at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    status: OrderStatus
    reason: str
    end: OrderEnd | None = None
    detail: str = ""
    stop: Decimal | None = None

    @property
    def end_text(self) -> str:
        """The code of the end with its detail in brackets; empty for an order filled in full."""
        return f"{self.end or ''}{f' ({self.detail})' if self.detail else ''}"

    @property
    def full_reason(self) -> str:
        """All codes joined by `;`, that of the end last, as ledgers and CSVs keep them."""
        return ";".join(part for part in (self.reason, self.end_text) if part)

    @staticmethod
    def split_reason(full_reason: str) -> tuple[str, OrderEnd | None, str]:
        """Split the full reason of an order that was cut or unfilled.

        Returns
        -------
        tuple
            The codes of the decision, the end and its detail; the end is empty if the text has only unknown codes.
        """
        found = _END.search(full_reason)
        if found is None:
            return full_reason, None, ""
        return full_reason[: found.start()], OrderEnd(found[1]), found[2] or ""


@dataclass(frozen=True, slots=True)
class Fill:
    """A trade: quantity in coins; price, reference price and fee in the quote currency.

    `fee_in_kind` is the quantity of a coin that a venue kept as its fee; `fee` is then its value, and leaves the cash
    as it is. `fee_coin` is the symbol of that coin, "" if it is the order's own. `stop` is the level of a stop
    order; its reference price is the level, or the open of a day that opens at or below it.
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
    fee_coin: str = ""
    stop: Decimal | None = None

    @property
    def notional(self) -> Decimal:
        """Quantity times price."""
        return self.quantity * self.price

    @property
    def slippage_cost(self) -> Decimal:
        """Cost of the price's distance from the reference, in the quote currency; below zero for a gain."""
        worse = self.price - self.reference_price if self.side is Side.BUY else self.reference_price - self.price
        return worse * self.quantity

    @property
    def reference_worth(self) -> Decimal:
        """Quantity times the reference price, in the quote currency."""
        return self.quantity * self.reference_price

    @property
    def slippage_bps(self) -> Decimal:
        """Slippage in basis points of the reference price; above zero is a cost."""
        return slippage_bps([self])


def slippage_bps(fills: Iterable[Fill]) -> Decimal:
    """Compute the slippage of some fills together.

    Parameters
    ----------
    fills
        At least one fill; each counts with its worth at the reference price.

    Returns
    -------
    Decimal
        Basis points of the reference worth: 10,000 x cost / worth. Above zero is a cost.
    """
    cost = worth = Decimal(0)
    for one in fills:
        cost += one.slippage_cost
        worth += one.reference_worth
    return cost / worth * 10_000


class SettlementCause(StrEnum):
    """Cause of a settlement."""

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
