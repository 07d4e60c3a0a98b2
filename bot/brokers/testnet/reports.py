"""What a venue says of orders and balances: frozen values with exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.core.orders import Side


class VenueStatus(StrEnum):
    """Where an order stands at the venue. An order that ended early may have been filled in part before."""

    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class VenueFill:
    """One trade of an order: price in the quote currency, quantity in coins, the fee in whatever it was taken in."""

    fill_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderReport:
    """An order as the venue has it now; the fills' quantities sum to `filled`."""

    client_order_id: str
    venue_order_id: str
    pair: str
    side: Side
    quantity: Decimal
    filled: Decimal
    status: VenueStatus
    fills: tuple[VenueFill, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether more of it may still be traded."""
        return self.status in (VenueStatus.OPEN, VenueStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class AssetBalance:
    """What an account has of an asset: `locked` stands in open orders."""

    asset: str
    free: Decimal
    locked: Decimal
