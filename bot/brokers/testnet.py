"""The broker on an exchange's testnet: real orders with play money, each looked up before it could be sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.brokers.reports import OrderReport, VenueFill, VenueStatus
from bot.core.book import Book
from bot.core.errors import OrderRejected, OutcomeUnknown
from bot.core.instrument import ZERO
from bot.core.orders import Fill, OrderIntent
from bot.core.ports import Broker
from bot.data.faults import NotListed

if TYPE_CHECKING:
    from bot.brokers.testnet_exchange import TestnetExchange

_SENT_AT_MOST = 2
ASIDE = "simulated_not_on_testnet"
"""Marks an order for a coin that the testnet does not list: it was filled by the simulated broker."""


class TestnetBroker:
    """Sends each order under its own id, the same whenever it is sent.

    `reference` gives the public price that a fill is measured against, None where there is none to trade at. An order
    of which nobody knows whether it stands keeps those after it from being sent: the next tick looks it up first.
    `aside` fills what the testnet does not list.
    """

    name = "testnet"
    __test__ = False  # pytest takes it for a test by its name

    def __init__(
        self, exchange: TestnetExchange, quote: str, reference: Callable[[str, date], Decimal | None], aside: Broker
    ) -> None:
        self._exchange, self._quote, self._reference, self._aside = exchange, quote, reference, aside

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Send orders one after the other, each when the one before has ended."""
        for order in orders:
            if not self._is_listed(order.symbol):
                yield from self._aside.execute(book, [_marked(order)], day)
                continue
            if not self._is_carried_out(book, order, day):
                return
            yield order

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Look orders up that may have been sent; today's that the venue never had are sent now."""
        for order in orders:
            if not self._is_listed(order.symbol):
                yield from self._aside.resume(book, [_marked(order)], day)
                continue
            try:
                is_there = self._found(book, order, day)
            except OutcomeUnknown:
                return
            if not is_there and order.at.date() == day:
                yield from self.execute(book, [order], day)
                continue
            if not is_there:
                book.unfilled(order, "missed")
            yield order

    def _is_carried_out(self, book: Book, order: OrderIntent, day: date) -> bool:
        """Send an order, again where the venue is certain that it never had it; whether its end is known."""
        for _ in range(_SENT_AT_MOST):
            try:
                self._send(book, order, day)
            except OutcomeUnknown:
                try:
                    if self._found(book, order, day):
                        return True
                except OutcomeUnknown:
                    return False
            else:
                return True
        return False

    def _is_listed(self, symbol: str) -> bool:
        try:
            self._exchange.rules(symbol, [self._quote])
        except NotListed:
            return False
        return True

    def _send(self, book: Book, order: OrderIntent, day: date) -> None:
        """Place an order and tell the book how it ended. Raises OutcomeUnknown."""
        reference = self._reference(order.symbol, day)
        if reference is None:
            return book.unfilled(order, "no_bar")
        quantity = self._possible(book, order, reference)
        if quantity == ZERO:
            return book.unfilled(order, "cash_short")
        try:
            report = self._exchange.submit(order.order_id, self._pair(order), order.side, quantity)
        except OrderRejected as refusal:
            return book.unfilled(order, f"rejected ({refusal.what})")
        return self._tell(book, order, report, day)

    def _possible(self, book: Book, order: OrderIntent, reference: Decimal) -> Decimal:
        """What of an order the cash that really came and the holdings allow, in whole steps of the venue."""
        price = book.price_for(order, float(reference))
        step = self._exchange.rules(order.symbol, [self._quote]).step
        return book.quantity_for(order, price) // step * step

    def _found(self, book: Book, order: OrderIntent, day: date) -> bool:
        """Whether the venue has an order; the book is told how it ended. Raises OutcomeUnknown if nobody knows."""
        report = self._exchange.find(order.order_id, self._pair(order))
        if report is not None:
            self._tell(book, order, report, day)
        return report is not None

    def _tell(self, book: Book, order: OrderIntent, report: OrderReport, day: date) -> None:
        reference = self._reference(order.symbol, day)
        why = "cash_short" if report.status is VenueStatus.FILLED else str(report.status)
        fills = [_fill(order, fill, reference or fill.price, self._quote) for fill in report.fills]
        book.traded(order, fills, why)

    def _pair(self, order: OrderIntent) -> str:
        return f"{order.symbol}/{self._quote}"


def _fill(order: OrderIntent, fill: VenueFill, reference: Decimal, quote: str) -> Fill:
    """A venue's trade as the book's: a fee that was taken in the coin itself is told in the quote currency too."""
    in_kind = fill.fee if fill.fee_asset == order.symbol else ZERO
    fee = fill.fee if fill.fee_asset == quote else in_kind * fill.price
    return Fill(
        order_id=order.order_id,
        at=fill.at,
        symbol=order.symbol,
        side=order.side,
        quantity=fill.quantity,
        price=fill.price,
        reference_price=reference,
        fee=fee,
        reason=order.reason,
        fee_in_kind=in_kind,
    )


def _marked(order: OrderIntent) -> OrderIntent:
    return replace(order, reason=f"{order.reason};{ASIDE}")
