"""The one way to FRED and to exchanges: anonymous GET requests to named hosts over TLS, and nothing else."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from bot.core.errors import NotPublic
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Unreachable

USER_AGENT = "Mozilla/5.0 (compatible; small-cap-rotation)"
_ANYTHING = re.compile(r"[^\r\n]*")
_HARMLESS_HEADERS = {
    **dict.fromkeys(("accept", "accept-encoding", "accept-language", "connection", "user-agent"), _ANYTHING),
    # What ccxt sends with public questions too: a version to Coinbase, its own name to Gate.
    "cb-version": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "x-gate-channel-id": re.compile(r"ccxt"),
}
"""The headers that a public request may carry, and what may stand in them."""
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
        # What ccxt asks the listed venues for: their markets, daily candles, tickers and books.
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
"""The query keys of public questions. A key that is none of them may be a credential, and goes nowhere."""
_PIECE = 1 << 16


def refuse_unless_public(method: str | None, url: str | None, hosts: Iterable[str], keys: Iterable[str] = ()) -> None:
    """Raise NotPublic unless this is a GET over https, on its own port, to one of the hosts, with known keys alone.

    `keys` are query keys beside those that stand in the URL. No message shows more of a URL than its host.
    """
    parts = urlsplit(url or "")
    # The whole of what stands between // and /, so that neither a user name nor a port nor a look-alike passes.
    place = parts.netloc.lower()
    where = parts.hostname or "a request"
    if method != "GET":
        raise NotPublic("only questions are asked here", where=where, expected="GET", was=str(method))
    if parts.scheme != "https":
        raise NotPublic("is not asked in the open", where=where, expected="https", was=parts.scheme or "none")
    if place not in {name for host in hosts for name in (host, f"{host}:443")}:
        shown = "a host with a user name" if "@" in place else place
        raise NotPublic("is not a host that may be asked", expected=" or ".join(sorted(hosts)), was=shown)
    # Some servers take ; for &, and read what stands behind it in the path too.
    query = f"{parts.path.partition(';')[2]}&{parts.query}".replace(";", "&")
    for key in (*keys, *(key for key, _ in parse_qsl(query, keep_blank_values=True))):
        if key not in _PUBLIC_KEYS:
            raise NotPublic("a public request carries no such key", where=where, was=f"the query key {key!r}")


class _Guard(BaseAdapter):
    """Stands below everything that could change a request, and lets only public ones through to its carrier."""

    def __init__(self, hosts: frozenset[str], carrier: BaseAdapter) -> None:
        super().__init__()
        self._hosts, self._carrier = hosts, carrier

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        refuse_unless_public(request.method, request.url, self._hosts)
        where = urlsplit(request.url or "").hostname
        for name, value in request.headers.items():
            harmless = _HARMLESS_HEADERS.get(name.lower())
            if harmless is None or not harmless.fullmatch(str(value)):
                raise NotPublic("a public request carries no such header", where=where, was=str(name))
        if request.body is not None:
            raise NotPublic("a public request has no body", where=where)
        return self._carrier.send(request, *args, **kwargs)

    def close(self) -> None:
        self._carrier.close()


class PublicSession(requests.Session):
    """A session that cannot carry a credential, follow a redirect, or wait for ever.

    What the environment says of proxies, certificates and passwords is not read. `adapter` stands in for the
    network in tests; whatever it is, and whatever is mounted later, the guard is asked first. Durations are in
    seconds: `timeouts` to connect and between two pieces, `deadline` for the whole answer; `largest` is in bytes.

    Raises NotPublic before anything is sent; RateLimited, Blocked or Unreachable as `RetryPolicy` says.
    """

    def __init__(
        self,
        retry_policy: RetryPolicy,
        hosts: Iterable[str],
        *,
        adapter: BaseAdapter | None = None,
        timeouts: tuple[float, float] = (10.0, 20.0),
        deadline: float = 60.0,
        largest: int = 50_000_000,
    ) -> None:
        super().__init__()
        self.retry_policy = retry_policy
        self.hosts = frozenset(hosts)
        self.trust_env = False
        self.headers["User-Agent"] = USER_AGENT
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.adapters.clear()
        self._guard = _Guard(self.hosts, adapter or HTTPAdapter())
        self.mount("https://", self._guard)
        self._timeouts, self._deadline, self._largest = timeouts, deadline, largest

    def get_adapter(self, url: str | bytes) -> BaseAdapter:
        """The guard, for every address: what it does not know, it refuses."""
        return self._guard

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: a redirect could carry a request to any host."""
        return None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a public request by the rules of this session, whatever the caller's own rules are."""
        host = urlsplit(request.url or "").hostname or ""
        rules: dict[str, Any] = {
            "stream": True,
            "timeout": self._timeouts,
            "verify": True,
            "cert": None,
            "proxies": {},
            "allow_redirects": False,
        }
        answer = self.retry_policy.ask(host, lambda: self._whole(request, rules))
        if answer.is_redirect or 300 <= answer.status_code < 400:
            elsewhere = urlsplit(answer.headers.get("Location", "")).hostname or "another page"
            raise Unreachable(f"sends us on to {elsewhere}, where we do not go", where=host)
        return answer

    def _whole(self, request: requests.PreparedRequest, rules: dict[str, Any]) -> requests.Response:
        return whole_answer(super().send(request, **rules), self._deadline, self._largest)


def whole_answer(answer: requests.Response, deadline: float, largest: int) -> requests.Response:
    """The answer with its body read, before `deadline` seconds are over and within `largest` bytes.

    Raises OSError where it is cut off or drips, Unreachable where it is too much.
    """
    ends = time.monotonic() + deadline
    body = bytearray()
    try:
        # read1 returns with whatever has come, where read would wait for a full piece of a slow drip.
        while piece := answer.raw.read1(_PIECE, decode_content=True):
            body += piece
            if time.monotonic() > ends:
                raise requests.ReadTimeout("the answer drips")
            if len(body) > largest:
                raise Unreachable(
                    "answers with too much", where=urlsplit(answer.url).hostname, expected=f"at most {largest:,} bytes"
                )
    except urllib3.exceptions.HTTPError as problem:
        raise requests.ConnectionError(type(problem).__name__) from None
    finally:
        answer.close()
    answer.raw = io.BytesIO(bytes(body))
    return answer
