"""Simulated broker on live public prices: orders are filled from the current order book and stay on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.brokers.recovery import retry_pending
from bot.core.book import Book
from bot.core.errors import BotError
from bot.core.execution import affordable
from bot.core.instrument import ZERO, Instrument
from bot.core.orders import Fill, OrderEnd, OrderIntent, Side
from bot.core.ports import Clock

Levels = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class DepthQuote:
    """Order book at a moment: price and quantity of the bids, highest first, and of the asks, lowest first."""

    bids: Levels
    asks: Levels
    at: datetime

    @property
    def middle(self) -> Decimal:
        """Mean of the best bid and the best ask."""
        return (self.bids[0][0] + self.asks[0][0]) / 2

    @property
    def spread(self) -> Decimal:
        """Best ask less best bid, as a share of the middle."""
        return (self.asks[0][0] - self.bids[0][0]) / self.middle


@dataclass(frozen=True, slots=True)
class QuoteLimits:
    """Largest spread, as a share of the middle, and largest age of a quote that orders are filled on."""

    spread: Decimal
    age: timedelta


class Unpriced(Exception):
    """The price of an order is missing or unusable: `end` is the reason code, `detail` the quote source's wording."""

    def __init__(self, end: OrderEnd, detail: str = "") -> None:
        super().__init__(end, detail)
        self.end, self.detail = end, detail

    @property
    def text(self) -> str:
        """Reason code with the quote source's wording in brackets."""
        return f"{self.end} ({self.detail})" if self.detail else str(self.end)


WAITS = frozenset({OrderEnd.NO_QUOTE, OrderEnd.QUOTE_TOO_OLD})
"""Reasons that may be gone within the hour: the order stays open and is tried again the same day."""


class LiveQuotes:
    """Current public order books. `depth` fetches the book of a coin and raises BotError on failure."""

    def __init__(self, depth: Callable[[str], DepthQuote], limits: QuoteLimits, clock: Clock) -> None:
        self._depth, self._limits, self._clock = depth, limits, clock

    def depth_for(self, order: OrderIntent) -> DepthQuote:
        """Fetch the order book for an order. Raises Unpriced, also after the order's day has ended."""
        if self._clock.now().date() != order.at.date():  # the machine slept after the decision
            raise Unpriced(OrderEnd.MISSED)
        return self.depth(order.symbol)

    def depth(self, symbol: str) -> DepthQuote:
        """Fetch a coin's order book. Raises Unpriced if it is missing, too old or too wide."""
        try:
            depth = self._depth(symbol)
        except BotError as problem:
            raise Unpriced(OrderEnd.NO_QUOTE, problem.what) from None
        if self._clock.now() - depth.at > self._limits.age:
            raise Unpriced(OrderEnd.QUOTE_TOO_OLD)
        if depth.spread > self._limits.spread:
            raise Unpriced(OrderEnd.SPREAD_TOO_WIDE)
        return depth

    def walk(self, book: Book, order: OrderIntent, depth: DepthQuote) -> list[Fill]:
        """Fill an order level by level until the order, the cash, the holdings or the order book is used up.

        Parameters
        ----------
        book : Book
            Source of cash, holdings and the coin's step and fee.
        order : OrderIntent
            Order with its quantity in coins.
        depth : DepthQuote
            Order book to fill from.

        Returns
        -------
        list of Fill
            One fill per level, in whole steps.
        """
        instrument = book.plan.rules.instruments[order.symbol]
        remaining = order.quantity
        if order.side is Side.SELL:
            remaining = min(remaining, book.portfolio.held(order.symbol))
        return _walk(order, remaining, book.portfolio.cash, depth, instrument, self._clock.now())

    def fills_for(self, book: Book, order: OrderIntent, traded: Decimal, fee: Decimal, depth: DepthQuote) -> list[Fill]:
        """Value a quantity that was traded on a testnet at the prices of an order book.

        Parameters
        ----------
        traded : Decimal
            Coins that the venue traded. All of them are valued: any excess over the book at its last level.
        fee : Decimal
            Fee as a share of the notional.

        Returns
        -------
        list of Fill
            One fill per level, or a single one at a lower price if the cost exceeds the cash: the venue has traded
            already, and the book's cash must stay at zero or above.
        """
        now = self._clock.now()
        levels = list(depth.asks if order.side is Side.BUY else depth.bids)
        levels[-1] = (levels[-1][0], max(levels[-1][1], traded))
        fills, remaining = [], traded
        for price, available in levels:
            quantity = min(remaining, available)
            if quantity > ZERO:
                fills.append(_fill(order, quantity, price, depth.middle, quantity * price * fee, now))
            remaining -= quantity
        cost, cash = sum((fill.notional + fill.fee for fill in fills), ZERO), book.portfolio.cash
        if order.side is Side.BUY and cost > cash:
            tick = book.plan.rules.instruments[order.symbol].tick
            within = cash / (traded * (1 + fee)) // tick * tick
            return [_fill(order, traded, within, depth.middle, traded * within * fee, now)]
        return fills


