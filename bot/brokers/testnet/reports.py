"""Orders and balances as a venue reports them, as frozen exact values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.core.orders import Side


class VenueStatus(StrEnum):
    """Status of an order at the venue. A canceled, expired or rejected order may have been filled in part before."""

    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class VenueFill:
    """One trade of an order: price in the quote currency, quantity in coins, fee in `fee_asset`.

    `side` is given where the venue states it for each trade, as in the list of an account's trades.
    """

    fill_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    at: datetime
    side: Side | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class OrderReport:
    """Current state of an order. `quantity` and `filled` are in coins; the fills' quantities sum to `filled`.

    `reason` is the venue's own word for the end of an expired order, if it states one.
    """

    client_order_id: str
    venue_order_id: str
    pair: str
    side: Side
    quantity: Decimal
    filled: Decimal
    status: VenueStatus
    fills: tuple[VenueFill, ...] = ()
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """True if more of it may still be filled."""
        return self.status in (VenueStatus.OPEN, VenueStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class AssetBalance:
    """Free amount of an asset, and the amount locked in open orders."""

    asset: str
    free: Decimal
    locked: Decimal
