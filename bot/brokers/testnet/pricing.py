"""Prices at which the book records a testnet's trades: the venue's own or the public ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Protocol

from bot.brokers.live_quotes import DepthQuote, LiveQuotes, Unpriced
from bot.brokers.testnet.reports import VenueFill
from bot.core.book import Book
from bot.core.instrument import ZERO
from bot.core.orders import Fill, OrderEnd, OrderIntent

AT_LAST_CLOSE = "counted_at_last_close"
"""Reason code of a fill that was found after a restart without a usable order book, and is recorded at the close."""


class Pricing(Protocol):
    """Quantity of an order that can be traded, and prices of its fills in the book."""

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """Return the coins that cash, holdings and market allow. Raises Unpriced."""
        ...

    def fills(self, book: Book, order: OrderIntent, base: str, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """Return the book's fills for the venue's trades of an order; `base` is the venue's name of the coin."""
        ...


class AsTraded:
    """The venue's own prices, for a venue whose prices are the market's.

    Parameters
    ----------
    reference : callable
        Public price of a coin on a day, the reference of fills; None if it is missing.
    quote : str
        Quote currency. A fee in a third asset is replaced by the config's fee, since its price is unknown here.
    """

    def __init__(self, reference: Callable[[str, date], Decimal | None], quote: str) -> None:
        self._reference, self._quote = reference, quote

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """Return the coins that cash and holdings allow at the public price."""
        reference = self._reference(order.symbol, day)
        if reference is None:
            raise Unpriced(OrderEnd.NO_BAR)
        return book.quantity_for(order, book.price_for(order, float(reference)))

    def fills(self, book: Book, order: OrderIntent, base: str, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """Return one fill per trade."""
        reference = self._reference(order.symbol, day)
        return [self._fill(book, order, base, trade, reference or trade.price) for trade in trades]

    def _fill(self, book: Book, order: OrderIntent, base: str, trade: VenueFill, reference: Decimal) -> Fill:
        fee_in_coins, fee = ZERO, trade.fee
        if trade.fee_asset == base:
            fee_in_coins, fee = trade.fee, trade.fee * trade.price
        elif trade.fee_asset != self._quote:
            fee = trade.quantity * trade.price * book.plan.rules.instruments[order.symbol].fee
        return Fill(
            order.order_id,
            trade.at,
            order.symbol,
            order.side,
            trade.quantity,
            trade.price,
            reference,
            fee,
            order.reason,
            fee_in_coins,
        )


class AtPublicQuotes:
    """Public order book prices, for a testnet whose own prices are fictional.

    Quantities and fees in the coin itself are the venue's; other fees are the config's. The order book is the one that
    the quantity was read from; after a restart it is the current one.
    """

    def __init__(self, quotes: LiveQuotes) -> None:
        self._quotes = quotes
        self._seen: dict[str, DepthQuote] = {}

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """Return the coins that the public order book would fill."""
        depth = self._seen[order.order_id] = self._quotes.depth_for(order)
        fills = self._quotes.walk(book, order, depth)
        if not fills:
            raise Unpriced(OrderEnd.BOOK_TOO_THIN)
        return sum((fill.quantity for fill in fills), ZERO)

    def fills(self, book: Book, order: OrderIntent, base: str, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """Value the traded quantity on the public order book.

        If the order book is unusable after a restart, the last close is the price, and the reason gets AT_LAST_CLOSE.
        """
        traded = sum((trade.quantity for trade in trades), ZERO)
        if traded == ZERO:
            return []
        fee_in_coins = sum((trade.fee for trade in trades if trade.fee_asset == base), ZERO)
        fee = ZERO if fee_in_coins else book.plan.rules.instruments[order.symbol].fee
        depth, order = self._depth_for(book, order, day)
        fills = self._quotes.fills_for(book, order, traded, fee, depth)
        if fee_in_coins:
            fills[-1] = replace(fills[-1], fee=fee_in_coins * fills[-1].price, fee_in_kind=fee_in_coins)
        return [replace(fill, at=trades[-1].at) for fill in fills]

    def _depth_for(self, book: Book, order: OrderIntent, day: date) -> tuple[DepthQuote, OrderIntent]:

        if (depth := self._seen.get(order.order_id)) is not None:
            return depth, order
        try:
            return self._quotes.depth(order.symbol), order
        except Unpriced:
            level = ((book.close_before(order.symbol, day), ZERO),)
            return DepthQuote(level, level, order.at), replace(order, reason=f"{order.reason};{AT_LAST_CLOSE}")
