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
from bot.core.orders import Fill, OrderEnd, OrderIntent, Side

AT_LAST_CLOSE = "counted_at_last_close"
"""Reason code of a fill that was found after a restart without a usable order book, and is recorded at the close."""


class Pricing(Protocol):
    """Quantity of an order that can be traded, and prices of its fills in the book."""

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """Return the coins that cash, holdings and market allow. Raises Unpriced."""
        ...

    def fills(self, book: Book, order: OrderIntent, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """Return the book's fills for the venue's trades of an order; fees are in symbols of the book."""
        ...


class AsTraded:
    """The venue's own prices, for a venue whose prices are the market's.

    Parameters
    ----------
    reference : callable
        Public price of a coin on a day, the reference of fills; None if it is missing.
    quote : str
        Quote currency. A fee in a third coin is taken from the book's holding of that coin; if the book holds less, the
        config's fee is charged in the quote currency instead.
    """

    def __init__(self, reference: Callable[[str, date], Decimal | None], quote: str) -> None:
        self._reference, self._quote = reference, quote

    def quantity(self, book: Book, order: OrderIntent, day: date) -> Decimal:
        """Return the coins that cash and holdings allow at the public price."""
        reference = self._reference(order.symbol, day)
        if reference is None:
            raise Unpriced(OrderEnd.NO_BAR)
        return book.quantity_for(order, book.price_for(order, float(reference)))

    def fills(self, book: Book, order: OrderIntent, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """Return one fill per trade."""
        reference = self._reference(order.symbol, day)
        held = HeldCoins(book, order)
        return [self._fill(book, order, held, trade, reference or trade.price, day) for trade in trades]

    def _fill(
        self, book: Book, order: OrderIntent, held: HeldCoins, trade: VenueFill, reference: Decimal, day: date
    ) -> Fill:
        fee, taken, coin = trade.fee, ZERO, ""
        held.trade(trade.quantity)
        if trade.fee_asset == order.symbol:
            fee = trade.fee * trade.price
            taken = held.take(order.symbol, trade.fee)
        elif trade.fee_asset != self._quote:
            taken = held.take(trade.fee_asset, trade.fee)
            coin = trade.fee_asset if taken else ""
            share = book.plan.rules.instruments[order.symbol].fee
            is_held = taken != ZERO
            fee = taken * book.close_before(coin, day) if is_held else trade.quantity * trade.price * share
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
            taken,
            coin,
        )


class HeldCoins:
    """Holdings of a book while the trades of one order are recorded, from which fees in coins are taken."""

    def __init__(self, book: Book, order: OrderIntent) -> None:
        self._held = dict(book.portfolio.holdings)
        self._symbol, self._sign = order.symbol, 1 if order.side is Side.BUY else -1

    def trade(self, quantity: Decimal) -> None:
        """Add the coins of a purchase, or remove those of a sale."""
        self._held[self._symbol] = self._held.get(self._symbol, ZERO) + self._sign * quantity

    def take(self, symbol: str, fee: Decimal) -> Decimal:
        """Remove a fee and return it; zero if fewer coins are held, as when the account has others besides."""
        if self._held.get(symbol, ZERO) < fee:
            return ZERO
        self._held[symbol] = self._held.get(symbol, ZERO) - fee
        return fee


class AtPublicQuotes:
    """Public order book prices, for a testnet whose own prices are fictional.

    Quantities and fees in coins that the book holds are the venue's; other fees are the config's. The order book is the
    one that the quantity was read from; after a restart it is the current one.
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

    def fills(self, book: Book, order: OrderIntent, trades: Sequence[VenueFill], day: date) -> list[Fill]:
        """Value the traded quantity on the public order book.

        If the order book is unusable after a restart, the last close is the price, and the reason gets AT_LAST_CLOSE.
        """
        traded = sum((trade.quantity for trade in trades), ZERO)
        if traded == ZERO:
            return []
        taken = self._taken(book, order, trades, traded)
        fee = ZERO if taken else book.plan.rules.instruments[order.symbol].fee
        depth, order = self._depth_for(book, order, day)
        fills = self._quotes.fills_for(book, order, traded, fee, depth)
        # A fill has one coin of its fee: the last fill takes the first coin, the one before it the next.
        for i, (coin, quantity) in zip(range(len(fills) - 1, -1, -1), taken.items(), strict=False):
            is_own = coin == order.symbol
            price = fills[i].price if is_own else book.close_before(coin, day)
            fills[i] = replace(fills[i], fee=quantity * price, fee_in_kind=quantity, fee_coin="" if is_own else coin)
        return [replace(fill, at=trades[-1].at) for fill in fills]

    def _taken(
        self, book: Book, order: OrderIntent, trades: Sequence[VenueFill], traded: Decimal
    ) -> dict[str, Decimal]:
        """Return the coins that the venue took as fees and that the book holds, by symbol."""
        held, taken = HeldCoins(book, order), dict[str, Decimal]()
        held.trade(traded)
        for trade in trades:
            if quantity := held.take(trade.fee_asset, trade.fee):
                taken[trade.fee_asset] = taken.get(trade.fee_asset, ZERO) + quantity
        return taken

    def _depth_for(self, book: Book, order: OrderIntent, day: date) -> tuple[DepthQuote, OrderIntent]:

        if (depth := self._seen.get(order.order_id)) is not None:
            return depth, order
        try:
            return self._quotes.depth(order.symbol), order
        except Unpriced:
            level = ((book.close_before(order.symbol, day), ZERO),)
            return DepthQuote(level, level, order.at), replace(order, reason=f"{order.reason};{AT_LAST_CLOSE}")
