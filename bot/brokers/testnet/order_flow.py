"""Place, find and cancel market orders on a testnet, each under its client id."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.brokers.testnet.dialects.dialect import Dialect, MarketOrder, OrderKey, SpotPair
from bot.brokers.testnet.reports import OrderReport, VenueStatus
from bot.brokers.testnet.spot_pairs import SpotPairs
from bot.brokers.testnet.transport import LOOK_UP, TRIES, TestnetTransport
from bot.core.errors import BotError, DataError, KeysRefused, OrderRejected, OutcomeUnknown
from bot.core.orders import Side
from bot.core.ports import Clock

_CLIENT_ID = re.compile(r"[a-z0-9-]{1,26}")
_MAX_DELAY = timedelta(seconds=11)
"""Time after sending in which an order can still appear: the receive window of 10 s, and a second."""
_OPEN_ORDER_POLL = 1.0
"""Seconds between polls of a market order that is still open."""
_SHOWN = 200


class OrderFlow:
    """Orders of one account.

    Sent orders are remembered until their outcome is known, so that `find` knows how long an order may still appear.
    """

    __slots__ = ("_clock", "_dialect", "_opened", "_pairs", "_sent", "_transport")

    def __init__(self, transport: TestnetTransport, dialect: Dialect, pairs: SpotPairs, clock: Clock) -> None:
        self._transport, self._dialect, self._pairs, self._clock = transport, dialect, pairs, clock
        self._opened = clock.now()
        self._sent: dict[str, datetime] = {}

    def submit(self, client_order_id: str, pair: str, side: Side, quantity: Decimal) -> OrderReport:
        """Place a market order and return its report, as `TestnetExchange.submit`."""
        order = self._validate(client_order_id, pair, side, quantity)
        limit_price = self._limit_price(order)

        def parse(data: object) -> OrderReport | None:
            report = self._dialect.read_submitted(data, order.pair)
            return None if report is None else _require_same_order(_require_consistent(report), order)

        self._sent[client_order_id] = self._clock.now()
        try:
            sent = self._dialect.submit_request(order, limit_price)
            report = self._transport.write(sent, parse, self._where(client_order_id))
        except OutcomeUnknown:
            raise
        except BotError:
            self._sent.pop(client_order_id, None)
            raise
        if report is None or not _is_complete(report):
            report = self._look_up(self._key(client_order_id), pair)
        if report is None:
            raise self._unknown_order(client_order_id, "no such order")
        self._sent.pop(client_order_id, None)
        return report

    def find(self, key: OrderKey, pair: str) -> OrderReport | None:
        """Return an order with its fills, as `TestnetExchange.find`."""
        self._require_client_id(key.client_order_id)
        listed = self._pairs.get(pair)
        report = self._fetch(key, listed)
        delay = self._transport.max_order_delay
        delay = _MAX_DELAY if delay is None else delay
        # An order of an earlier process was sent before this one opened, at the latest at that moment.
        remaining = self._sent.get(key.client_order_id, self._opened) + delay - self._clock.now()
        if report is None and remaining > timedelta(0):
            # A clock that was set back makes `remaining` longer than the delay itself.
            self._clock.sleep(min(remaining, delay).total_seconds())
            report = self._fetch(key, listed)
        return report if report is None or not report.filled else self._with_fills(report, listed, key.sent_at)

    def cancel(self, client_order_id: str, pair: str) -> OrderReport:
        """Cancel the open part of an order and return its report, as `TestnetExchange.cancel`."""
        self._require_client_id(client_order_id)
        request = self._dialect.cancel_request(client_order_id, self._pairs.get(pair))
        existed = self._transport.write(request, lambda data: True, self._where(client_order_id), missing=lambda: False)
        report = self._look_up(self._key(client_order_id), pair)
        if report is not None:
            return report
        if existed:
            raise self._unknown_order(client_order_id, "no such order")
        raise OrderRejected("there is no such order", where=self._where(client_order_id))

    def wait_until_ended(self, report: OrderReport) -> OrderReport:
        """Poll an order a few times, then cancel its open part, as `TestnetExchange.wait_until_ended`."""
        for _ in range(TRIES):
            if not report.is_open:
                return report
            self._clock.sleep(_OPEN_ORDER_POLL)
            report = self._look_up(self._key(report.client_order_id), report.pair) or report
        try:
            report = self.cancel(report.client_order_id, report.pair)
        except OrderRejected:  # it may have ended in the meantime
            report = self._look_up(self._key(report.client_order_id), report.pair) or report
        if report.is_open:
            raise self._unknown_order(report.client_order_id, str(report.status))
        return report

    def _limit_price(self, order: MarketOrder) -> Decimal | None:
        """Return the limit price of a purchase at a venue whose market orders take an amount of money."""
        request = self._dialect.price_request(order.pair) if order.side is Side.BUY else None
        if request is None:
            return None
        return self._transport.read(request, lambda data: self._dialect.read_limit_price(data, order.pair))

    def _key(self, client_order_id: str) -> OrderKey:
        """Return the key of an order that this process sent, now or a moment ago."""
        return OrderKey(client_order_id, sent_at=self._sent.get(client_order_id, self._clock.now()))

    def _look_up(self, key: OrderKey, pair: str) -> OrderReport | None:
        """Find the order of a request that was sent, with every failure raised as OutcomeUnknown."""
        try:
            return self.find(key, pair)
        except (DataError, KeysRefused) as problem:
            was = type(problem).__name__
        raise self._unknown_order(key.client_order_id, was)

    def _unknown_order(self, client_order_id: str, was: str) -> OutcomeUnknown:
        where = self._where(client_order_id)
        return OutcomeUnknown("took the request but does not show the order", where=where, was=was, mend=LOOK_UP)

    def _fetch(self, key: OrderKey, pair: SpotPair) -> OrderReport | None:
        def parse(data: object) -> OrderReport | None:
            report = self._dialect.read_found(data, key, pair)
            if report is None or report.client_order_id == key.client_order_id:
                return report and _require_consistent(report)
            if key.venue_order_id:
                return None  # after a wipe the venue counts anew, and its id is that of another order
            raise ValueError("another order")

        for request in self._dialect.find_requests(key, pair):
            if (report := self._transport.read(request, parse, missing=lambda: None)) is not None:
                return report
        return None

    def _with_fills(self, report: OrderReport, pair: SpotPair, sent_at: datetime | None) -> OrderReport:
        def parse(data: object) -> OrderReport:
            fills = sorted(self._dialect.read_fills(data, pair), key=lambda fill: (fill.at, fill.fill_id))
            filled = replace(report, fills=tuple(fills))
            if not _is_complete(filled):
                raise ValueError("trades are missing")
            return filled

        return self._transport.read(self._dialect.fills_request(report, pair, sent_at), parse)

    def _validate(self, client_order_id: str, pair: str, side: Side, quantity: Decimal) -> MarketOrder:
        self._require_client_id(client_order_id)
        listed = self._pairs.get(pair)
        step, where = listed.rules.step, self._where(client_order_id)
        if type(quantity) is not Decimal or not quantity.is_finite() or quantity <= 0 or quantity % step:
            raise OrderRejected(
                "the quantity is not in whole steps", where=where, expected=f"a multiple of {step:f}", was=str(quantity)
            )
        if type(side) is not Side:
            raise OrderRejected("the side is invalid", where=where, expected="buy or sell", was=str(side))
        return MarketOrder(client_order_id, listed, side, quantity)

    def _require_client_id(self, client_order_id: str) -> None:
        if type(client_order_id) is not str or not _CLIENT_ID.fullmatch(client_order_id):
            raise OrderRejected(
                "invalid client order id",
                where=self._transport.venue,
                was=repr(client_order_id)[:_SHOWN],
                expected="1 to 26 characters of a-z, 0-9 and -",
            )

    def _where(self, client_order_id: str) -> str:
        return f"{self._transport.venue}, order {client_order_id}"


def _require_same_order(report: OrderReport, order: MarketOrder) -> OrderReport:
    is_same = (
        report.client_order_id == order.client_order_id
        and report.side is order.side
        and report.quantity == order.quantity
    )
    if not is_same:
        raise ValueError("a report of another order")
    return report


def _require_consistent(report: OrderReport) -> OrderReport:
    """Raise ValueError if status and filled quantity contradict each other: the order is looked up again."""
    is_filled = report.status is VenueStatus.FILLED
    if report.filled > report.quantity or (is_filled and report.filled < report.quantity):
        raise ValueError(f"the order is {report.status}, yet another quantity of it was filled")
    return report


def _is_complete(report: OrderReport) -> bool:
    """Return True if the fills add up to the filled quantity."""
    return sum((fill.quantity for fill in report.fills), Decimal(0)) == report.filled <= report.quantity
