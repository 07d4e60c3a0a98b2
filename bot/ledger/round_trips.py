"""Round trips: every exit matched with the oldest lots still open (first in, first out)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.core.instrument import ZERO
from bot.core.moments import iso
from bot.core.orders import Fill, Settlement, Side
from bot.ledger.codec import ColumnType, plain

_QUANTITY_STEP = Decimal("1e-12")
_PAID_FEE = "paid_fee"
"""Exit reason of coins that a venue took as the fee of another coin's trade."""

TRADE_COLUMNS: Mapping[str, ColumnType] = {
    "symbol": ColumnType.TEXT,
    "entry_at": ColumnType.MOMENT,
    "exit_at": ColumnType.MOMENT,
    "quantity": ColumnType.NUMBER,
    "entry_price": ColumnType.NUMBER,
    "exit_price": ColumnType.NUMBER,
    "fees": ColumnType.NUMBER,
    "pnl": ColumnType.NUMBER,
    "return": ColumnType.NUMBER,
    "days": ColumnType.NUMBER,
    "entry_reason": ColumnType.TEXT,
    "exit_reason": ColumnType.TEXT,
}
"""Columns of trades.csv and their types."""
STOP_COLUMN = "stop"
"""Column of the level of a stop order, in the tables of a run that sold by one."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A lot's symbol from a moment on (ISO-8601, UTC), and the cost of one coin in the quote currency."""

    at: str
    symbol: str
    price: Decimal


@dataclass(slots=True)
class Lot:
    """The open part of a purchase: coins, and fee and slippage of the purchase per coin in the quote currency.

    `legs` has one entry for each symbol that the coin has had.
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
        """The coin's present symbol."""
        return self.legs[-1].symbol

    @property
    def price(self) -> Decimal:
        """Cost of one coin under its present symbol, in the quote currency."""
        return self.legs[-1].price

    def renamed(self, at: str, symbol: str, quantity: Decimal) -> Lot:
        """Return the lot under a new symbol, with another number of coins, at the same total cost."""
        share = self.quantity / quantity
        fee_each, slippage_each = self.fee_each * share, self.slippage_each * share
        legs = (*self.legs, Leg(at, symbol, self.price * share))
        return Lot(self.at, quantity, fee_each, slippage_each, self.reason, self.order_id, legs)


@dataclass(frozen=True, slots=True)
class Closed:
    """A part of a lot and the exit that closed it.

    `order_id` is the sale's, empty for a settlement; `stop` the level of a stop order that sold it.
    """

    lot: Lot
    quantity: Decimal
    at: str
    price: Decimal
    fee_each: Decimal
    slippage_each: Decimal
    reason: str
    order_id: str
    stop: Decimal | None = None

    @property
    def fees(self) -> Decimal:
        """Fees of both sides, in the quote currency."""
        return self.quantity * (self.lot.fee_each + self.fee_each)

    @property
    def cost(self) -> Decimal:
        """Cost of the entry before its fee, in the quote currency."""
        return self.quantity * self.lot.price

    @property
    def pnl(self) -> Decimal:
        """Profit after the fees of both sides, in the quote currency."""
        return self.quantity * self.price - self.cost - self.fees

    @property
    def slippage(self) -> Decimal:
        """Cost of slippage on both sides, in the quote currency; below zero for a gain."""
        return self.quantity * (self.lot.slippage_each + self.slippage_each)


def round_trips(events: Iterable[Fill | Settlement]) -> list[dict[str, str]]:
    """Make one CSV row for each closed lot, in order of exit.

    A settlement in cash is an exit; a rename carries the lots over at the same total cost.

    Parameters
    ----------
    events
        Fills and settlements of a run.

    Returns
    -------
    list[dict[str, str]]
        Cells by column. `fees` are those of both sides in the quote currency, `pnl` is after them, `return` is pnl
        over the entry's cost, `days` are whole days.
    """
    closed, _ = match_lots(events)
    return [_row(part) for part in closed]


