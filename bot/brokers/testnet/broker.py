"""The broker on an exchange's testnet: real orders with play money, each looked up before it could be sent twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.brokers.live_quotes import Unpriced
from bot.brokers.recovery import BARRED, is_buying_blocked
from bot.brokers.testnet.pricing import Pricing
from bot.brokers.testnet.reports import OrderReport, VenueFill, VenueStatus
from bot.core.book import Book
from bot.core.errors import OrderRejected, OutcomeUnknown
from bot.core.events import VenueTrade
from bot.core.instrument import ZERO
from bot.core.orders import OrderIntent, Side
from bot.core.ports import Broker
from bot.infra.vendor_errors import NotListed, Unreachable

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

_SENT_AT_MOST = 2
ASIDE = "simulated_not_on_testnet"
"""Marks an order for a coin that the testnet does not list: it was filled by the simulated broker."""
LACKING = "simulated_not_in_account"
"""Marks a sale of a coin that the account lacks, after a wipe for one: it was filled by the simulated broker."""


class TestnetBroker:
    """Sends each order under its own id, the same whenever it is sent.

    The book hears of what was traded at the prices that `pricing` gives; the venue's own are recorded beside it. An
    order of which nobody knows whether it stands keeps those after it from being sent: the next tick looks it up
    first. `aside` fills what the testnet does not list, and sells what the account lacks. `names` are the venue's own
    names for coins.
    """

    name = "testnet"
    __test__ = False  # pytest takes it for a test by its name

    def __init__(
        self,
        exchange: TestnetExchange,
        quote: str,
        pricing: Pricing,
        aside: Broker,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._exchange, self._quote, self._pricing, self._aside = exchange, quote, pricing, aside
        self._names = names

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Send orders one after the other, each when the one before has ended."""
        for order in orders:
            if not self._is_listed(order.symbol):
                yield from self._aside.execute(book, [_marked(order, ASIDE)], day)
                continue
            if not self._is_carried_out(book, order, day):
                return
            yield order

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Look orders up that may have been sent; today's that the venue never had are sent now."""
        for order in orders:
            if not self._is_listed(order.symbol):
                yield from self._aside.resume(book, [_marked(order, ASIDE)], day)
                continue
            try:
                is_there = self._found(book, order, day)
            except (OutcomeUnknown, Unreachable):
                return
            if not is_there and is_buying_blocked(book, order):
                book.unfilled(order, BARRED)
            elif not is_there and order.at.date() < day:
                book.unfilled(order, "missed")
            elif not is_there and not self._is_carried_out(book, order, day):
                return
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
                except (OutcomeUnknown, Unreachable):
                    return False
            else:
                return True
        return False

    def _is_listed(self, symbol: str) -> bool:
        try:
            self._exchange.rules(self._base(symbol), [self._quote])
        except NotListed:
            return False
        return True

    def _send(self, book: Book, order: OrderIntent, day: date) -> None:
        """Place an order and tell the book how it ended. Raises OutcomeUnknown."""
        rules = self._exchange.rules(self._base(order.symbol), [self._quote])
        try:
            quantity = self._pricing.quantity(book, order, day) // rules.step * rules.step
        except Unpriced as why:
            return book.unfilled(order, str(why))
        if not rules.active:
            return book.unfilled(order, "market_halted")
        if quantity == ZERO:
            return book.unfilled(order, "cash_short")
        if order.side is Side.SELL and self._free(order.symbol) < quantity:
            for _ in self._aside.execute(book, [_marked(order, LACKING)], day):
                pass
            return None
        try:
            report = self._exchange.submit(order.order_id, self._pair(order), order.side, quantity)
        except OrderRejected as refusal:
            return book.unfilled(order, f"rejected ({(refusal.was or refusal.what).replace(';', ',')})")
        return self._tell(book, order, self._exchange.ended(report), day)

    def _found(self, book: Book, order: OrderIntent, day: date) -> bool:
        """Whether the venue has an order; the book is told how it ended.

        Raises OutcomeUnknown or Unreachable if nobody knows.
        """
        report = self._exchange.find(order.order_id, self._pair(order))
        if report is not None:
            self._tell(book, order, self._exchange.ended(report), day)
        return report is not None

    def _tell(self, book: Book, order: OrderIntent, report: OrderReport, day: date) -> None:
        why = "cut_to_fit" if report.status is VenueStatus.FILLED else str(report.status)
        fills = self._pricing.fills(book, order, self._base(order.symbol), report.fills, day)
        book.events.extend(self._trade(order, trade) for trade in report.fills)
        book.traded(order, fills, why)

    def _trade(self, order: OrderIntent, trade: VenueFill) -> VenueTrade:
        return VenueTrade(
            trade.at,
            order.order_id,
            trade.fill_id,
            self._base(order.symbol),
            self._quote,
            order.side,
            trade.quantity,
            trade.price,
            trade.fee,
            trade.fee_asset,
        )

    def _free(self, symbol: str) -> Decimal:
        """What of a coin the account can sell."""
        base = self._base(symbol)
        return next((balance.free for balance in self._exchange.balances() if balance.asset == base), ZERO)

    def _base(self, symbol: str) -> str:
        return self._names.get(symbol, symbol)

    def _pair(self, order: OrderIntent) -> str:
        return f"{self._base(order.symbol)}/{self._quote}"


def _marked(order: OrderIntent, mark: str) -> OrderIntent:
    return replace(order, reason=f"{order.reason};{mark}")
