"""At which prices the book counts what a testnet has traded: the venue's own, or the public ones."""

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
from bot.core.orders import Fill, OrderIntent

AT_LAST_CLOSE = "counted_at_last_close"
"""Marks a fill that was found after a restart, when there was no order book to count it on."""


class Pricing(Protocol):
    """What of an order can be traded, and what its trades are worth to the book."""

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """How much of an order the cash, the holdings and the market allow. Raises Unpriced."""
        ...

    def fills(self, book: Book, order: OrderIntent, base: str, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """The book's fills of an order that was traded so at the venue, where the coin is called `base`."""
        ...


class AsTraded:
    """The venue's own prices, for a venue whose prices are the market's.

    `reference` gives the public price that a fill is measured against, None where there is none to trade at. A fee
    that was taken in a third asset is charged as the config's fee.
    """

    def __init__(self, reference: Callable[[str, date], Decimal | None], quote: str) -> None:
        self._reference, self._quote = reference, quote

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """What the cash and the holdings allow at the public price."""
        reference = self._reference(order.symbol, day)
        if reference is None:
            raise Unpriced("no_bar")
        return book.quantity_for(order, book.price_for(order, float(reference)))

    def fills(self, book: Book, order: OrderIntent, base: str, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """A fill for each trade."""
        reference = self._reference(order.symbol, day)
        return [self._fill(book, order, base, trade, reference or trade.price) for trade in trades]

    def _fill(self, book: Book, order: OrderIntent, base: str, trade: VenueFill, reference: Decimal) -> Fill:
        in_kind, fee = ZERO, trade.fee
        if trade.fee_asset == base:
            in_kind, fee = trade.fee, trade.fee * trade.price
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
            in_kind,
        )


class AtPublicQuotes:
    """The public order book's prices, for a testnet whose own are made up.

    Quantities, and fees that were taken of the coin itself, are the venue's; other fees are the config's. The order
    book is the one that the quantity was taken from; after a restart it is that of the moment.
    """

    def __init__(self, quotes: LiveQuotes) -> None:
        self._quotes = quotes
        self._seen: dict[str, DepthQuote] = {}

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """What the public order book would fill."""
        depth = self._seen[order.order_id] = self._quotes.depth_for(order)
        walked = self._quotes.walk(book, order, depth)
        if not walked:
            raise Unpriced("book_too_thin")
        return sum((fill.quantity for fill in walked), ZERO)

    def fills(self, book: Book, order: OrderIntent, base: str, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """What the public order book makes of the whole quantity that was traded.

        Where there is none to count on after a restart, it is the last close, and the reason says so.
        """
        traded = sum((trade.quantity for trade in trades), ZERO)
        if traded == ZERO:
            return []
        in_kind = sum((trade.fee for trade in trades if trade.fee_asset == base), ZERO)
        fee = ZERO if in_kind else book.plan.rules.instruments[order.symbol].fee
        depth, order = self._counted_on(book, order, day)
        fills = self._quotes.count(book, order, traded, fee, depth)
        if in_kind:
            fills[-1] = replace(fills[-1], fee=in_kind * fills[-1].price, fee_in_kind=in_kind)
        return [replace(fill, at=trades[-1].at) for fill in fills]

    def _counted_on(self, book: Book, order: OrderIntent, day: date) -> tuple[DepthQuote, OrderIntent]:
        """The order book that an order counts on, and the order with a mark where it is none."""
        if (seen := self._seen.get(order.order_id)) is not None:
            return seen, order
        try:
            return self._quotes.depth(order.symbol), order
        except Unpriced:
            level = ((book.close_before(order.symbol, day), ZERO),)
            return DepthQuote(level, level, order.at), replace(order, reason=f"{order.reason};{AT_LAST_CLOSE}")
