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
from bot.infra.vendor_errors import Blocked, RateLimited, Unreachable

_RATE_LIMITED = HTTPStatus.TOO_MANY_REQUESTS
_BANNED = 418
"""Binance's status for requests after a 429. Every further request makes the ban longer."""
_DEFAULT_BAN = timedelta(minutes=2)
"""Length of a ban without an end in the response: Binance's shortest."""
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
    closed : dict of str to datetime
        UTC time until which requests to a host are paused, at its own request.
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
        self._tries, self._pause, self._longest_wait, self._jitter = tries, pause, longest_wait, jitter
        self._last_request: dict[str, datetime] = {}
        self.closed: dict[str, datetime] = {}
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
        until = self.closed.get(host)
        return until if until is not None and self.clock.now() < until else None

    def _refuse_while_closed(self, host: str) -> None:
        if host in self._blocked:
            raise self._blocked[host]
        if (until := self.closed_until(host)) is not None:
            raise RateLimited(f"rate limited until {iso(until)}", where=host, mend=_RESUME)

    def _close(self, host: str, failure: _Failure) -> NoReturn:
        default = _DEFAULT_BAN if failure.is_ban else timedelta(seconds=self._longest_wait)
        wait = default if failure.wait is None else timedelta(seconds=failure.wait)
        until = self.clock.now() + wait
        self.closed[host] = until
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
        self._measure_skew(host, response, before)
        return self._classify(host, response)

    def _classify(self, host: str, response: AnyResponse) -> AnyResponse | _Failure:
        status = response.status_code
        was = f"HTTP {status}"
        if status in (_RATE_LIMITED, _BANNED):
            return _Failure(was, self._retry_after(response), is_limit=True, is_ban=status == _BANNED)
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
        return min(max(seconds, 0.0), _LONGEST_PAUSE.total_seconds())

    def _measure_skew(self, host: str, response: ResponseInfo, before: datetime) -> None:
        vendor_time = _http_date(response.headers.get("Date") or "")
        if vendor_time is None:
            return
        # A response with an Age comes from a cache, and its Date is the time when the cache was filled.
        age = (response.headers.get("Age") or "").strip()
        if age.isascii() and age.isdigit():
            vendor_time += timedelta(seconds=min(float(age[:30]), _LONGEST_PAUSE.total_seconds()))
        middle = before + (self.clock.now() - before) / 2
        self.skew[host] = (vendor_time - middle).total_seconds()


def _http_date(text: str) -> datetime | None:
    try:
        vendor_moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return vendor_moment.replace(tzinfo=UTC) if vendor_moment.tzinfo is None else vendor_moment.astimezone(UTC)
