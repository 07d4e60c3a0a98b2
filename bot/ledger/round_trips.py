"""Round trips: every exit matched with the oldest lots still open (first in, first out)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.ledger.codec import plain

_QUANTITY_STEP = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class Leg:
    """What a lot was called from a moment on, and what one unit of it cost."""

    at: str
    symbol: str
    price: Decimal


@dataclass(slots=True)
class Lot:
    """What is left of a purchase. `fee_each` and `slippage_each` are of its side alone, `order_id` is the purchase's.

    `legs` has more than one entry where the coin was renamed.
    """

    at: str
    quantity: Decimal
    fee_each: Decimal
    slippage_each: Decimal
    reason: str
    order_id: str
    legs: tuple[Leg, ...]

    @property
    def symbol(self) -> str:
        """What the coin is called now."""
        return self.legs[-1].symbol

    @property
    def price(self) -> Decimal:
        """What one unit cost, under its present name."""
        return self.legs[-1].price

    def renamed(self, at: str, symbol: str, quantity: Decimal) -> Lot:
        """The same lot under a new name, in so many units, at the same total cost."""
        share = self.quantity / quantity
        fee_each, slippage_each = self.fee_each * share, self.slippage_each * share
        legs = (*self.legs, Leg(at, symbol, self.price * share))
        return Lot(self.at, quantity, fee_each, slippage_each, self.reason, self.order_id, legs)


@dataclass(frozen=True, slots=True)
class Closed:
    """A part of a lot, and the exit that closed it; `order_id` is the sale's, empty for a settlement."""

    lot: Lot
    quantity: Decimal
    at: str
    price: Decimal
    fee_each: Decimal
    slippage_each: Decimal
    reason: str
    order_id: str

    @property
    def fees(self) -> Decimal:
        """What both sides cost in fees."""
        return self.quantity * (self.lot.fee_each + self.fee_each)

    @property
    def cost(self) -> Decimal:
        """What the entry cost, without its fee."""
        return self.quantity * self.lot.price

    @property
    def pnl(self) -> Decimal:
        """What was earned, after fees."""
        return self.quantity * self.price - self.cost - self.fees

    @property
    def slippage(self) -> Decimal:
        """What slippage cost on both sides; below zero if it was a gain."""
        return self.quantity * (self.lot.slippage_each + self.slippage_each)


def round_trips(fills: Sequence[dict[str, Any]], settlements: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """One row for each lot that an exit closed, in order of exit; lots still open at the end give none.

    `fees` are those of both sides, `pnl` is after them, `return` is pnl over what the entry cost. A settlement in
    cash is an exit; a rename carries the lots over at the same total cost.
    """
    closed, _ = matched(fills, settlements)
    return [_row(trip) for trip in closed]


def matched(
    fills: Sequence[Mapping[str, Any]], settlements: Sequence[Mapping[str, Any]]
) -> tuple[list[Closed], list[Lot]]:
    """What exits closed, in order of exit, and the lots that are still open, the oldest of each coin first.

    A part's share of a fee need not be a finite decimal: how many digits it has is for the decimal context to say.
    """
    lots: dict[str, deque[Lot]] = defaultdict(deque)
    closed: list[Closed] = []
    # At one moment settlements come first: they happen before the day's orders.
    events = sorted([(s["at"], 0, s) for s in settlements] + [(f["at"], 1, f) for f in fills], key=lambda e: e[:2])
    for at, _, event in events:
        quantity, price, symbol = Decimal(event["quantity"]), Decimal(event["price"]), event["symbol"]
        fee, kept = Decimal(event["fee"]), Decimal(event.get("fee_in_kind", 0))
        if event.get("into"):
            _carry_over(lots, symbol, event["into"], Decimal(event["received"]), at)
            continue
        # What the venue kept is told as a fee, of what came in or on top of what went out.
        moved = quantity - kept if event.get("side") == "buy" else quantity + kept
        fee_each, slippage_each = fee / moved, _slippage(event, quantity, price) / moved
        if event.get("side") == "buy":
            legs = (Leg(at, symbol, price),)
            lots[symbol].append(Lot(at, moved, fee_each, slippage_each, event["reason"], event["order_id"], legs))
        else:
            reason = event["reason"] if "reason" in event else f"settled: {event['cause']}"
            sale = (at, price, fee_each, slippage_each, reason, event.get("order_id", ""))
            for lot, part in _taken(lots[symbol], moved):
                closed.append(Closed(lot, part, *sale))
    return closed, [lot for symbol in sorted(lots) for lot in lots[symbol]]


def _slippage(event: Mapping[str, Any], quantity: Decimal, price: Decimal) -> Decimal:
    """What the distance from the reference cost; a settlement has no reference."""
    if "reference_price" not in event:
        return Decimal(0)
    worse = price - Decimal(event["reference_price"])
    return quantity * (worse if event["side"] == "buy" else -worse)


def _carry_over(lots: dict[str, deque[Lot]], old: str, new: str, received: Decimal, at: str) -> None:
    """Give each lot its part of what was received, the last one what is left, at the same total cost."""
    carried: deque[Lot] = lots.pop(old, deque())
    left = received
    total = sum((lot.quantity for lot in carried), Decimal(0))
    for lot in carried:
        quantity = left if lot is carried[-1] else (lot.quantity / total * received).quantize(_QUANTITY_STEP)
        left -= quantity
        lots[new].append(lot.renamed(at, new, quantity))


def _taken(lots: deque[Lot], quantity: Decimal) -> list[tuple[Lot, Decimal]]:
    """The oldest lots that make up a quantity, each with the part that is taken of it."""
    taken: list[tuple[Lot, Decimal]] = []
    while quantity > 0 and lots:
        lot = lots[0]
        part = min(quantity, lot.quantity)
        taken.append((lot, part))
        lot.quantity -= part
        quantity -= part
        if lot.quantity == 0:
            lots.popleft()
    return taken


def _row(trip: Closed) -> dict[str, str]:
    lot = trip.lot
    return {
        "symbol": lot.symbol,
        "entry_at": lot.at,
        "exit_at": trip.at,
        "quantity": plain(trip.quantity),
        "entry_price": plain(lot.price),
        "exit_price": plain(trip.price),
        "fees": cents(trip.fees),
        "pnl": cents(trip.pnl),
        "return": cents(trip.pnl / trip.cost),
        "days": str(days_between(lot.at, trip.at)),
        "entry_reason": lot.reason,
        "exit_reason": trip.reason,
    }


def days_between(entry_at: str, exit_at: str) -> int:
    """Whole days from one moment of a ledger to another."""
    return (datetime.fromisoformat(exit_at) - datetime.fromisoformat(entry_at)).days


def cents(amount: Decimal) -> str:
    """Money of a matched lot, to 1e-8: a lot's share of a fee need not be a finite decimal."""
    return plain(amount.quantize(Decimal("1e-8")))
