"""The request of a time-stamp is one POST of a digest, and no request of another kind leaves by its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from bot.core.errors import ConfigError, DataError, NotPublic
from bot.data.vendors.public_venues import VENUES
from bot.infra.timestamp_token import build_request, digest_of
from bot.paper.anchor_request import ask_authority, checked_authority, refuse_unless_timestamp, timestamp_session
from tests.servers.loopback import Reply, dropped, html, status
from tests.servers.timestamp_authority import AuthorityServer, der, integer
from tests.servers.wired import LoopbackAdapter

HOST = "tsa.example.org"
URL = f"https://{HOST}/tsr"
TEXT = b"12:" + b"ab" * 32
DIGEST = digest_of(TEXT)
BODY = build_request(TEXT).body
_SHA256 = bytes.fromhex("0609608648016503040201")


@pytest.fixture
def server() -> Iterator[AuthorityServer]:
    with AuthorityServer() as running:
        yield running


def carrier(server: AuthorityServer) -> LoopbackAdapter:
    return LoopbackAdapter(dict.fromkeys((HOST, "example.com", "api.binance.com"), server.url))


def test_the_request_has_the_digest_and_six_fixed_headers(server: AuthorityServer) -> None:
    ask_authority(URL, BODY, DIGEST, carrier(server))
    (asked,) = server.asked
    assert (asked.method, asked.path, dict(asked.query)) == ("POST", "/tsr", {})
    assert asked.body.encode(errors="surrogateescape") == BODY
    assert len(BODY) <= 71
    assert {name.lower(): value for name, value in asked.headers.items() if name.lower() != "host"} == {
        "user-agent": "small-cap-rotation",
        "accept": "application/timestamp-reply",
        "accept-encoding": "identity",
        "connection": "close",
        "content-type": "application/timestamp-query",
        "content-length": str(len(BODY)),
    }


def test_a_failure_is_one_line_with_the_host(server: AuthorityServer) -> None:
    plain = Reply(200, b"0" * 70_000, {"Content-Type": "application/timestamp-reply"})
    server.fail(status(503), Reply(302, b"", {"Location": f"{server.url}/other"}), dropped(), html(), plain)
    lines = []
    for _ in range(5):
        with pytest.raises(DataError) as problem:
            ask_authority(URL, BODY, DIGEST, carrier(server))
        lines.append(str(problem.value).partition("; nothing")[0])
    kind = "expected application/timestamp-reply of at most 65,536 bytes"
    assert lines == [
        f"{HOST}: refused the request; expected HTTP 200, was HTTP 503",
        f"{HOST}: refused the request; expected HTTP 200, was HTTP 302",
        f"{HOST}: no answer: ConnectionError",
        f"{HOST}: answered with no time-stamp; {kind}, was text/html",
        f"{HOST}: answered with no time-stamp; {kind}, was application/timestamp-reply",
    ]
    assert len(server.asked) == 5  # the redirect is not followed


def imprint(digest: bytes, kind: bytes = _SHA256) -> bytes:
    return der(48, der(48, kind, b"\x05\x00"), der(4, digest))


NONCE, WITH_CERTIFICATES = integer(77), b"\x01\x01\xff"
BODIES = {
    "an order": b"symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1",
    "JSON": b'{"symbol": "ETHUSDT"}',
    "another digest": der(48, integer(1), imprint(digest_of(b"13:00")), NONCE, WITH_CERTIFICATES),
    "a digest of another kind": der(
        48, integer(1), imprint(DIGEST, bytes.fromhex("0609608648016503040203")), NONCE, WITH_CERTIFICATES
    ),
    "a policy": der(48, integer(1), imprint(DIGEST), b"\x06\x03\x2a\x03\x04", NONCE, WITH_CERTIFICATES),
    "an extension": der(48, integer(1), imprint(DIGEST), NONCE, WITH_CERTIFICATES, der(160, b"symbol=ETHUSDT")),
    "a long nonce": der(48, integer(1), imprint(DIGEST), integer(2**200), WITH_CERTIFICATES),
    "a nonce of another size": der(48, integer(1), imprint(DIGEST), b"\x02\x02" + b"side", WITH_CERTIFICATES),
    "bytes behind": BODY + b"&symbol=ETHUSDT",
    "bytes in front": b"symbol=ETHUSDT&" + BODY,
    "a wrong length": BODY[:1] + bytes([BODY[1] + 1]) + BODY[2:],
    "more than 200 bytes": BODY + b" " * 200,
}
MISUSE: dict[str, Callable[[requests.Session], Any]] = {
    "GET": lambda s: s.get(URL),
    "PUT": lambda s: s.put(URL, data=BODY),
    "DELETE": lambda s: s.delete(URL),
    "a query": lambda s: post(s, f"{URL}?signature=x"),
    "query keys": lambda s: post(s, URL, params={"symbol": "ETHUSDT"}),
    "another path": lambda s: post(s, f"https://{HOST}/api/v3/order"),
    "another host": lambda s: post(s, "https://example.com/tsr"),
    "an exchange": lambda s: post(s, "https://api.binance.com/api/v3/order"),
    "another scheme": lambda s: post(s, URL.replace("https", "http")),
    "a user name": lambda s: post(s, URL.replace("tsa.", "me:pass@tsa.")),
    "another port": lambda s: post(s, URL.replace(".org", ".org:8443")),
    "an API key": lambda s: post(s, URL, headers={"X-MBX-APIKEY": "k"}),
    "authorization": lambda s: post(s, URL, auth=("me", "pass")),
    "a cookie": lambda s: post(s, URL, cookies={"a": "b"}),
    "no body": lambda s: s.post(URL, headers={"Content-Type": "application/timestamp-query"}),
    "a form": lambda s: s.post(URL, data={"symbol": "ETHUSDT"}),
    "another type": lambda s: s.post(URL, data=BODY, headers={"Content-Type": "application/json"}),
    "a stream": lambda s: s.post(URL, data=iter([BODY]), headers={"Content-Type": "application/timestamp-query"}),
    "an agent that carries data": lambda s: post(s, URL, headers={"User-Agent": "key=k"}),
    "a header of the session": lambda s: [s.headers.update({"OK-ACCESS-KEY": "k"}), post(s, URL)],
}


def post(session: requests.Session, url: str, **more: Any) -> requests.Response:
    headers = {"Content-Type": "application/timestamp-query", **more.pop("headers", {})}
    return session.post(url, data=BODY, headers=headers, **more)


@pytest.mark.parametrize("name", MISUSE)
def test_the_guard_refuses_every_other_request(name: str, server: AuthorityServer) -> None:
    with pytest.raises(NotPublic):
        MISUSE[name](timestamp_session(URL, DIGEST, carrier(server)))
    assert server.asked == []


@pytest.mark.parametrize("name", BODIES)
def test_the_guard_refuses_every_other_body(name: str, server: AuthorityServer) -> None:
    with pytest.raises(NotPublic, match="is no request of a time-stamp"):
        ask_authority(URL, BODIES[name], DIGEST, carrier(server))
    assert server.asked == []


def test_a_body_that_the_header_does_not_measure_is_refused() -> None:
    request = requests.Request(
        "POST", URL, data=BODY, headers={"Content-Type": "application/timestamp-query"}
    ).prepare()
    request.headers["Content-Length"] = "71" if len(BODY) != 71 else "70"
    with pytest.raises(NotPublic, match="is no request of a time-stamp of this digest"):
        refuse_unless_timestamp(URL, DIGEST, request)


def test_a_session_that_is_pinned_to_a_query_sends_nothing(server: AuthorityServer) -> None:
    with pytest.raises(NotPublic, match="the address has a query"):
        ask_authority(f"{URL}?symbol=ETHUSDT", BODY, DIGEST, carrier(server))
    assert server.asked == []


def test_a_session_that_is_pinned_to_an_exchange_sends_nothing(server: AuthorityServer) -> None:
    url = "https://api.binance.com/api/v3/time"
    with pytest.raises(NotPublic, match="one of an exchange"):
        ask_authority(url, BODY, DIGEST, carrier(server))
    assert server.asked == []


@pytest.mark.parametrize("address", ["http://tsa.example.org", "https://tsa.example.org:3161/tsr"])
def test_plain_http_and_a_port_are_allowed(address: str) -> None:
    assert checked_authority(address).rstrip("/") == address


@pytest.mark.parametrize(
    "address",
    [
        "ftp://tsa.example.org/",
        "https://me:pass@tsa.example.org/",
        "https://tsa.example.org/?a=b",
        "https://tsa.example.org/tsr#top",
        "http://a.example.org http://b.example.org",
        "tsa.example.org",
        "https://",
        "https://tsa.example.org:port/",
    ],
)
def test_another_kind_of_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=r"anchor\.authority: is no address of an authority"):
        checked_authority(address)


@pytest.mark.parametrize("host", sorted({venue.host for venue in VENUES.values()}))
def test_an_exchange_is_no_authority(host: str) -> None:
    for address in (f"http://{host}/tsr", f"https://{host.upper()}/", f"https://tsa.example.org/{host}"):
        with pytest.raises(ConfigError, match="is one of an exchange"):
            checked_authority(address)
