"""HTTP session to a testnet. The guard checks each request in the last step before the network."""

from __future__ import annotations

import http.client
import logging
import os
from collections import OrderedDict
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

from bot.brokers.testnet.guard import Loopback, Profile, refuse_unless_sandbox
from bot.brokers.testnet.keys import Keys
from bot.core.errors import NotSandbox
from bot.core.ports import Clock
from bot.infra.bans import Bans
from bot.infra.deadline import set_deadline
from bot.infra.log_redaction import hide_queries
from bot.infra.public_http import read_response
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Unreachable

_PAUSE = 0.1
"""Least seconds between two requests to a testnet."""
_TIMEOUTS = (10.0, 10.0)
"""Seconds to connect, and between two pieces of an answer."""
_DEADLINE, _MAX_BYTES = 30.0, 50_000_000
"""Seconds and bytes for a whole answer."""


def is_warning(record: logging.LogRecord) -> bool:
    """Return True for warnings and above. Records below hold whole URLs with signatures."""
    return record.levelno >= logging.WARNING


def silence_http_logs() -> None:
    """Filter the HTTP library's loggers so that URLs and headers stay out of every log.

    A filter holds even if somebody lowers the level later. Queries are removed from what is left, the warnings.
    """
    hide_queries()
    for name in ("urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry", "requests"):
        logger = logging.getLogger(name)
        if is_warning not in logger.filters:
            logger.addFilter(is_warning)


class GuardedAdapter(HTTPAdapter):
    """Adapter that sends only requests on the guard's allow-list.

    ccxt's calls, its helpers and each redirect all end in `HTTPAdapter.send`: checks above it miss a redirect, which
    sends the signed body and the key again.
    """

    def __init__(self, profile: Profile, keys: Keys) -> None:
        super().__init__(max_retries=0)
        set_deadline(self, _DEADLINE)
        self.__profile, self.__keys = profile, keys

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        """Send a request once, directly and over verified TLS. Raises NotSandbox unless it is on the allow-list."""
        if type(request) is not requests.PreparedRequest:
            raise NotSandbox("is not a plain request", was=type(request).__name__)
        checked = request.copy()  # the caller cannot change it between the check and the sending
        refuse_unless_sandbox(
            self.__profile, self.__keys.key, checked.method, checked.url, checked.headers, checked.body
        )
        self._refuse_eavesdroppers()
        return super().send(checked, stream=True, timeout=_TIMEOUTS, verify=True, cert=None, proxies=OrderedDict())

    def _refuse_eavesdroppers(self) -> None:
        if type(self.__profile) is not Loopback and os.environ.get("SSLKEYLOGFILE"):
            raise NotSandbox("TLS key logging is on", where="SSLKEYLOGFILE", mend="unset it")
        if http.client.HTTPConnection.debuglevel:
            raise NotSandbox(
                "HTTP debugging is on and would print keys", where="http.client.HTTPConnection.debuglevel", expected="0"
            )

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a guarded adapter cannot be copied or pickled")


class TestnetSession:
    """Stand-in for `requests.Session` that ccxt uses to send single requests.

    It has only the methods that ccxt calls. A real session would also follow redirects, keep cookies, read proxies and
    passwords from the environment, and let others mount adapters. Each request is sent once.
    """

    __slots__ = ("__weakref__", "_adapter", "_profile", "_response", "_retry_policy")
    __test__ = False  # pytest takes it for a test by its name
    _adapter: GuardedAdapter
    _response: tuple[int, str] | None
    _retry_policy: RetryPolicy
    _profile: Profile

    def __init__(self, profile: Profile, keys: Keys, clock: Clock) -> None:
        silence_http_logs()
        retry_policy = RetryPolicy(clock, tries=1, pause=0.0 if type(profile) is Loopback else _PAUSE)
        object.__setattr__(self, "_adapter", GuardedAdapter(profile, keys))
        object.__setattr__(self, "_response", None)
        object.__setattr__(self, "_retry_policy", retry_policy)
        object.__setattr__(self, "_profile", profile)

    @property
    def headers(self) -> dict[str, str]:
        """Default headers: an empty dictionary."""
        return {}

    @property
    def cookies(self) -> RequestsCookieJar:
        """Cookies: a new empty jar on each access."""
        return RequestsCookieJar()

    @property
    def profile(self) -> Profile:
        """Target of every request."""
        return self._profile

    @property
    def bans(self) -> Bans:
        """Pauses that the venue asked for."""
        return self._retry_policy.bans

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
        """Send one request and return its response. `timeout` is ignored in favour of the session's own.

        Raises
        ------
        NotSandbox
            The request is absent from the allow-list and was blocked before sending.
        RateLimited, Blocked, Unreachable
            As `RetryPolicy.request`.
        """
        object.__setattr__(self, "_response", None)
        if proxies or verify is not True or files is not None or others:
            raise NotSandbox("proxies, unverified certificates and files are not allowed", where=self._profile.origin)
        try:
            prepared = requests.Request(method, url, headers=dict(headers or {}), data=data or None).prepare()
        except (requests.RequestException, ValueError, UnicodeError) as problem:
            was = type(problem).__name__
        else:
            return self._send(prepared)
        raise NotSandbox("the request is invalid", where=self._profile.origin, was=was)

    def take_response(self) -> tuple[int, str] | None:
        """Return HTTP status and text of the last response, if it was valid, and forget it."""
        response = self._response
        object.__setattr__(self, "_response", None)
        return response

    def close(self) -> None:
        """Close open connections. The session can be used again."""
        self._adapter.close()

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        host = urlsplit(self._profile.origin).netloc
        response = self._retry_policy.request(
            host, lambda: read_response(self._adapter.send(prepared), _DEADLINE, _MAX_BYTES)
        )
        if 300 <= response.status_code < 400:
            target = urlsplit(response.headers.get("Location", "")).hostname or "another page"
            raise Unreachable(f"redirects to {target}; redirects are not followed", where=host)
        response.encoding = "utf-8"
        object.__setattr__(self, "_response", (response.status_code, response.text))
        return response

    def __repr__(self) -> str:
        return f"TestnetSession({self._profile})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise NotSandbox("a testnet session cannot be changed", was=name)

    def __delattr__(self, name: str) -> NoReturn:
        raise NotSandbox("a testnet session cannot be changed", was=name)

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a testnet session cannot be copied or pickled")
