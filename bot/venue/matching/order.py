"""Orders of the exchange and their trades."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.core.instrument import ZERO
from bot.core.orders import Side


class OrderType(StrEnum):
    """Order type. A LIMIT_MAKER order is refused if it would trade at once."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"


class TimeInForce(StrEnum):
    """Treatment of the part that remains after the first match: GTC rests, IOC expires, FOK cancels the order."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class VenueOrderStatus(StrEnum):
    """Status of an order."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"

    @property
    def is_open(self) -> bool:
        """True if more of the order may still be filled."""
        return self in (VenueOrderStatus.NEW, VenueOrderStatus.PARTIALLY_FILLED)


class SelfTradeMode(StrEnum):
    """Order that expires where an order meets one of its own account: the new one, the resting one, or both."""

    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"


class ExpiryReason(StrEnum):
    """Reason of an expired order, in Binance's words."""

    IOC = "UNFILLED_IOC_QUANTITY_EXPIRED"
    FOK = "UNFILLED_FOK_ORDER_EXPIRED"
    LIQUIDITY = "INSUFFICIENT_LIQUIDITY"
    PRICE_RANGE = "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as it is sent.

    `quantity` is in coins. A market order may have `quote_quantity` instead, an amount in the quote asset. `price` is
    the limit, None for a market order.
    """

    pair: str
    side: Side
    type: OrderType
    quantity: Decimal | None
    client_id: str
    price: Decimal | None = None
    quote_quantity: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade: SelfTradeMode = SelfTradeMode.EXPIRE_MAKER

    @property
    def expiry(self) -> ExpiryReason:
        """Reason for which an unfilled part expires after the first match."""
        if self.type is OrderType.MARKET:
            return ExpiryReason.LIQUIDITY
        return ExpiryReason.FOK if self.time_in_force is TimeInForce.FOK else ExpiryReason.IOC

    @property
    def can_rest(self) -> bool:
        """True if an unfilled part stays in the book."""
        return self.type is not OrderType.MARKET and self.time_in_force is TimeInForce.GTC


@dataclass(frozen=True, slots=True)
class AccountTrade:
    """One fill: price in the quote asset, quantity in coins, commission in `commission_asset`."""

    id: int
    order_id: int
    pair: str
    side: Side
    price: Decimal
    quantity: Decimal
    commission: Decimal
    commission_asset: str
    at: datetime
    is_maker: bool

    @property
    def notional(self) -> Decimal:
        """Quantity times price, in the quote asset."""
        return self.quantity * self.price


@dataclass(slots=True)
class Order:
    """An accepted order. `quantity` of an order by quote amount is the coins that the amount bought."""

    id: int
    request: OrderRequest
    quantity: Decimal
    placed_at: datetime
    updated_at: datetime
    status: VenueOrderStatus = VenueOrderStatus.NEW
    trades: list[AccountTrade] = field(default_factory=list)
    executed: Decimal = ZERO
    spent: Decimal = ZERO
    """Sum of the trades' notional in the quote asset, for purchases and sales."""
    expiry: ExpiryReason | None = None
    prevented: Decimal = ZERO
    """Coins that self-trade prevention expired."""

    @property
    def remaining(self) -> Decimal:
        """Unfilled coins."""
        return self.quantity - self.executed