class LiveQuotesBroker:
    """Fills each order from the levels of its order book, as far as they reach.

    An order without a quote, or with an old one, stays open: it was never sent, and `resume` tries it again the same
    day. A purchase that lacks the cash of a sale that waits stays open too. At a wide spread an order ends unfilled,
    and the next day decides anew.
    """

    name = "simulated"

    def __init__(self, quotes: LiveQuotes) -> None:
        self._quotes = quotes
        self._waiting: dict[str, str] = {}
        self._sales: set[str] = set()

    @property
    def waiting(self) -> Mapping[str, str]:
        """Reasons of the orders that stay open and wait for a quote, by order id."""
        return self._waiting

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Match orders against their order books and record each outcome in the book."""
        for order in orders:
            try:
                fills = self._quotes.walk(book, order, self._quotes.depth_for(order))
            except Unpriced as reason:
                if reason.end in WAITS:
                    self._wait(order, reason.text)
                    continue
                book.unfilled(order, reason.end, reason.detail)
            else:
                if self._lacks_proceeds(order, fills):
                    self._wait(order, "its cash comes from a sale that waits for a quote")
                    continue
                book.traded(order, fills, OrderEnd.BOOK_TOO_THIN)
            yield order

    def _wait(self, order: OrderIntent, why: str) -> None:
        self._waiting[order.order_id] = why
        if order.side is Side.SELL:
            self._sales.add(order.order_id)

    def _lacks_proceeds(self, order: OrderIntent, fills: Sequence[Fill]) -> bool:
        is_short = sum((fill.quantity for fill in fills), ZERO) < order.quantity
        return order.side is Side.BUY and is_short and bool(self._sales)

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Retry pending orders of today at current quotes; orders of earlier days have missed their day."""
        for order in orders:
            self._waiting.pop(order.order_id, None)
            self._sales.discard(order.order_id)
        return retry_pending(self, book, orders, day)


def _walk(
    order: OrderIntent, remaining: Decimal, cash: Decimal, depth: DepthQuote, instrument: Instrument, now: datetime
) -> list[Fill]:
    levels = depth.asks if order.side is Side.BUY else depth.bids
    fills = []
    for price, available in levels:
        quantity = instrument.quantity(min(remaining, available))
        if order.side is Side.BUY:
            quantity = min(quantity, affordable(cash, price, instrument))
        if quantity <= ZERO:
            continue
        fee = quantity * price * instrument.fee
        fills.append(_fill(order, quantity, price, depth.middle, fee, now))
        remaining -= quantity
        cash -= quantity * price + fee if order.side is Side.BUY else ZERO
    return fills


def _fill(
    order: OrderIntent, quantity: Decimal, price: Decimal, reference: Decimal, fee: Decimal, now: datetime
) -> Fill:
    return Fill(order.order_id, now, order.symbol, order.side, quantity, price, reference, fee, order.reason)
