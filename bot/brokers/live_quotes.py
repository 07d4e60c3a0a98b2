"""The simulated broker on live public prices: orders walk the order book of the moment, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.brokers.recovery import retry_pending
from bot.core.book import Book
from bot.core.errors import BotError
from bot.core.execution import affordable
from bot.core.instrument import ZERO, Instrument
from bot.core.orders import Fill, OrderIntent, Side
from bot.core.ports import Clock

Levels = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class DepthQuote:
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
class QuoteLimits:
    """What a quote must be for an order to be filled on it: its spread, a share, and its age."""

    spread: Decimal
    age: timedelta


class Unpriced(Exception):
    """There is no price now at which an order could be counted; the text is the reason's code."""


class LiveQuotes:
    """The public order books of the moment.

    `depth` asks for a coin's order book and raises a BotError where there is none.
    """

    def __init__(self, depth: Callable[[str], DepthQuote], limits: QuoteLimits, clock: Clock) -> None:
        self._depth, self._limits, self._clock = depth, limits, clock

    def depth_for(self, order: OrderIntent) -> DepthQuote:
        """The order book on which an order can be filled. Raises Unpriced, also where the order's day is over."""
        if self._clock.now().date() != order.at.date():  # the machine slept since it was decided
            raise Unpriced("missed")
        return self.depth(order.symbol)

    def depth(self, symbol: str) -> DepthQuote:
        """A coin's order book. Raises Unpriced where there is none, or it is too old or too wide to trade on."""
        try:
            depth = self._depth(symbol)
        except BotError as problem:
            raise Unpriced(f"no_quote ({problem.what})") from None
        if self._clock.now() - depth.at > self._limits.age:
            raise Unpriced("quote_too_old")
        if depth.spread > self._limits.spread:
            raise Unpriced("spread_too_wide")
        return depth

    def walk(self, book: Book, order: OrderIntent, depth: DepthQuote) -> list[Fill]:
        """One fill a level, until the order, the cash, the holdings or the order book is used up."""
        instrument = book.plan.rules.instruments[order.symbol]
        wanted = order.quantity
        if order.side is Side.SELL:
            wanted = min(wanted, book.portfolio.held(order.symbol))
        return _walked(order, wanted, book.portfolio.cash, depth, instrument, self._clock.now())

    def count(self, book: Book, order: OrderIntent, traded: Decimal, fee: Decimal, depth: DepthQuote) -> list[Fill]:
        """What the whole of a quantity that was traded elsewhere is worth on an order book, at a fee, a share.

        What the order book does not hold is counted at its last level. Where the cash does not pay for it, it is
        counted at the price that the cash pays.
        """
        now = self._clock.now()
        levels = list(depth.asks if order.side is Side.BUY else depth.bids)
        levels[-1] = (levels[-1][0], max(levels[-1][1], traded))
        fills, left = [], traded
        for price, there in levels:
            quantity = min(left, there)
            if quantity > ZERO:
                fills.append(_fill(order, quantity, price, depth.middle, quantity * price * fee, now))
            left -= quantity
        cost, cash = sum((fill.notional + fill.fee for fill in fills), ZERO), book.portfolio.cash
        if order.side is Side.BUY and cost > cash:
            tick = book.plan.rules.instruments[order.symbol].tick
            within = cash / (traded * (1 + fee)) // tick * tick
            return [_fill(order, traded, within, depth.middle, traded * within * fee, now)]
        return fills


class LiveQuotesBroker:
    """Fills each order from the levels that stand in the book, as far as they go.

    A quote that is too old or too wide fills nothing: the order is tried again the next day.
    """

    name = "simulated"

    def __init__(self, quotes: LiveQuotes) -> None:
        self._quotes = quotes

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match each order against its order book, and tell the book how it ended."""
        for order in orders:
            try:
                fills = self._quotes.walk(book, order, self._quotes.depth_for(order))
            except Unpriced as why:
                book.unfilled(order, str(why))
            else:
                book.traded(order, fills, "book_too_thin")
            yield order

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match today's orders on what is quoted now: nothing of them ever left. Older ones have missed their day."""
        return retry_pending(self, book, orders, day)


def _walked(
    order: OrderIntent, wanted: Decimal, cash: Decimal, depth: DepthQuote, instrument: Instrument, now: datetime
) -> list[Fill]:
    """The fills of a quantity, in whole steps, within the cash."""
    levels = depth.asks if order.side is Side.BUY else depth.bids
    fills = []
    for price, there in levels:
        quantity = instrument.quantity(min(wanted, there))
        if order.side is Side.BUY:
            quantity = min(quantity, affordable(cash, price, instrument))
        if quantity <= ZERO:
            continue
        fee = quantity * price * instrument.fee
        fills.append(_fill(order, quantity, price, depth.middle, fee, now))
        wanted -= quantity
        cash -= quantity * price + fee if order.side is Side.BUY else ZERO
    return fills


def _fill(
    order: OrderIntent, quantity: Decimal, price: Decimal, reference: Decimal, fee: Decimal, now: datetime
) -> Fill:
    return Fill(order.order_id, now, order.symbol, order.side, quantity, price, reference, fee, order.reason)
