"""Broker on an exchange's testnet: real orders with play money. An order is looked up before it is sent again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.brokers.live_quotes import WAITS, Unpriced
from bot.brokers.recovery import is_buying_blocked
from bot.brokers.testnet.pricing import Pricing
from bot.brokers.testnet.reports import OrderReport, VenueFill, VenueStatus
from bot.core.book import Book
from bot.core.errors import OrderRejected, OutcomeUnknown
from bot.core.events import VenueTrade
from bot.core.instrument import MAX_PARTS, ZERO
from bot.core.orders import Fill, OrderEnd, OrderIntent, Side
from bot.core.ports import Broker
from bot.infra.vendor_errors import NotListed, Unreachable

if TYPE_CHECKING:
    from bot.brokers.testnet.client import TestnetExchange

_MAX_SENDS = 2
NOT_LISTED = "simulated_not_on_testnet"
"""Reason code of an order for a coin that the testnet does not list. The fallback broker fills it."""
NOT_IN_ACCOUNT = "simulated_not_in_account"
"""Reason code of a sale of a coin that the account lacks, as after a wipe. The fallback broker fills it."""


class TestnetBroker:
    """Sends each order under a fixed client id, so that a restart finds it at the venue.

    An order with an unknown outcome stops the orders after it: the next tick looks it up first.

    Parameters
    ----------
    exchange : TestnetExchange
        Account that orders are sent to.
    quote : str
        Quote currency, such as USDT.
    pricing : Pricing
        Prices at which the book records fills. The venue's own prices are recorded beside them.
    fallback : Broker
        Fills orders for coins outside the testnet's list, and sales of coins that the account lacks.
    names : mapping of str to str
        The venue's names of coins whose symbol differs.
    """

    name = "testnet"
    __test__ = False  # pytest takes it for a test by its name

    def __init__(
        self,
        exchange: TestnetExchange,
        quote: str,
        pricing: Pricing,
        fallback: Broker,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._exchange, self._quote, self._pricing, self._fallback = exchange, quote, pricing, fallback
        self._names = names
        self._symbols = {name: symbol for symbol, name in names.items()}
        self._waiting: dict[str, str] = {}

    @property
    def waiting(self) -> Mapping[str, str]:
        """Reasons of the orders that stay open and wait for a quote, by order id."""
        return {**self._fallback.waiting, **self._waiting}

    def execute(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Send orders one by one, each after the previous one has ended."""
        for order in orders:
            self._waiting.pop(order.order_id, None)
            if not self._is_listed(order.symbol):
                yield from self._fallback.execute(book, [_marked(order, NOT_LISTED)], day)
                continue
            if not self._send_until_known(book, order, day):
                return
            if order.order_id not in self.waiting:
                yield order

    def resume(self, book: Book, orders: Sequence[OrderIntent], day: date) -> Iterator[OrderIntent]:
        """Look up orders that may have been sent. Orders of today that are missing at the venue are sent now."""
        for order in orders:
            self._waiting.pop(order.order_id, None)
            if not self._is_listed(order.symbol):
                yield from self._fallback.resume(book, [_marked(order, NOT_LISTED)], day)
                continue
            try:
                exists = self._find(book, order, day)
            except (OutcomeUnknown, Unreachable):
                return
            if not exists and is_buying_blocked(book, order):
                book.unfilled(order, OrderEnd.REDUCE_ONLY_OVERRIDE)
            elif not exists and order.at.date() < day:
                book.unfilled(order, OrderEnd.MISSED)
            elif not exists and not self._send_until_known(book, order, day):
                return
            if order.order_id not in self.waiting:
                yield order

    def _send_until_known(self, book: Book, order: OrderIntent, day: date) -> bool:
        """Send an order, again if the venue states that it is missing. Return True if its end is known."""
        for _ in range(_MAX_SENDS):
            try:
                self._send(book, order, day)
            except OutcomeUnknown:
                try:
                    if self._find(book, order, day):
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

        rules = self._exchange.rules(self._base(order.symbol), [self._quote])
        try:
            quantity = self._pricing.quantity(book, order, day) // rules.step * rules.step
        except Unpriced as reason:
            if reason.end in WAITS:
                self._waiting[order.order_id] = reason.text
                return None
            return book.unfilled(order, reason.end, reason.detail)
        if not self._exchange.takes(self._pair(order), order.side):
            return book.unfilled(order, OrderEnd.MARKET_HALTED)
        if quantity == ZERO:
            return book.unfilled(order, OrderEnd.CASH_SHORT)
        if rules.min_quantity is not None and quantity < rules.min_quantity:
            return book.unfilled(order, OrderEnd.MIN_QUANTITY, f"the venue takes {rules.min_quantity:f} or more")
        if order.side is Side.SELL and (free := self._free_balance(order.symbol)) < quantity:
            return self._sell_in_account(book, order, quantity, min(free // rules.step * rules.step, quantity), day)
        try:
            reports = self._send_parts(order, rules.parts(quantity))
        except OrderRejected as refusal:
            # Reasons are joined by semicolons in the ledger.
            return book.unfilled(order, OrderEnd.REJECTED, (refusal.was or refusal.what).replace(";", ","))
        return self._record(book, order, reports, day)

    def _sell_in_account(self, book: Book, order: OrderIntent, quantity: Decimal, there: Decimal, day: date) -> None:
        """Sell the coins that the account has at the venue, and the rest of the book's coins by the fallback broker."""
        # The testnet is wiped about monthly without notice: the book still holds the coin and must be able to sell.
        marked, rules = _marked(order, NOT_IN_ACCOUNT), self._exchange.rules(self._base(order.symbol), [self._quote])
        reports: list[OrderReport] = []
        if there >= (rules.min_quantity or rules.step):
            # A part below the venue's smallest value is refused, and the fallback broker sells it too.
            with suppress(OrderRejected):
                reports = self._send_parts(order, rules.parts(there))
        sold = sum((report.filled for report in reports), ZERO)
        if sold == ZERO:
            for _ in self._fallback.execute(book, [marked], day):
                pass
            return
        self._record(book, marked, reports, day, beside=quantity - there)

    def _send_parts(self, order: OrderIntent, parts: Sequence[Decimal]) -> list[OrderReport]:
        """Send an order, in several parts if it is above the venue's largest one; a part that is cut ends it."""
        reports: list[OrderReport] = []
        for number, quantity in enumerate(parts, 1):
            try:
                report = self._exchange.submit(_part_id(order, number), self._pair(order), order.side, quantity)
            except OrderRejected:
                if not reports:
                    raise
                break  # the parts before it were traded and must be recorded
            reports.append(self._exchange.wait_until_ended(report))
            if reports[-1].status is not VenueStatus.FILLED:
                break
        return reports

    def _find(self, book: Book, order: OrderIntent, day: date) -> bool:
        """Record an order that the venue has. Return False if the venue states that it is missing."""
        reports: list[OrderReport] = []
        # An order of less than was decided may be the first part of several: the next one is looked up too.
        while len(reports) < MAX_PARTS and sum((report.quantity for report in reports), ZERO) < order.quantity:
            name = _part_id(order, len(reports) + 1)
            report = self._exchange.find(name, self._pair(order), sent_at=order.at)
            if report is None:
                break
            reports.append(self._exchange.wait_until_ended(report))
            if reports[-1].status is not VenueStatus.FILLED:
                break
        if reports:
            self._record(book, order, reports, day)
        return bool(reports)

    def _record(
        self, book: Book, order: OrderIntent, reports: Sequence[OrderReport], day: date, beside: Decimal = ZERO
    ) -> None:
        """Record the trades of an order's parts as one order, with a quantity that the fallback broker sells beside."""
        # The book compares with the decided quantity: a full fill of less was cut by cash, holdings or the book.
        status, reason = reports[-1].status, reports[-1].reason
        end = OrderEnd.CUT_TO_FIT if status is VenueStatus.FILLED else OrderEnd(status)
        trades = [replace(trade, fee_asset=self._symbol(trade.fee_asset)) for one in reports for trade in one.fills]
        fills = self._pricing.fills(book, order, trades, day)
        if beside:
            fills += self._filled_beside(book, replace(order, quantity=beside), fills, day)
        book.events.extend(self._trade(order, report, trade) for report in reports for trade in report.fills)
        book.traded(order, fills, end, reason)

    def _filled_beside(self, book: Book, rest: OrderIntent, fills: Sequence[Fill], day: date) -> list[Fill]:
        """Return the fills of the fallback broker for the rest of an order; the book stays as it is."""
        other = book.fork()
        for one in fills:
            other.portfolio = other.portfolio.apply(one)
        for _ in self._fallback.execute(other, [rest], day):
            pass
        return [event for event in other.events if isinstance(event, Fill)]

    def _trade(self, order: OrderIntent, report: OrderReport, trade: VenueFill) -> VenueTrade:
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
            report.venue_order_id,
        )

    def _free_balance(self, symbol: str) -> Decimal:
        """Return the coins that the account can sell."""
        base = self._base(symbol)
        balances = self._exchange.balances()
        if base in balances.unread:
            raise Unreachable("states a balance that cannot be read", where=self._exchange.venue, was=base)
        return next((balance.free for balance in balances if balance.asset == base), ZERO)

    def _base(self, symbol: str) -> str:
        return self._names.get(symbol, symbol)

    def _symbol(self, name: str) -> str:
        """Return the book's symbol of a venue's coin."""
        return self._symbols.get(name, name)

    def _pair(self, order: OrderIntent) -> str:
        return f"{self._base(order.symbol)}/{self._quote}"


def _marked(order: OrderIntent, mark: str) -> OrderIntent:
    return replace(order, reason=f"{order.reason};{mark}")


def _part_id(order: OrderIntent, number: int) -> str:
    """Return the client id of a part of an order; the first part has the order's own id."""
    return order.order_id if number == 1 else f"{order.order_id}-{number}"