def match_lots(events: Iterable[Fill | Settlement]) -> tuple[list[Closed], list[Lot]]:
    """Match exits with the oldest open lots (first in, first out).

    The decimal context sets how many digits a part's share of a fee has: it may be no finite decimal.

    Parameters
    ----------
    events
        Every fill and settlement of a book, in any order.

    Returns
    -------
    tuple
        The parts of lots that exits closed, in order of exit, and the open lots by coin, the oldest first.
    """
    lots: dict[str, deque[Lot]] = defaultdict(deque)
    closed: list[Closed] = []
    # At one moment settlements come first: they happen before the day's orders.
    for event in sorted(events, key=lambda event: (event.at, isinstance(event, Fill))):
        if isinstance(event, Settlement):
            if event.into and event.received > 0:
                _carry_over(lots, event)
                continue
            moved, slippage, reason, order_id = event.quantity, ZERO, f"settled: {event.cause}", ""
            # A rename into less than one step of the new coin leaves nothing: its price is the last close, not the pay.
            price = ZERO if event.into else event.price
        else:
            # The venue takes its fee out of the coins bought, and in coins on top of those sold.
            own = ZERO if event.fee_coin else event.fee_in_kind
            kept = -own if event.side is Side.BUY else own
            moved, slippage = event.quantity + kept, event.slippage_cost
            price, reason, order_id = event.price, event.reason, event.order_id
        # Costs are kept per coin, so that each part of a lot that is sold in parts carries its share.
        at, fee_each, slippage_each = iso(event.at), event.fee / moved, slippage / moved
        if isinstance(event, Fill) and event.side is Side.BUY:
            legs = (Leg(at, event.symbol, event.price),)
            lots[event.symbol].append(Lot(at, moved, fee_each, slippage_each, reason, order_id, legs))
        else:
            for lot, part in _take(lots[event.symbol], moved):
                stop = event.stop if isinstance(event, Fill) else None
                closed.append(Closed(lot, part, at, price, fee_each, slippage_each, reason, order_id, stop))
        if isinstance(event, Fill) and event.fee_coin:
            # The other coin is spent at the value that the fee is counted with.
            paid = event.fee / event.fee_in_kind
            for lot, part in _take(lots[event.fee_coin], event.fee_in_kind):
                closed.append(Closed(lot, part, at, paid, ZERO, ZERO, _PAID_FEE, order_id))
    return closed, [lot for symbol in sorted(lots) for lot in lots[symbol]]


def _carry_over(lots: dict[str, deque[Lot]], rename: Settlement) -> None:
    """Give each lot its share of the coins received, at the same total cost."""
    carried: deque[Lot] = lots.pop(rename.symbol, deque())
    left, name = rename.received, rename.into or rename.symbol
    total = sum((lot.quantity for lot in carried), ZERO)
    for lot in carried:
        # The last lot gets the rest, so that rounded shares add up to the coins received.
        share = (lot.quantity / total * rename.received).quantize(_QUANTITY_STEP)
        quantity = left if lot is carried[-1] else share
        left -= quantity
        if quantity > 0:  # a share below the step of rounding is no lot
            lots[name].append(lot.renamed(iso(rename.at), name, quantity))


def _take(lots: deque[Lot], quantity: Decimal) -> list[tuple[Lot, Decimal]]:
    """Take a quantity out of the oldest lots; return each lot with the part taken of it."""
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
        STOP_COLUMN: plain(trip.stop) if trip.stop is not None else "",
    }


def days_between(entry_at: str, exit_at: str) -> int:
    """Count the whole days between two moments of a ledger (ISO-8601, UTC)."""
    return (datetime.fromisoformat(exit_at) - datetime.fromisoformat(entry_at)).days


def cents(amount: Decimal) -> str:
    """Round money of a matched lot to 1e-8: a lot's share of a fee may have endless digits."""
    return plain(amount.quantize(Decimal("1e-8")))
