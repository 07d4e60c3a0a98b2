"""The simulated broker on live public prices: orders walk the order book of the moment, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.brokers.unsent import carried_out_anew
from bot.core.book import Book
from bot.core.errors import BotError
from bot.core.execution import affordable
from bot.core.instrument import ZERO, Instrument
from bot.core.orders import Fill, OrderIntent, Side
from bot.core.ports import Clock

Levels = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Depth:
    """Price and quantity of the best bids, highest first, and asks, lowest first, at a moment."""

    bids: Levels
    asks: Levels
    at: datetime

    @property
    def middle(self) -> Decimal:
        """Half way between the best bid and the best ask."""
        return (self.bids[0][0] + self.asks[0][0]) / 2

    @property
    def spread(self) -> Decimal:
        """From the best bid to the best ask, as a share of the middle."""
        return (self.asks[0][0] - self.bids[0][0]) / self.middle


@dataclass(frozen=True, slots=True)
class Limits:
    """What a quote must be for an order to be filled on it: its spread, a share, and its age."""

    spread: Decimal
    age: timedelta


class LiveQuotesBroker:
    """Fills each order from the levels that stand in the book, as far as they go.

    `depth` asks for a coin's order book and raises a BotError where there is none. A quote that is too old or too
    wide fills nothing: the order is tried again the next day.
    """

    name = "simulated"

    def __init__(self, depth: Callable[[str], Depth], limits: Limits, clock: Clock) -> None:
        self._depth, self._limits, self._clock = depth, limits, clock

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match each order against its order book, and tell the book how it ended."""
        for order in orders:
            self._match(book, order)
            yield order

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match today's orders on what is quoted now: nothing of them ever left. Older ones have missed their day."""
        return carried_out_anew(self, book, orders, day)

    def _match(self, book: Book, order: OrderIntent) -> None:
        try:
            depth = self._depth(order.symbol)
        except BotError as problem:
            return book.unfilled(order, f"no_quote ({problem.what})")
        if (why := self._refusal(depth)) is not None:
            return book.unfilled(order, why)
        instrument = book.plan.rules.instruments[order.symbol]
        cash, wanted = book.portfolio.cash, order.quantity
        if order.side is Side.SELL:
            wanted = min(wanted, book.portfolio.held(order.symbol))
        book.traded(order, _walked(order, wanted, cash, depth, instrument, self._clock.now()), "book_too_thin")
        return None

    def _refusal(self, depth: Depth) -> str | None:
        if self._clock.now() - depth.at > self._limits.age:
            return "quote_too_old"
        return "spread_too_wide" if depth.spread > self._limits.spread else None


def _walked(
    order: OrderIntent, wanted: Decimal, cash: Decimal, depth: Depth, instrument: Instrument, now: datetime
) -> list[Fill]:
    """One fill a level, until the quantity, the cash or the book is used up; quantities in whole steps."""
    levels = depth.asks if order.side is Side.BUY else depth.bids
    fills = []
    for price, there in levels:
        quantity = instrument.quantity(min(wanted, there))
        if order.side is Side.BUY:
            quantity = min(quantity, affordable(cash, price, instrument))
        if quantity <= ZERO:
            continue
        fee = quantity * price * instrument.fee
        fills.append(
            Fill(order.order_id, now, order.symbol, order.side, quantity, price, depth.middle, fee, order.reason)
        )
        wanted -= quantity
        cash -= quantity * price + fee if order.side is Side.BUY else ZERO
    return fills
