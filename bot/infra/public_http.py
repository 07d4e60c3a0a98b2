"""HTTP session for public data: anonymous GET requests to named hosts over TLS."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from bot.core.errors import NotPublic
from bot.infra.deadline import DeadlineExceeded, set_deadline
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Unreachable

USER_AGENT = "Mozilla/5.0 (compatible; small-cap-rotation)"
_ANY_TEXT = re.compile(r"[^\r\n]*")
_PUBLIC_HEADERS = {
    **dict.fromkeys(("accept", "accept-encoding", "accept-language", "connection", "user-agent"), _ANY_TEXT),
    # ccxt adds a version for Coinbase and its own name for Gate.
    "cb-version": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "x-gate-channel-id": re.compile(r"ccxt"),
}
"""Headers that a public request may carry, with the pattern of their values."""
_PUBLIC_KEYS = frozenset(
    [
        # FRED, and Yahoo's chart.
        "id",
        "cosd",
        "events",
        "includePrePost",
        "interval",
        "period1",
        "period2",
        "range",
        # Markets, daily candles, tickers and books of the listed venues, as ccxt requests them.
        "symbol",
        "limit",
        "startTime",
        "category",
        "start",
        "end",
        "product_id",
        "product_type",
        "granularity",
        "currency_pair",
        "from",
        "to",
        "with_id",
        "pair",
        "since",
        "count",
        "instId",
        "instType",
        "bar",
        "after",
        "before",
        "sz",
    ]
)
"""Query keys that a public request may carry. Any other key may be a credential."""
_CHUNK = 1 << 16
GuardProfile = Callable[[str | None, str | None, Mapping[str, Any], object], None]
"""Checks method, URL, headers and body of a request. Raises NotPublic."""


def refuse_unless_public(method: str | None, url: str | None, hosts: Iterable[str], keys: Iterable[str] = ()) -> None:
    """Allow only a GET over https on port 443 to a known host with known query keys.

    Messages show the host of the URL only: its query may hold secrets.

    Parameters
    ----------
    method, url : str or None
        Request line as it is sent.
    hosts : iterable of str
        Allowed host names.
    keys : iterable of str
        Query keys that are sent beside those in the URL.

    Raises
    ------
    NotPublic
        The request is refused.
    """
    parts = urlsplit(url or "")
    # The whole authority is compared, so that a user name, another port or a look-alike host is refused.
    authority = parts.netloc.lower()
    where = parts.hostname or "a request"
    if method != "GET":
        raise NotPublic("only GET requests are allowed", where=where, expected="GET", was=str(method))
    if parts.scheme != "https":
        raise NotPublic("the request is not encrypted", where=where, expected="https", was=parts.scheme or "none")
    if authority not in {name for host in hosts for name in (host, f"{host}:443")}:
        shown = "a host with a user name" if "@" in authority else authority
        raise NotPublic("the host is not on the allow-list", expected=" or ".join(sorted(hosts)), was=shown)
    # Some servers read ; as &, and parameters after a ; in the path too.
    query = f"{parts.path.partition(';')[2]}&{parts.query}".replace(";", "&")
    for key in (*keys, *(key for key, _ in parse_qsl(query, keep_blank_values=True))):
        if key not in _PUBLIC_KEYS:
            raise NotPublic("the query key is not on the allow-list", where=where, was=f"the query key {key!r}")


class _GuardAdapter(BaseAdapter):
    """Adapter that passes only public requests on to its carrier.

    It is the last step before the network: changes by the caller, by ccxt or by requests itself come before it.
    """

    def __init__(
        self, hosts: frozenset[str], carrier: BaseAdapter, deadline: float, profile: GuardProfile | None
    ) -> None:
        super().__init__()
        if isinstance(carrier, HTTPAdapter):
            set_deadline(carrier, deadline)
        self._hosts, self._carrier, self._profile = hosts, carrier, profile

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self._profile is not None:
            self._profile(request.method, request.url, request.headers, request.body)
            return self._carrier.send(request, *args, **kwargs)
        refuse_unless_public(request.method, request.url, self._hosts)
        where = urlsplit(request.url or "").hostname
        for name, value in request.headers.items():
            allowed = _PUBLIC_HEADERS.get(name.lower())
            if allowed is None or not allowed.fullmatch(str(value)):
                raise NotPublic("the header is not on the allow-list", where=where, was=str(name))
        if request.body is not None:
            raise NotPublic("a public request must not have a body", where=where)
        return self._carrier.send(request, *args, **kwargs)

    def close(self) -> None:
        self._carrier.close()


class PublicSession(requests.Session):
    """Session for anonymous requests. Redirects, cookies, proxies and credentials of the environment are off.

    Requests raise NotPublic before anything is sent, and RateLimited, Blocked or Unreachable as `RetryPolicy.request`.

    Parameters
    ----------
    retry_policy : RetryPolicy
        Pacing and retries.
    hosts : iterable of str
        Allowed host names.
    profile : callable, optional
        Stricter guard in place of the rule of all public hosts; it has hosts and paths of its own.
    adapter : BaseAdapter, optional
        Carrier below the guard; tests replace the network with it.
    timeouts : tuple of float
        Seconds to connect, and between two chunks of a response.
    deadline : float
        Seconds for a whole response, from connecting to its last byte.
    max_bytes : int
        Largest response.
    """

    def __init__(
        self,
        retry_policy: RetryPolicy,
        hosts: Iterable[str],
        *,
        profile: GuardProfile | None = None,
        adapter: BaseAdapter | None = None,
        timeouts: tuple[float, float] = (10.0, 20.0),
        deadline: float = 60.0,
        max_bytes: int = 50_000_000,
    ) -> None:
        super().__init__()
        self.retry_policy = retry_policy
        self.hosts = frozenset(hosts)
        self.trust_env = False  # else a proxy or a netrc password of the environment would be used
        self.headers["User-Agent"] = USER_AGENT
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.adapters.clear()
        self._guard = _GuardAdapter(self.hosts, adapter or HTTPAdapter(), deadline, profile)
        self.mount("https://", self._guard)
        self._timeouts, self._deadline, self._max_bytes = timeouts, deadline, max_bytes

    def get_adapter(self, url: str | bytes) -> BaseAdapter:
        """Return the guard for every URL, whatever was mounted later."""
        return self._guard

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Disable redirects."""
        return None  # a redirect could lead to any host

    def send(self, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:
        """Send a public request with this session's own settings. Those of the caller are ignored."""
        host = urlsplit(request.url or "").hostname or ""
        response = self.retry_policy.request(host, lambda: self._send_once(request))
        if response.is_redirect or 300 <= response.status_code < 400:
            target = urlsplit(response.headers.get("Location", "")).hostname or "another page"
            raise Unreachable(f"redirects to {target}; redirects are not followed", where=host)
        return response

    def _send_once(self, request: requests.PreparedRequest) -> requests.Response:
        response = super().send(
            request,
            stream=True,
            timeout=self._timeouts,
            verify=True,
            cert=None,
            proxies={},
            allow_redirects=False,
        )
        return read_response(response, self._deadline, self._max_bytes)


def read_response(response: requests.Response, deadline: float, max_bytes: int) -> requests.Response:
    """Read the body of a streamed response within a deadline and a size.

    Parameters
    ----------
    response : requests.Response
        Response with its body unread.
    deadline : float
        Seconds for the whole body. The timeout of requests restarts with each chunk, so a slow drip would never end.
    max_bytes : int
        Largest body.

    Raises
    ------
    OSError
        The body is cut off or too slow.
    Unreachable
        The body is too large.
    """
    ends = time.monotonic() + deadline
    body = bytearray()
    try:
        # read1 returns what has arrived; read would wait for a full chunk of a slow response.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if time.monotonic() > ends:
                raise requests.ReadTimeout("the response is too slow")
            if len(body) > max_bytes:
                raise Unreachable(
                    "the response is too large",
                    where=urlsplit(response.url).hostname,
                    expected=f"at most {max_bytes:,} bytes",
                )
    except urllib3.exceptions.HTTPError as problem:
        if isinstance(problem.__cause__, DeadlineExceeded):
            raise requests.ReadTimeout("the response is too slow") from None
        raise requests.ConnectionError(type(problem).__name__) from None
    finally:
        response.close()
    response.raw = io.BytesIO(bytes(body))
    return response
