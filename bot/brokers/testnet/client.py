"""The narrow door to an exchange's testnet: orders, balances and rules as exact values, and never the library's object.

Nothing that changes something is sent twice by itself, but for one case in which the venue says for certain that it
was not obeyed (a clock that is off). What was sent and not soundly answered is an `OutcomeUnknown`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn, TypeVar

from bot.brokers.testnet.dialects.binance import Binance
from bot.brokers.testnet.dialects.bybit import Bybit
from bot.brokers.testnet.dialects.dialect import Dialect, MarketOrder, Meaning, RefusalMeaning, SpotPair, VenueRequest
from bot.brokers.testnet.dialects.gate import Gate
from bot.brokers.testnet.guard import Loopback, Profile
from bot.brokers.testnet.keys import LOOPBACK_KEYS, Keys, keys_from
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill
from bot.brokers.testnet.session import TestnetSession
from bot.core.errors import BotError, DataError, KeysRefused, NotSandbox, OrderRejected, OutcomeUnknown
from bot.core.instrument import VenueRules
from bot.core.moments import iso
from bot.core.orders import Side
from bot.core.ports import Clock
from bot.core.text import printable
from bot.infra.vendor_errors import NotListed, RateLimited, Unreachable

_DIALECTS: Mapping[str, Callable[[str], Dialect]] = MappingProxyType({"binance": Binance, "bybit": Bybit, "gate": Gate})
_CLIENT_ID = re.compile(r"[a-z0-9-]{1,26}")
_TRIES = 3
"""How often a question that changes nothing is put, each time signed anew."""
_LATE = timedelta(seconds=11)
"""How long after it was sent an order can still come into being: the receive window, and a second."""
_MOMENT = 1.0
"""Seconds that a market order which is still open is given, so many times as `_TRIES`."""
_KEY_REST = timedelta(hours=1)
"""How long a venue that refused the keys so many times in a row as `_TRIES` is not asked with them."""
_SHOWN = 200
_LOOK_UP = "look the order up by its client id before anything else"
_NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the dialects raise at an answer of another shape."""
_Read = TypeVar("_Read")


class _Reply(NamedTuple):
    verdict: RefusalMeaning
    said: Any


def open_testnet(profile: Profile, clock: Clock, environment: Mapping[str, str]) -> TestnetExchange:
    """An exchange's testnet, or the venue on the loopback, which is never given the environment's keys.

    Raises ConfigError where a key is missing, NotSandbox where the way there is not as it must be.
    """
    keys = LOOPBACK_KEYS if type(profile) is Loopback else keys_from(environment, profile.venue)
    return TestnetExchange(TestnetSession(profile, keys, clock), keys, clock)


