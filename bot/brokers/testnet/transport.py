"""Send one request to a testnet through ccxt and classify the response.

A request that changes something is sent once. The one exception is a refusal for a wrong clock: the venue states that
it did not act, so the clocks are compared and the request is sent again. A request with an unclear response ends as
`OutcomeUnknown`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeVar

from bot.brokers.testnet.dialects.dialect import Dialect, VenueRequest
from bot.brokers.testnet.dialects.json_values import PARSE_ERRORS, describe
from bot.brokers.testnet.dialects.response_table import Meaning, ResponseMeaning
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.keys import Keys
from bot.brokers.testnet.session import TestnetSession
from bot.core.errors import BotError, KeysRefused, NotSandbox, OrderRejected, OutcomeUnknown
from bot.core.moments import iso
from bot.core.plural import counted
from bot.core.ports import Clock
from bot.core.text import printable
from bot.infra.vendor_errors import RateLimited, Refused, Unreachable, WrongClock

TRIES = 3
"""Attempts of a request that changes nothing, each signed anew."""
KEY_PAUSE = timedelta(hours=1)
"""Pause of signed requests after `TRIES` refusals of the keys in a row."""
LOOK_UP = "look the order up by its client id before anything else"
_SHOWN, _NAMED = 200, 5
_Parsed = TypeVar("_Parsed")


class _Response(NamedTuple):
    meaning: ResponseMeaning
    data: object


class TestnetTransport:
    """Requests to one venue in its dialect: retries, clock comparison and the pause after refused keys."""

    __slots__ = (
        "_client",
        "_clock",
        "_dialect",
        "_keys",
        "_refusals",
        "_reported",
        "_session",
        "venue",
    )
    __test__ = False  # pytest takes it for a test by its name

    def __init__(self, session: TestnetSession, keys: Keys, clock: Clock, venue: str, dialect: Dialect) -> None:
        # ccxt takes a second to load: only those who place orders wait for it.
        from bot.brokers.testnet.ccxt_client import sandbox_client

        self._client = sandbox_client(session, keys, clock)
        self._session, self._keys, self._clock, self._dialect = session, keys, clock, dialect
        # Names in the file of bans, so that the next process goes on counting. Other keys have other names.
        digest = hashlib.sha256(keys.key.encode()).hexdigest()[:12]
        self._refusals = tuple(
            f"{session.profile.origin} keys {digest} refusal {number + 1}" for number in range(TRIES)
        )
        self._reported: set[str] = set()
        self.venue = venue

    @property
    def max_order_delay(self) -> timedelta | None:
        """Largest delay of orders on the local venue; None on a real testnet."""
        profile = self._session.profile
        return profile.max_order_delay if type(profile) is Loopback else None

    def read(
        self,
        request: VenueRequest,
        parse: Callable[[object], _Parsed],
        missing: Callable[[], _Parsed] | None = None,
    ) -> _Parsed:
        """Send a read request, up to `TRIES` times, and parse the response.

        `missing` gives the result if the venue states that the order is missing. Raises Refused, after one try, for a
        refusal in the venue's own words, and Unreachable after the last try.
        """
        for number in range(1, TRIES + 1):
            try:
                return self._read_once(request, parse, missing)
            except Unreachable as caught:
                problem = caught
            if number < TRIES:
                self._clock.sleep(0.5 * 2**number)
        raise problem.with_traceback(None)

    def write(
        self,
        request: VenueRequest,
        parse: Callable[[object], _Parsed],
        where: str,
        missing: Callable[[], _Parsed] | None = None,
    ) -> _Parsed:
        """Send a request that changes something, once, and parse the response.

        Raises
        ------
        OrderRejected
            The venue refused the request.
        OutcomeUnknown
            The venue may have acted on the request.
        """
        try:
            meaning, data = self._send_in_time(request)
        except Unreachable as problem:
            was = problem.was or problem.what
        else:
            if meaning.meaning is Meaning.ACCEPTED:
                try:
                    return parse(data)
                except PARSE_ERRORS as problem:
                    was = describe(problem)
            elif meaning.meaning is Meaning.MISSING and missing is not None:
                return missing()
            elif meaning.meaning is Meaning.UNKNOWN:
                was = self._format_meaning(meaning)
            else:
                self._raise_limits(meaning)
                raise OrderRejected("is refused", where=where, was=self._format_meaning(meaning), code=meaning.code)
        raise OutcomeUnknown("the request has an unknown status", where=where, was=was, mend=LOOK_UP)

    def report_left_out(self, kind: str, members: Sequence[str]) -> None:
        """Log the odd members of a list that were left out, each once."""
        new = [member for member in members if member not in self._reported]
        if not new:
            return
        from loguru import logger

        self._reported.update(new)
        shown = ", ".join(new[:_NAMED]) + (", ..." if len(new) > _NAMED else "")
        logger.warning("{}: left out {} that cannot be read: {}", self.venue, counted(len(new), kind), shown)

    def call(self, call: Callable[[], object]) -> tuple[int, str]:
        """Run a ccxt call and return HTTP status and text of its one response, whatever ccxt makes of it."""
        self._session.take_response()
        problem: Exception | None = None
        try:
            with localcontext():  # ccxt sets the rounding of the whole thread to half up and leaves it so
                call()
        except Exception as caught:  # of any kind: its frames hold signed requests
            problem = caught
        response = self._session.take_response()
        if isinstance(problem, NotSandbox) or (response is None and isinstance(problem, BotError)):
            # Raised outside of the except block, so that the error keeps no cause and no frame of ccxt.
            problem.__cause__ = problem.__context__ = None
            raise problem.with_traceback(None)
        if response is None:
            raise Unreachable("gave no valid response", where=self.venue, was=type(problem).__name__)
        return response

    def _read_once(
        self,
        request: VenueRequest,
        parse: Callable[[object], _Parsed],
        missing: Callable[[], _Parsed] | None,
    ) -> _Parsed:
        meaning, data = self._send_in_time(request)
        if meaning.meaning is Meaning.MISSING and missing is not None:
            return missing()
        if meaning.meaning is Meaning.ACCEPTED:
            try:
                return parse(data)
            except PARSE_ERRORS as problem:
                was = describe(problem)
        else:
            self._raise_limits(meaning)
            was = self._format_meaning(meaning)
            if meaning.meaning in (Meaning.REFUSED, Meaning.MISSING):
                # The same request would get the same answer.
                raise Refused("refuses the request", where=self.venue, was=was)
        raise Unreachable("gave an unexpected response", where=self.venue, was=was)

    def _raise_limits(self, meaning: ResponseMeaning) -> None:
        if meaning.meaning is Meaning.RATE_LIMIT:
            raise RateLimited("too many requests", where=self.venue, was=self._format_meaning(meaning))
        if meaning.meaning is Meaning.WRONG_TIME:
            # Refused before it acted, also after the clocks were compared: the order stays open until the clock is set.
            raise WrongClock("refuses the time of requests", where=self.venue, was=self._format_meaning(meaning))
        if meaning.meaning is Meaning.KEY:
            raise KeysRefused(
                "does not accept the keys",
                where=self.venue,
                was=self._format_meaning(meaning),
                mend="check whether they were revoked, then see docs/testnet-keys.md",
            )

    def _send_in_time(self, request: VenueRequest) -> _Response:
        response = self._send(request)
        if response.meaning.meaning is Meaning.WRONG_TIME:
            # The venue refused before it acted, so sending once more is safe.
            self.call(self._client.load_time_difference)
            response = self._send(request)
        return response

    def _send(self, request: VenueRequest) -> _Response:
        is_signed = request.endpoint.startswith("private")
        paused_until = self._session.bans.until(self._refusals[-1], self._clock.now())
        if is_signed and paused_until is not None:
            raise KeysRefused(
                "refused the keys too often; signed requests are paused",
                where=self.venue,
                expected=f"a try after {iso(paused_until)}",
            )
        status, body = self.call(lambda: getattr(self._client, request.endpoint)(dict(request.fields)))
        data: object = None
        try:
            data = json.loads(body, parse_float=Decimal)
        except (ValueError, RecursionError):
            data = None
        # ccxt reads a page of HTML with status 200 as an empty answer, so the text itself is parsed here.
        meaning = self._dialect.classify(status, data, body)
        if is_signed:
            self._count_refusals(meaning)
        return _Response(meaning, data)

    def keep_bans(self, path: Path) -> None:
        """Keep the venue's pauses and the refusals of the keys in a file, for the next process."""
        self._session.bans.keep_in(path)

    def _count_refusals(self, meaning: ResponseMeaning) -> None:
        # A revoked key looks like a network fault to ccxt: without a cap it would be sent again and again.
        bans, now = self._session.bans, self._clock.now()
        free = [name for name in self._refusals if bans.until(name, now) is None]
        if meaning.meaning is Meaning.KEY and free:
            bans.add(free[0], now + KEY_PAUSE, now)
        elif meaning.meaning is not Meaning.KEY and len(free) < TRIES:
            bans.remove(self._refusals, now)

    def _format_meaning(self, meaning: ResponseMeaning) -> str:
        text = self._keys.redact(f"{meaning.code} {meaning.text}")
        return printable(text)[:_SHOWN].strip()

    def __repr__(self) -> str:
        return f"TestnetTransport({self.venue})"

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a testnet transport cannot be copied or pickled")
