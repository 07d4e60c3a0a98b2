"""Round trips: every exit matched with the oldest lots still open (first in, first out)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.ledger.codec import plain

_QUANTITY_STEP = Decimal("1e-12")


@dataclass(slots=True)
class _Lot:
    at: str
    quantity: Decimal
    price: Decimal
    fee_each: Decimal
    reason: str


def round_trips(fills: Sequence[dict[str, Any]], settlements: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """One row for each lot that an exit closed, in order of exit; lots still open at the end give none.

    `fees` are those of both sides, `pnl` is after them, `return` is pnl over what the entry cost. A settlement in
    cash is an exit; a rename carries the lots over at the same total cost.
    """
    lots: dict[str, deque[_Lot]] = defaultdict(deque)
    trips: list[dict[str, str]] = []
    # At one moment settlements come first: they happen before the day's orders.
    events = sorted([(s["at"], 0, s) for s in settlements] + [(f["at"], 1, f) for f in fills], key=lambda e: e[:2])
    for at, _, event in events:
        quantity, price, symbol = Decimal(event["quantity"]), Decimal(event["price"]), event["symbol"]
        fee, kept = Decimal(event["fee"]), Decimal(event.get("fee_in_kind", 0))
        if event.get("into"):
            _carry_over(lots, symbol, event["into"], Decimal(event["received"]))
        elif event.get("side") == "buy":
            came = quantity - kept  # what the venue kept is told as a fee, of what came in
            lots[symbol].append(_Lot(at, came, price, fee / came, event["reason"]))
        else:
            reason = event.get("reason") or f"settled: {event['cause']}"
            left = quantity + kept
            trips += _close(lots[symbol], symbol, at, left, price, fee / left, reason)
    return trips


def _carry_over(lots: dict[str, deque[_Lot]], old: str, new: str, received: Decimal) -> None:
    """Give each lot its part of what was received, the last one what is left, at the same total cost."""
    carried = lots.pop(old, deque())
    total, left = sum((lot.quantity for lot in carried), Decimal(0)), received
    for lot in carried:
        quantity = left if lot is carried[-1] else (lot.quantity / total * received).quantize(_QUANTITY_STEP)
        left -= quantity
        share = lot.quantity / quantity
        lots[new].append(_Lot(lot.at, quantity, lot.price * share, lot.fee_each * share, lot.reason))


def _close(
    lots: deque[_Lot], symbol: str, at: str, quantity: Decimal, price: Decimal, fee_each: Decimal, reason: str
) -> list[dict[str, str]]:
    trips = []
    while quantity > 0 and lots:
        lot = lots[0]
        part = min(quantity, lot.quantity)
        fees = part * (lot.fee_each + fee_each)
        cost = part * lot.price
        pnl = part * price - cost - fees
        trips.append(
            {
                "symbol": symbol,
                "entry_at": lot.at,
                "exit_at": at,
                "quantity": plain(part),
                "entry_price": plain(lot.price),
                "exit_price": plain(price),
                "fees": _cents(fees),
                "pnl": _cents(pnl),
                "return": plain((pnl / cost).quantize(Decimal("1e-8"))),
                "days": str((datetime.fromisoformat(at) - datetime.fromisoformat(lot.at)).days),
                "entry_reason": lot.reason,
                "exit_reason": reason,
            }
        )
        lot.quantity -= part
        quantity -= part
        if lot.quantity == 0:
            lots.popleft()
    return trips


def _cents(amount: Decimal) -> str:
    """Money of a matched lot, to 1e-8: a lot's share of a fee need not be a finite decimal."""
    return plain(amount.quantize(Decimal("1e-8")))