class TestnetExchange:
    """One account on one testnet. `pair` is such as ETH/USDT, quantities are in coins.

    Every method may raise NotSandbox, RateLimited (also while the venue wants to be left alone: nothing is sent),
    Blocked or KeysRefused, after each of which nothing has changed at the venue. Questions raise Unreachable where
    there was no sound answer after a few tries.
    """

    __slots__ = (
        "_client",
        "_clock",
        "_dialect",
        "_keys",
        "_keys_rest",
        "_listings",
        "_opened",
        "_refusals",
        "_sent",
        "_session",
    )
    __test__ = False  # pytest takes it for a test by its name

    def __init__(self, session: TestnetSession, keys: Keys, clock: Clock) -> None:
        # The library takes a second to load: only those who place orders wait for it.
        from bot.brokers.testnet.ccxt_client import sandbox_client

        self._client = sandbox_client(session, keys, clock)
        self._session, self._keys, self._clock = session, keys, clock
        self._dialect = _DIALECTS[session.profile.venue](self.venue)
        self._listings: dict[str, SpotPair] | None = None
        self._opened = clock.now()
        self._sent: dict[str, datetime] = {}
        self._refusals, self._keys_rest = 0, clock.now()

    @property
    def venue(self) -> str:
        """The name for people, such as `binance testnet`."""
        profile = self._session.profile
        return f"{profile.venue} {'on the loopback' if type(profile) is Loopback else 'testnet'}"

    @property
    def tried(self) -> bool:
        """Whether orders were ever placed this way, if only on a double of the venue; none was on a real testnet."""
        return self._dialect.tried

    def server_time(self) -> datetime:
        """The venue's clock."""
        return self._read(self._dialect.time(), self._dialect.read_time)

    def pairs(self) -> tuple[str, ...]:
        """Every spot pair, halted ones too, sorted."""
        return tuple(sorted(self._listed()))

    def rules(self, coin: str, quotes: Sequence[str] = ("USDT", "USD", "USDC")) -> VenueRules:
        """The rules of a coin's pair in the first of the quote currencies that has one. Raises NotListed."""
        found = next((one for quote in quotes if (one := self._listed().get(f"{coin}/{quote}"))), None)
        if found is None:
            raise NotListed(f"{coin} is not listed", where=self.venue, expected=f"a spot pair in {' or '.join(quotes)}")
        return found.rules

    def balances(self) -> tuple[AssetBalance, ...]:
        """Every asset that the account has something of; an answer without any asset at all is not believed."""

        def read(said: Any) -> list[AssetBalance]:
            found = list(self._dialect.read_balances(said))
            if not found:
                raise ValueError("no asset")
            return found

        found = self._read(self._dialect.balances(), read)
        return tuple(one for one in found if one.free or one.locked)

    def submit(self, client_order_id: str, pair: str, side: Side, quantity: Decimal) -> OrderReport:
        """Place a market order and tell how it stands.

        Raises OrderRejected where it certainly does not stand, OutcomeUnknown where it may: then `find` it.
        """
        order = self._checked(client_order_id, pair, side, quantity)
        listing = order.listing
        asked = self._dialect.best_ask(listing) if side is Side.BUY else None
        best_ask = None if asked is None else self._read(asked, self._dialect.read_best_ask)

        def read(said: Any) -> OrderReport | None:
            found = self._dialect.read_submitted(said, listing)
            return None if found is None else _believed(found, order)

        self._sent[client_order_id] = self._clock.now()
        try:
            report = self._write(self._dialect.submit(order, best_ask), read, client_order_id)
        except OutcomeUnknown:
            raise
        except BotError:
            self._sent.pop(client_order_id, None)
            raise
        if report is None or not _adds_up(report):
            report = self._looked_up(client_order_id, pair)
        if report is None:
            raise self._lost(client_order_id, "no such order")
        self._sent.pop(client_order_id, None)
        return report

    def find(self, client_order_id: str, pair: str) -> OrderReport | None:
        """The order with its fills, or None where the venue says for certain that there is none.

        An order can still come into being 11 seconds after it was sent. So where it was sent that recently, or might
        have been by a process that ended before this one began, None is asked for twice.
        """
        self._require_client_id(client_order_id)
        listing = self._listing(pair)
        report = self._found(client_order_id, listing)
        profile = self._session.profile
        late = profile.late if type(profile) is Loopback else _LATE
        rest = self._sent.get(client_order_id, self._opened) + late - self._clock.now()
        if report is None and rest > timedelta(0):
            self._clock.sleep(min(rest, late).total_seconds())
            report = self._found(client_order_id, listing)
        return report if report is None or not report.filled else self._with_fills(report, listing)

    def cancel(self, client_order_id: str, pair: str) -> OrderReport:
        """Cancel what is left of an order and tell how it ended; one that had ended already is told as it is.

        Raises OrderRejected where there is no such order, OutcomeUnknown where it may or may not be canceled.
        """
        self._require_client_id(client_order_id)
        question = self._dialect.cancel(client_order_id, self._listing(pair))
        was_there = self._write(question, lambda said: True, client_order_id, missing=lambda: False)
        report = self._looked_up(client_order_id, pair)
        if report is not None:
            return report
        if was_there:
            raise self._lost(client_order_id, "no such order")
        raise OrderRejected("there is no such order", where=self._where(client_order_id))

    def ended(self, report: OrderReport) -> OrderReport:
        """An order once nothing of it is open: it is given a moment, then what is left is canceled.

        Raises OutcomeUnknown where it may still be open.
        """
        for _ in range(_TRIES):
            if not report.is_open:
                return report
            self._clock.sleep(_MOMENT)
            report = self._looked_up(report.client_order_id, report.pair) or report
        try:
            report = self.cancel(report.client_order_id, report.pair)
        except OrderRejected:  # it may have ended in the meantime
            report = self._looked_up(report.client_order_id, report.pair) or report
        if report.is_open:
            raise self._lost(report.client_order_id, str(report.status))
        return report

    def trades(self, pair: str) -> tuple[VenueFill, ...]:
        """The account's last trades in a pair, those placed by hand too, as far back as the venue shows them."""
        return tuple(self._read(self._dialect.trades(self._listing(pair)), self._dialect.read_fills))

    def _looked_up(self, client_order_id: str, pair: str) -> OrderReport | None:
        """The order that a request was about. Raises OutcomeUnknown where the venue does not tell."""
        try:
            return self.find(client_order_id, pair)
        except (DataError, KeysRefused) as problem:
            was = type(problem).__name__
        raise self._lost(client_order_id, was)

    def _lost(self, client_order_id: str, was: str) -> OutcomeUnknown:
        where = self._where(client_order_id)
        return OutcomeUnknown("took a request and cannot show the order", where=where, was=was, mend=_LOOK_UP)

    def _found(self, client_order_id: str, listing: SpotPair) -> OrderReport | None:
        def read(said: Any) -> OrderReport | None:
            found = self._dialect.read_found(said, client_order_id, listing)
            if found is not None and found.client_order_id != client_order_id:
                raise ValueError("another order")
            return found

        for question in self._dialect.find(client_order_id, listing):
            if (report := self._read(question, read, missing=lambda: None)) is not None:
                return report
        return None

    def _with_fills(self, report: OrderReport, listing: SpotPair) -> OrderReport:
        def read(said: Any) -> OrderReport:
            fills = tuple(sorted(self._dialect.read_fills(said), key=lambda fill: (fill.at, fill.fill_id)))
            found = OrderReport(
                report.client_order_id,
                report.venue_order_id,
                report.pair,
                report.side,
                report.quantity,
                report.filled,
                report.status,
                fills,
            )
            if not _adds_up(found):
                raise ValueError("trades that are not all there")
            return found

        return self._read(self._dialect.fills(report, listing), read)

    def _checked(self, client_order_id: str, pair: str, side: Side, quantity: Decimal) -> MarketOrder:
        """The order, if it may be sent. Raises OrderRejected before the venue is asked."""
        self._require_client_id(client_order_id)
        listing = self._listing(pair)
        step, where = listing.rules.step, self._where(client_order_id)
        if type(quantity) is not Decimal or not quantity.is_finite() or quantity <= 0 or quantity % step:
            raise OrderRejected(
                "the quantity is not in whole steps", where=where, expected=f"a multiple of {step:f}", was=str(quantity)
            )
        if type(side) is not Side:
            raise OrderRejected("is neither to buy nor to sell", where=where, was=str(side))
        return MarketOrder(client_order_id, listing, side, quantity)

    def _require_client_id(self, client_order_id: str) -> None:
        if type(client_order_id) is not str or not _CLIENT_ID.fullmatch(client_order_id):
            raise OrderRejected(
                "is no client order id",
                where=self.venue,
                was=repr(client_order_id)[:_SHOWN],
                expected="1 to 26 characters of a-z, 0-9 and -",
            )

    def _listing(self, pair: str) -> SpotPair:
        found = self._listed().get(pair)
        if found is None:
            raise NotListed(f"{pair} is not listed", where=self.venue)
        return found

    def _listed(self) -> dict[str, SpotPair]:
        if self._listings is None:

            def read(said: Any) -> dict[str, SpotPair]:
                found = {one.pair: one for one in self._dialect.read_listings(said)}
                if not found:
                    raise ValueError("no pair")
                return found

            self._listings = self._read(self._dialect.listings(), read)
        return self._listings

    def _read(
        self, question: VenueRequest, read: Callable[[Any], _Read], missing: Callable[[], _Read] | None = None
    ) -> _Read:
        """What a question that changes nothing is answered with, after a few tries."""
        for number in range(1, _TRIES + 1):
            try:
                return self._read_once(question, read, missing)
            except Unreachable as caught:
                problem = caught
            if number < _TRIES:
                self._clock.sleep(0.5 * 2**number)
        raise problem.with_traceback(None)

    def _read_once(
        self, question: VenueRequest, read: Callable[[Any], _Read], missing: Callable[[], _Read] | None
    ) -> _Read:
        verdict, said = self._put_in_time(question)
        if verdict.meaning is Meaning.MISSING and missing is not None:
            return missing()
        if verdict.meaning is Meaning.OBEYED:
            try:
                return read(said)
            except _NONSENSE as problem:
                was = _shape(problem)
        else:
            self._refuse_limits(verdict)
            was = self._told(verdict)
        raise Unreachable("gave an answer that makes no sense", where=self.venue, was=was)

    def _write(
        self,
        question: VenueRequest,
        read: Callable[[Any], _Read],
        client_order_id: str,
        missing: Callable[[], _Read] | None = None,
    ) -> _Read:
        """What a request that changes something is answered with; it is sent once."""
        where = self._where(client_order_id)
        try:
            verdict, said = self._put_in_time(question)
        except Unreachable as problem:
            was = problem.was or problem.what
        else:
            if verdict.meaning is Meaning.OBEYED:
                try:
                    return read(said)
                except _NONSENSE as problem:
                    was = _shape(problem)
            elif verdict.meaning is Meaning.MISSING and missing is not None:
                return missing()
            elif verdict.meaning is Meaning.UNKNOWN:
                was = self._told(verdict)
            else:
                self._refuse_limits(verdict)
                raise OrderRejected("is refused", where=where, was=self._told(verdict), code=verdict.code)
        raise OutcomeUnknown("may or may not have been obeyed", where=where, was=was, mend=_LOOK_UP)

    def _refuse_limits(self, verdict: RefusalMeaning) -> None:
        if verdict.meaning is Meaning.TOO_OFTEN:
            raise RateLimited("was asked too often", where=self.venue, was=self._told(verdict))
        if verdict.meaning is Meaning.KEY:
            raise KeysRefused(
                "does not take the keys",
                where=self.venue,
                was=self._told(verdict),
                mend="see whether they were revoked, then docs/testnet-keys.md",
            )

    def _put_in_time(self, question: VenueRequest) -> _Reply:
        """The reply; where the clocks differ, they are compared and the request, which was not obeyed, put again."""
        reply = self._put(question)
        if reply.verdict.meaning is Meaning.WRONG_TIME:
            self._call(self._client.load_time_difference)
            reply = self._put(question)
        return reply

    def _put(self, question: VenueRequest) -> _Reply:
        """The reply to one request. Raises Unreachable where there was none that could be read."""
        is_signed = question.endpoint.startswith("private")
        if is_signed and self._clock.now() < self._keys_rest:
            raise KeysRefused(
                "refused the keys too often and is not asked with them",
                where=self.venue,
                expected=f"a try after {iso(self._keys_rest)}",
            )
        status, body = self._call(lambda: getattr(self._client, question.endpoint)(dict(question.fields)))
        said: Any = None
        try:
            said = json.loads(body, parse_float=Decimal)
        except (ValueError, RecursionError):
            said = None
        verdict = RefusalMeaning(Meaning.UNKNOWN, "no JSON") if said is None else self._dialect.verdict(status, said)
        if is_signed:
            self._count_refusals(verdict)
        return _Reply(verdict, said)

    def _count_refusals(self, verdict: RefusalMeaning) -> None:
        self._refusals = self._refusals + 1 if verdict.meaning is Meaning.KEY else 0
        if self._refusals >= _TRIES:
            self._refusals, self._keys_rest = 0, self._clock.now() + _KEY_REST

    def _call(self, call: Callable[[], object]) -> tuple[int, str]:
        """Status and text of the one answer to a call of the library, whatever the library makes of it."""
        self._session.take_answer()
        problem: Exception | None = None
        try:
            with localcontext():  # the library rounds half up, and leaves it so for whoever comes after
                call()
        except Exception as caught:  # whatever it is, its frames hold signed requests
            problem = caught
        answer = self._session.take_answer()
        if isinstance(problem, NotSandbox) or (answer is None and isinstance(problem, BotError)):
            # Here nothing is being handled any more: no cause and no frame of the library hangs on to the error.
            problem.__cause__ = problem.__context__ = None
            raise problem.with_traceback(None)
        if answer is None:
            raise Unreachable("gave no sound answer", where=self.venue, was=type(problem).__name__)
        return answer

    def _told(self, verdict: RefusalMeaning) -> str:
        told = self._keys.hidden_in(f"{verdict.code} {verdict.text}")
        return printable(told)[:_SHOWN].strip()

    def _where(self, client_order_id: str) -> str:
        return f"{self.venue}, order {client_order_id}"

    def __repr__(self) -> str:
        return f"TestnetExchange({self.venue})"

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a testnet exchange cannot be copied or pickled")


def _shape(problem: Exception) -> str:
    """What was wrong with an answer, without any of it."""
    return str(problem) if type(problem) is ValueError else type(problem).__name__


def _believed(found: OrderReport, order: MarketOrder) -> OrderReport:
    """The venue's report of a new order. Raises ValueError where it is of another order than was sent."""
    same = (
        found.client_order_id == order.client_order_id and found.side is order.side and found.quantity == order.quantity
    )
    if not same:
        raise ValueError("a report of another order")
    return found


def _adds_up(report: OrderReport) -> bool:
    """Whether the fills are all there."""
    return sum((fill.quantity for fill in report.fills), Decimal(0)) == report.filled <= report.quantity
