"""Rate limit, retries and back-off for HTTP vendors."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn, Protocol, TypeVar

from bot.core.moments import iso
from bot.core.ports import Clock
from bot.infra.bans import Bans
from bot.infra.vendor_errors import Blocked, RateLimited, Unreachable

_RATE_LIMITED = HTTPStatus.TOO_MANY_REQUESTS
_BANNED = 418
"""Binance's status for requests after a 429. Every further request makes the ban longer."""
_DEFAULT_BAN = 120.0
"""Seconds of a ban without an end in the response: Binance's shortest."""
_TOO_FREQUENT = re.compile(r"access too frequent", re.IGNORECASE)
_TOO_FREQUENT_BAN = 600.0
"""Seconds of silence that Bybit asks for after its 403 "access too frequent"."""
_BANNED_UNTIL = re.compile(r"banned until (\d{13})\b", re.IGNORECASE)
"""End of Binance's ban in its text, in milliseconds since 1970-01-01."""
_LONGEST_PAUSE = timedelta(days=7)
"""Longest pause that a vendor's Retry-After is followed for."""
_FIRST_BACKOFF = 1.0
_RESTRICTED = re.compile(r"restricted|not available in your|your (country|region|location|jurisdiction)", re.IGNORECASE)
_SEARCHED_BYTES = 4000
_RESUME = "resume with the same command"


class ResponseInfo(Protocol):
    """Parts of an HTTP response that the policy reads; requests and curl_cffi both have them."""

    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str | None]: ...

    @property
    def text(self) -> str: ...


