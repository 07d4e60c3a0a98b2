"""Health ping: a GET to the user's own address after each good tick, so that its absence is noticed elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from bot.core.errors import ConfigError, NotPublic
from bot.infra.deadline import set_deadline
from bot.paper.exchange_domains import names_exchange
from bot.paper.outgoing_request import refuse_other_address, refuse_other_headers

PING_URL = "BOT_PING_URL"
"""Environment variable with the address of the ping. It is a secret: whoever has it can fake a living bot."""
Ping = Callable[[], str | None]
"""Sends a ping and returns a line about its failure."""
_TIMEOUTS, _DEADLINE = (5.0, 10.0), 15.0
"""Seconds: to connect, between two pieces of the answer, and for all of it. A slow address may not hold up the day."""
_HEADERS = {
    "accept": re.compile(r"\*/\*"),
    "accept-encoding": re.compile(r"[a-z, ]+"),
    "connection": re.compile(r"close|keep-alive"),
    "user-agent": re.compile(r"small-cap-rotation"),
}
"""Headers of a ping, with the pattern of their values."""


def refuse_unless_ping(url: str, request: requests.PreparedRequest) -> None:
    """Allow the one request of a ping: GET of the configured URL over https, with fixed headers and an empty body.

    The check is independent of the sender and reads the request as it is sent.

    Parameters
    ----------
    url
        The configured URL.
    request
        The request.

    Raises
    ------
    NotPublic
        The request is refused. The message leaves the URL out.
    """
    asked = request.url or ""
    parts = urlsplit(asked)
    if request.method != "GET":
        raise NotPublic("a ping is a GET", where=PING_URL, expected="GET", was=str(request.method))
    if parts.scheme != "https" or "@" in parts.netloc or parts.port not in (None, 443):
        raise NotPublic("a ping goes over https to port 443", where=PING_URL)
    refuse_other_address(url, asked, PING_URL, "a ping")
    if request.body is not None:
        raise NotPublic("a ping has no body", where=PING_URL)
    refuse_other_headers(_HEADERS, request.headers, PING_URL)


class PingGuard(BaseAdapter):
    """Last step before the network: passes the one allowed request on to its carrier."""

    def __init__(self, url: str, carrier: BaseAdapter) -> None:
        super().__init__()
        if isinstance(carrier, HTTPAdapter):
            set_deadline(carrier, _DEADLINE)
        self._url, self._carrier = url, carrier

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, or raise NotPublic before the network."""
        refuse_unless_ping(self._url, request)
        return self._carrier.send(request, *args, **kwargs)

    def close(self) -> None:
        """Close the carrier."""
        self._carrier.close()


def open_ping(environment: Mapping[str, str], carrier: BaseAdapter | None = None) -> Ping:
    """Return the sender of pings to the environment's address, if that is set.

    Raises ConfigError for an address that is refused; addresses are secrets, so the message leaves it out.
    """
    text = environment.get(PING_URL, "").strip()
    if not text:
        return lambda: None
    url = _checked(text)
    session = ping_session(url, carrier)

    def ping() -> str | None:
        try:
            response = session.get(url, timeout=_TIMEOUTS, allow_redirects=False, stream=True)
            response.close()
        except requests.RequestException as problem:
            return f"the ping was not sent: {type(problem).__name__}"
        if not response.ok or response.is_redirect or response.status_code >= 300:
            return f"the ping was not taken: HTTP {response.status_code}"
        return None

    return ping


def ping_session(url: str, carrier: BaseAdapter | None = None) -> requests.Session:
    """Return the session of a ping. Proxies, cookies and passwords of the environment are off."""
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = "small-cap-rotation"
    session.headers["Connection"] = "close"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount("", PingGuard(url, carrier or HTTPAdapter()))
    return session


def _checked(text: str) -> str:
    """Return the URL as requests sends it. Raises ConfigError."""
    try:
        url = requests.Request("GET", text).prepare().url or ""
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and "@" not in parts.netloc and parts.port in (None, 443)
    except (ValueError, requests.RequestException):
        is_plain, url = False, ""
    if not is_plain or not url.isascii() or len(text.split()) != 1:
        expected = "one address https://..., without a user name, on port 443"
        raise ConfigError("is no address for a ping", where=PING_URL, expected=expected)
    if names_exchange(url) or names_exchange(text):
        raise ConfigError("is one of an exchange, where no ping is sent", where=PING_URL, mend="leave it out")
    return url
