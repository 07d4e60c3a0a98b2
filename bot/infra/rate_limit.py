"""How every vendor is asked: not too often, not for ever, and not at all while it wants to be left alone."""

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

_TOO_OFTEN = HTTPStatus.TOO_MANY_REQUESTS
_BANNED = 418
"""Binance's word for "you went on after 429": every further request makes the ban longer."""
_UNSAID_BAN = timedelta(minutes=2)
"""Binance's shortest ban, for one that names no end."""
_FURTHEST = timedelta(days=7)
"""A vendor that names a later end than this is asked again after this."""
_FIRST_BACKOFF = 1.0
_RESTRICTED = re.compile(r"restricted|not available in your|your (country|region|location|jurisdiction)", re.IGNORECASE)
_SHOWN_OF_BODY = 4000
_RESUME = "resume with the same command"


class ResponseInfo(Protocol):
    """What is read of an answer, whichever library brought it."""

    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str | None]: ...

    @property
    def text(self) -> str: ...


AnAnswer = TypeVar("AnAnswer", bound=ResponseInfo)


@dataclass(frozen=True, slots=True)
class _Failure:
    """One try that brought nothing: what it was, and how long the vendor asks to wait, if it says so."""

    was: str
    wait: float | None = None
    is_limit: bool = False
    is_ban: bool = False


class RetryPolicy:
    """The one policy of all vendors, host by host; durations are in seconds.

    `pause` is the least time between two requests to a host, `tries` how often one question is put, `longest_wait`
    the longest that a vendor's Retry-After is obeyed by waiting here, `patience` the longest that a host is waited
    for in all. `jitter` gives numbers in [0, 1). `skew` is each host's clock less ours, by its last answer, good to
    about a second; `closed` tells until when each host that asked for it is left alone.
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
        self._asked: dict[str, datetime] = {}
        self.closed: dict[str, datetime] = {}
        self._left = defaultdict[str, float](lambda: patience)
        self._blocked: dict[str, Blocked] = {}

    def ask(self, host: str, send: Callable[[], AnAnswer]) -> AnAnswer:
        """The answer to one request, which may be an error of the kind that asking again does not mend (4xx).

        `send` raises OSError where no answer came. Raises RateLimited, Blocked, or Unreachable after the last try.
        """
        self._refuse_while_closed(host)
        for number in range(1, self._tries + 1):
            self._wait_for_turn(host)
            began = self.clock.now()
            outcome = self._try(host, send)
            if not isinstance(outcome, _Failure):
                return outcome
            wait = self._wait_after(outcome, number)
            self._left[host] -= wait + max((self.clock.now() - began).total_seconds(), 0.0)
            is_last = wait > self._longest_wait or number == self._tries or self._left[host] < 0
            if outcome.is_limit:
                if (outcome.is_ban and outcome.wait is None) or is_last:
                    self._close(host, outcome)
            elif is_last:
                count = f"{number} {'try' if number == 1 else 'tries'}"
                raise Unreachable(f"gave no sound answer in {count}", where=host, was=outcome.was, mend=_RESUME)
            self.clock.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def closed_until(self, host: str) -> datetime | None:
        """The moment before which the host is not asked, or None where it may be asked now."""
        until = self.closed.get(host)
        return until if until is not None and self.clock.now() < until else None

    def _refuse_while_closed(self, host: str) -> None:
        if host in self._blocked:
            raise self._blocked[host]
        if (until := self.closed_until(host)) is not None:
            raise RateLimited(f"was asked too often and is left alone until {iso(until)}", where=host, mend=_RESUME)

    def _close(self, host: str, failure: _Failure) -> NoReturn:
        unsaid = _UNSAID_BAN if failure.is_ban else timedelta(seconds=self._longest_wait)
        wait = unsaid if failure.wait is None else timedelta(seconds=failure.wait)
        until = self.clock.now() + wait
        self.closed[host] = until
        raise RateLimited(
            f"asks to be left alone until {iso(until)}", where=host, was=failure.was, mend=f"{_RESUME} after that"
        )

    def _wait_for_turn(self, host: str) -> None:
        if (last := self._asked.get(host)) is not None:
            # A clock that was set back would make the rest longer than the pause itself.
            rest = min(self._pause - (self.clock.now() - last).total_seconds(), self._pause)
            if rest > 0:
                self.clock.sleep(rest)

    def _try(self, host: str, send: Callable[[], AnAnswer]) -> AnAnswer | _Failure:
        before = self.clock.now()
        try:
            answer = send()
        except OSError as problem:
            # Only the kind: the text of such an error names the whole address, query string and all.
            return _Failure(type(problem).__name__)
        finally:
            self._asked[host] = self.clock.now()
        self._measure_skew(host, answer, before)
        return self._judge(host, answer)

    def _judge(self, host: str, answer: AnAnswer) -> AnAnswer | _Failure:
        status = answer.status_code
        was = f"HTTP {status}"
        if status in (_TOO_OFTEN, _BANNED):
            return _Failure(was, self._retry_after(answer), is_limit=True, is_ban=status == _BANNED)
        if status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS or (
            status == HTTPStatus.FORBIDDEN and _RESTRICTED.search(answer.text[:_SHOWN_OF_BODY])
        ):
            self._blocked[host] = Blocked(
                "does not serve this place", where=host, was=was, mend="name another source in the config"
            )
            raise self._blocked[host]
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _Failure(was, self._retry_after(answer))
        return answer

    def _wait_after(self, failure: _Failure, number: int) -> float:
        if failure.wait is not None:
            return failure.wait
        return self._jitter() * min(_FIRST_BACKOFF * 2.0**number, self._longest_wait)

    def _retry_after(self, answer: ResponseInfo) -> float | None:
        """The seconds that an answer asks to wait, or None where it says nothing that can be understood."""
        text = (answer.headers.get("Retry-After") or "").strip()
        if text.isascii() and text.isdigit():
            # Only the length matters of a number that no clock reaches; int() refuses thousands of digits.
            seconds = float(text[:30])
        elif (moment := _http_date(text)) is not None:
            theirs = _http_date(answer.headers.get("Date") or "")
            seconds = (moment - (theirs or self.clock.now())).total_seconds()
        else:
            return None
        return min(max(seconds, 0.0), _FURTHEST.total_seconds())

    def _measure_skew(self, host: str, answer: ResponseInfo, before: datetime) -> None:
        theirs = _http_date(answer.headers.get("Date") or "")
        if theirs is None:
            return
        age = (answer.headers.get("Age") or "").strip()  # a cache answered: Date is when it was filled
        if age.isascii() and age.isdigit():
            theirs += timedelta(seconds=min(float(age[:30]), _FURTHEST.total_seconds()))
        middle = before + (self.clock.now() - before) / 2
        self.skew[host] = (theirs - middle).total_seconds()


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
