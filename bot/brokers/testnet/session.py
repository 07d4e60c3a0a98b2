"""The one line to a testnet: each request is held against the guard in the last place before the network."""

from __future__ import annotations

import http.client
import logging
import os
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

from bot.brokers.testnet.guard import Loopback, Profile, refuse_unless_sandbox
from bot.brokers.testnet.keys import Keys
from bot.core.errors import NotSandbox
from bot.core.ports import Clock
from bot.infra.public_http import whole_answer
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Unreachable

_PAUSE = 0.1
"""Seconds between two requests to a testnet."""
_TIMEOUTS = (10.0, 10.0)
"""Seconds to connect, and between two pieces of an answer."""
_DEADLINE, _LARGEST = 30.0, 50_000_000
"""Seconds and bytes for a whole answer."""


def quiet(record: logging.LogRecord) -> bool:
    """Whether a record of the HTTP library may be kept: none below a warning, since those hold whole addresses."""
    return record.levelno >= logging.WARNING


def silence_wire_logs() -> None:
    """Keep addresses and headers out of every log, whatever levels are set later."""
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.util.retry", "requests"):
        logger = logging.getLogger(name)
        if quiet not in logger.filters:
            logger.addFilter(quiet)


class GuardedAdapter(HTTPAdapter):
    """The last step before the network: nothing passes that the guard does not know, by whatever rules it is sent."""

    def __init__(self, profile: Profile, keys: Keys) -> None:
        super().__init__(max_retries=0)
        self.__profile, self.__keys = profile, keys

    def send(self, request: requests.PreparedRequest, *args: Any, **rules: Any) -> requests.Response:
        """Send a request that may leave, over checked TLS, without a proxy, once. Raises NotSandbox otherwise."""
        if type(request) is not requests.PreparedRequest:
            raise NotSandbox("is no plain request", was=type(request).__name__)
        copied = request.copy()  # so that what was checked is what is sent
        refuse_unless_sandbox(self.__profile, self.__keys.key, copied.method, copied.url, copied.headers, copied.body)
        self._refuse_listeners()
        return super().send(copied, stream=True, timeout=_TIMEOUTS, verify=True, cert=None, proxies=OrderedDict())

    def _refuse_listeners(self) -> None:
        if type(self.__profile) is not Loopback and os.environ.get("SSLKEYLOGFILE"):
            raise NotSandbox("would write down what opens the encrypted line", where="SSLKEYLOGFILE", mend="unset it")
        if http.client.HTTPConnection.debuglevel:
            raise NotSandbox("would print keys", where="http.client.HTTPConnection.debuglevel", expected="0")

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("the line to a testnet cannot be copied or pickled")


class TestnetSession:
    """What the exchange library takes for a session: it sends one request, and has nothing to change.

    It is no `requests.Session`: there are no adapters to mount, no redirects, no cookies, no proxies, no passwords of
    the environment, no hooks. Each request is tried once only, so that nothing is ever sent twice.
    """

    __slots__ = ("__weakref__", "_adapter", "_answer", "_courtesy", "_profile")
    __test__ = False  # pytest takes it for a test by its name
    _adapter: GuardedAdapter
    _answer: tuple[int, str] | None
    _courtesy: RetryPolicy
    _profile: Profile

    def __init__(self, profile: Profile, keys: Keys, clock: Clock) -> None:
        silence_wire_logs()
        courtesy = RetryPolicy(clock, tries=1, pause=0.0 if type(profile) is Loopback else _PAUSE)
        object.__setattr__(self, "_adapter", GuardedAdapter(profile, keys))
        object.__setattr__(self, "_answer", None)
        object.__setattr__(self, "_courtesy", courtesy)
        object.__setattr__(self, "_profile", profile)

    @property
    def headers(self) -> dict[str, str]:
        """None that would be added to a request."""
        return {}

    @property
    def cookies(self) -> RequestsCookieJar:
        """An empty jar that nobody looks into."""
        return RequestsCookieJar()

    @property
    def profile(self) -> Profile:
        """Where everything goes."""
        return self._profile

    def request(
        self,
        method: str,
        url: str,
        *,
        data: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        proxies: Mapping[str, str] | None = None,
        verify: bool = True,
        files: object = None,
        **others: object,
    ) -> requests.Response:
        """The answer to one request, sent once, without following where it may lead; `timeout` is the session's own.

        Raises NotSandbox before anything is sent; RateLimited, Blocked or Unreachable as Courtesy says.
        """
        object.__setattr__(self, "_answer", None)
        if proxies or verify is not True or files is not None or others:
            raise NotSandbox(
                "a proxy, an unchecked certificate or a file is not for a testnet", where=self._profile.origin
            )
        try:
            prepared = requests.Request(method, url, headers=dict(headers or {}), data=data or None).prepare()
        except (requests.RequestException, ValueError, UnicodeError) as problem:
            was = type(problem).__name__
        else:
            return self._sent(prepared)
        raise NotSandbox("is no request that could be sent", where=self._profile.origin, was=was)

    def take_answer(self) -> tuple[int, str] | None:
        """Status and text of what the last request was answered with, or None where it was not soundly answered."""
        answer = self._answer
        object.__setattr__(self, "_answer", None)
        return answer

    def close(self) -> None:
        """Let go of open connections; the session can be used again."""
        self._adapter.close()

    def _sent(self, prepared: requests.PreparedRequest) -> requests.Response:
        host = urlsplit(self._profile.origin).netloc
        answer = self._courtesy.ask(host, lambda: whole_answer(self._adapter.send(prepared), _DEADLINE, _LARGEST))
        if 300 <= answer.status_code < 400:
            elsewhere = urlsplit(answer.headers.get("Location", "")).hostname or "another page"
            raise Unreachable(f"sends us on to {elsewhere}, where we do not go", where=host)
        answer.encoding = "utf-8"
        object.__setattr__(self, "_answer", (answer.status_code, answer.text))
        return answer

    def __repr__(self) -> str:
        return f"SealedSession({self._profile})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise NotSandbox("a sealed session cannot be changed", was=name)

    def __delattr__(self, name: str) -> NoReturn:
        raise NotSandbox("a sealed session cannot be changed", was=name)

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a sealed session cannot be copied or pickled")
