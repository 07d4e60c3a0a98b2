"""Orders as the exchange keeps them, and the trades that fill them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.core.instrument import ZERO
from bot.core.orders import Side


class OrderType(StrEnum):
    """What decides an order's price."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"


class TimeInForce(StrEnum):
    """What becomes of the part that is not filled at once: it rests, it expires, or nothing is filled at all."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class VenueOrderStatus(StrEnum):
    """How far an order has come."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def is_open(self) -> bool:
        """Whether more may still be filled."""
        return self in (VenueOrderStatus.NEW, VenueOrderStatus.PARTIALLY_FILLED)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is asked for: a quantity in coins, or for a market order an amount in the quote asset instead.

    `price` is the limit, None for a market order.
    """

    pair: str
    side: Side
    type: OrderType
    quantity: Decimal | None
    client_id: str
    price: Decimal | None = None
    quote_quantity: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC


@dataclass(frozen=True, slots=True)
class AccountTrade:
    """One fill, with the commission that it cost in units of `commission_asset`."""

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
    """A ticket that was accepted; `quantity` of an order by quote amount is what that amount bought."""

    id: int
    ticket: OrderRequest
    quantity: Decimal
    placed_at: datetime
    updated_at: datetime
    status: VenueOrderStatus = VenueOrderStatus.NEW
    trades: list[AccountTrade] = field(default_factory=list)
    executed: Decimal = ZERO
    spent: Decimal = ZERO
    """The sum of its trades in the quote asset, whichever side it is on."""

    @property
    def remaining(self) -> Decimal:
        """What is not filled."""
        return self.quantity - self.executed