AnyResponse = TypeVar("AnyResponse", bound=ResponseInfo)


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failed try: its kind, and the wait in seconds that the vendor asks for, if any."""

    was: str
    wait: float | None = None
    is_limit: bool = False
    is_ban: bool = False


class RetryPolicy:
    """Pacing and retries of requests, kept per host.

    Parameters
    ----------
    clock : Clock
        Source of time and waiting.
    tries : int
        Attempts of one request.
    pause : float
        Least seconds between two requests to a host.
    longest_wait : float
        Longest Retry-After, in seconds, that is waited for here. After a longer one the host is closed.
    patience : float
        Seconds of waiting for a host in total, over all requests.
    jitter : callable
        Random numbers in [0, 1) that the back-off is multiplied by.

    Attributes
    ----------
    skew : dict of str to float
        Seconds by which a host's clock is ahead of this machine's, by its last response, to about a second.
    answered : dict of str to datetime
        UTC time that the content of a host's last response is from, at the latest.
    bans : Bans
        Pauses that hosts asked for. They outlive the process once `bans.keep_in` names a file.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        tries: int = 4,
        pause: float = 0.25,
        longest_wait: float = 60.0,
        patience: float = 180.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        if tries < 1:
            raise ValueError(f"tries must be at least 1, was {tries}")
        self.clock = clock
        self.skew: dict[str, float] = {}
        self.answered: dict[str, datetime] = {}
        self._tries, self._pause, self._longest_wait, self._jitter = tries, pause, longest_wait, jitter
        self._last_request: dict[str, datetime] = {}
        self.bans = Bans()
        self._patience_left = defaultdict[str, float](lambda: patience)
        self._blocked: dict[str, Blocked] = {}

    def request(self, host: str, send: Callable[[], AnyResponse]) -> AnyResponse:
        """Send a request with retries and return its response, which may be a 4xx error.

        Parameters
        ----------
        host : str
            Host that the pacing is kept for.
        send : callable
            Sends the request once. Raises OSError if the response is missing.

        Raises
        ------
        RateLimited
            The vendor asks for a pause that is too long to wait here.
        Blocked
            The vendor refuses this country.
        Unreachable
            All tries failed.
        """
        self._refuse_while_closed(host)
        for number in range(1, self._tries + 1):
            self._pace(host)
            began = self.clock.now()
            outcome = self._try(host, send)
            if not isinstance(outcome, _Failure):
                return outcome
            wait = self._wait_after(outcome, number)
            self._patience_left[host] -= wait + max((self.clock.now() - began).total_seconds(), 0.0)
            is_last = wait > self._longest_wait or number == self._tries or self._patience_left[host] < 0
            if outcome.is_limit:
                if (outcome.is_ban and outcome.wait is None) or is_last:
                    self._close(host, outcome)
            elif is_last:
                count = f"{number} {'try' if number == 1 else 'tries'}"
                raise Unreachable(f"gave no valid response in {count}", where=host, was=outcome.was, mend=_RESUME)
            self.clock.sleep(wait)
        raise RuntimeError("the last try must return or raise")

    def closed_until(self, host: str) -> datetime | None:
        """Return the UTC time until which requests to a host are paused, if they are."""
        return self.bans.until(host, self.clock.now())

    def close(self, host: str, seconds: float | None = None) -> datetime:
        """Pause requests to a host, by default for `longest_wait`, and return the end of the pause (UTC).

        For limits that a vendor states in the body of an answer.
        """
        now = self.clock.now()
        until = now + timedelta(seconds=self._longest_wait if seconds is None else seconds)
        self.bans.add(host, until, now)
        return until

    def _refuse_while_closed(self, host: str) -> None:
        if host in self._blocked:
            raise self._blocked[host]
        if (until := self.closed_until(host)) is not None:
            raise RateLimited(f"rate limited until {iso(until)}", where=host, mend=_RESUME)

    def _close(self, host: str, failure: _Failure) -> NoReturn:
        until = self.close(host, _DEFAULT_BAN if failure.is_ban and failure.wait is None else failure.wait)
        raise RateLimited(f"rate limited until {iso(until)}", where=host, was=failure.was, mend=f"{_RESUME} after that")

    def _pace(self, host: str) -> None:
        if (last := self._last_request.get(host)) is not None:
            # A clock that was set back would make the wait longer than the pause itself.
            wait_left = min(self._pause - (self.clock.now() - last).total_seconds(), self._pause)
            if wait_left > 0:
                self.clock.sleep(wait_left)

    def _try(self, host: str, send: Callable[[], AnyResponse]) -> AnyResponse | _Failure:
        before = self.clock.now()
        try:
            response = send()
        except OSError as problem:
            # Only the kind: the text of such an error has the whole URL, with its query.
            return _Failure(type(problem).__name__)
        finally:
            self._last_request[host] = self.clock.now()
        self._measure_times(host, response, before)
        return self._classify(host, response)

    def _classify(self, host: str, response: AnyResponse) -> AnyResponse | _Failure:
        """Judge a response by status and body together.

        | status | body | result |
        |---|---|---|
        | 429 | any | a limit: wait, then repeat |
        | 418 | any | a ban (Binance), until the time of Retry-After or of the text, else for 2 minutes |
        | 403 | "access too frequent" | a ban (Bybit), for 10 minutes at least |
        | 403 | names a country, region or restricted place | Blocked |
        | 451 | any | Blocked |
        | 5xx | any | a fault: repeat |
        | any other | any | returned to the vendor's own table |
        """
        status = response.status_code
        was = f"HTTP {status}"
        if status in (_RATE_LIMITED, _BANNED):
            return _Failure(was, self._limit_of(response), is_limit=True, is_ban=status == _BANNED)
        if status == HTTPStatus.FORBIDDEN and _TOO_FREQUENT.search(response.text[:_SEARCHED_BYTES]):
            wait = max(self._retry_after(response) or 0.0, _TOO_FREQUENT_BAN)
            return _Failure(f"{was}, access too frequent", wait, is_limit=True, is_ban=True)
        if status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS or (
            status == HTTPStatus.FORBIDDEN and _RESTRICTED.search(response.text[:_SEARCHED_BYTES])
        ):
            self._blocked[host] = Blocked(
                "does not serve this country", where=host, was=was, mend="set another source in the config"
            )
            raise self._blocked[host]
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _Failure(was, self._retry_after(response))
        return response

    def _limit_of(self, response: ResponseInfo) -> float | None:
        """Return the seconds of a limit: those of Retry-After, or up to the end that the body names."""
        stated = _BANNED_UNTIL.search(response.text[:_SEARCHED_BYTES])
        if (seconds := self._retry_after(response)) is not None or stated is None:
            return seconds
        end = datetime.fromtimestamp(int(stated.group(1)) / 1000, UTC)
        return _within((end - self.clock.now()).total_seconds())

    def _wait_after(self, failure: _Failure, number: int) -> float:
        if failure.wait is not None:
            return failure.wait
        return self._jitter() * min(_FIRST_BACKOFF * 2.0**number, self._longest_wait)

    def _retry_after(self, response: ResponseInfo) -> float | None:
        """Return the seconds of a valid Retry-After header: a number or an HTTP date."""
        text = (response.headers.get("Retry-After") or "").strip()
        if text.isascii() and text.isdigit():
            # int() refuses thousands of digits, and any number of 30 digits is cut to the longest pause anyway.
            seconds = float(text[:30])
        elif (vendor_moment := _http_date(text)) is not None:
            vendor_time = _http_date(response.headers.get("Date") or "")
            seconds = (vendor_moment - (vendor_time or self.clock.now())).total_seconds()
        else:
            return None
        return _within(seconds)

    def _measure_times(self, host: str, response: ResponseInfo, before: datetime) -> None:
        vendor_time, age = _http_date(response.headers.get("Date") or ""), _age_of(response)
        # A server may have read its data at any time before it was asked. A cache states how old its copy is, and some
        # caches write the time of their own answer into Date.
        self.answered[host] = min(before, vendor_time or before) - age
        if vendor_time is None:
            return
        # A response with an Age comes from a cache, and its Date is the time when the cache was filled.
        vendor_time += age
        middle = before + (self.clock.now() - before) / 2
        self.skew[host] = (vendor_time - middle).total_seconds()


def _within(seconds: float) -> float:
    return min(max(seconds, 0.0), _LONGEST_PAUSE.total_seconds())


def _age_of(response: ResponseInfo) -> timedelta:
    """Return the time that a response spent in a cache, by its Age header."""
    age = (response.headers.get("Age") or "").strip()
    is_number = age.isascii() and age.isdigit()
    return timedelta(seconds=_within(float(age[:30]))) if is_number else timedelta(0)


def _http_date(text: str) -> datetime | None:
    try:
        vendor_moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return vendor_moment.replace(tzinfo=UTC) if vendor_moment.tzinfo is None else vendor_moment.astimezone(UTC)
