"""The ping is one GET to the user's address, and no request of another kind leaves by its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from bot.core.errors import ConfigError, NotPublic
from bot.data.vendors.public_venues import VENUES
from bot.paper.health_ping import PING_URL, Ping, open_ping, ping_session, refuse_unless_ping
from bot.paper.notifier import secret_filter
from tests.servers.loopback import Asked, LoopbackServer, Reply, dropped, status
from tests.servers.wired import LoopbackAdapter

URL = "https://hc.example.org/ping/s3cret-token?create=1"


class _Monitor(LoopbackServer):
    def answer(self, asked: Asked) -> Reply:
        return Reply(200, b"OK")


@pytest.fixture
def monitor() -> Iterator[_Monitor]:
    with _Monitor() as server:
        yield server


def ping_to(monitor: _Monitor, url: str = URL) -> Ping:
    return open_ping({PING_URL: url}, LoopbackAdapter({"hc.example.org": monitor.url}))


def test_a_ping_is_a_get_with_the_users_own_query_and_nothing_else(monitor: _Monitor) -> None:
    assert ping_to(monitor)() is None
    (asked,) = monitor.asked
    assert (asked.method, asked.path, dict(asked.query), asked.body) == (
        "GET",
        "/ping/s3cret-token",
        {"create": "1"},
        "",
    )
    assert set(map(str.lower, asked.headers)) == {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_a_failure_is_a_line_without_the_address(monitor: _Monitor) -> None:
    monitor.fail(status(500), Reply(302, b"", {"Location": f"{monitor.url}/elsewhere"}), dropped())
    ping = ping_to(monitor)
    lines = [ping() for _ in range(3)]
    assert lines == [
        "the ping was not taken: HTTP 500",
        "the ping was not taken: HTTP 302",
        "the ping was not sent: ConnectionError",
    ]
    assert len(monitor.asked) == 3  # the redirect is not followed


def test_without_an_address_there_is_no_ping() -> None:
    assert open_ping({})() is None
    assert open_ping({PING_URL: "  "})() is None


@pytest.mark.parametrize(
    "address",
    [
        "http://hc.example.org/ping/s3cret",
        "https://me:s3cret@hc.example.org/",
        "https://hc.example.org:8443/s3cret",
        "https://a.example.org/s3cret https://b.example.org/",
        "ftp://hc.example.org/s3cret",
        "s3cret",
        "https://",
        "https://hc.example.org:port/s3cret",
    ],
)
def test_another_kind_of_address_is_refused_without_naming_it(address: str) -> None:
    with pytest.raises(ConfigError, match=f"{PING_URL}: is no address for a ping") as refused:
        open_ping({PING_URL: address})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("host", sorted({venue.host for venue in VENUES.values()}))
def test_an_exchange_gets_no_ping(host: str) -> None:
    for address in (f"https://{host}/ping", f"https://{host.upper()}/", f"https://hc.example.org/?to={host}"):
        with pytest.raises(ConfigError, match="is one of an exchange"):
            open_ping({PING_URL: address})


MISUSE: dict[str, Callable[[requests.Session], Any]] = {
    "POST": lambda s: s.post(URL),
    "PUT": lambda s: s.put(URL),
    "HEAD": lambda s: s.head(URL),
    "DELETE": lambda s: s.delete(URL),
    "a body": lambda s: s.get(URL, data="symbol=ETHUSDT"),
    "JSON": lambda s: s.get(URL, json={}),
    "one more query key": lambda s: s.get(URL, params={"signature": "x"}),
    "another path": lambda s: s.get("https://hc.example.org/api/v3/order"),
    "another host": lambda s: s.get("https://example.com/ping/s3cret-token?create=1"),
    "an exchange": lambda s: s.get("https://api.binance.com/api/v3/order"),
    "plain HTTP": lambda s: s.get(URL.replace("https", "http")),
    "a user name": lambda s: s.get(URL.replace("hc.", "me:pass@hc.")),
    "another port": lambda s: s.get(URL.replace(".org", ".org:8443")),
    "an API key": lambda s: s.get(URL, headers={"X-MBX-APIKEY": "k"}),
    "authorization": lambda s: s.get(URL, auth=("me", "pass")),
    "a cookie": lambda s: s.get(URL, cookies={"a": "b"}),
    "an agent that carries data": lambda s: s.get(URL, headers={"User-Agent": "key=k"}),
    "a header of the session": lambda s: [s.headers.update({"OK-ACCESS-KEY": "k"}), s.get(URL)],
}


@pytest.mark.parametrize("name", MISUSE)
def test_the_guard_refuses_every_other_request(name: str, monitor: _Monitor) -> None:
    hosts = ("hc.example.org", "example.com", "api.binance.com")
    session = ping_session(URL, LoopbackAdapter(dict.fromkeys(hosts, monitor.url)))
    with pytest.raises(NotPublic) as refused:
        MISUSE[name](session)
    assert monitor.asked == [] and "s3cret" not in str(refused.value)


def test_a_body_is_refused_also_where_no_header_announces_it() -> None:
    request = requests.Request("GET", URL).prepare()
    refuse_unless_ping(URL, request)
    request.body = "symbol=ETHUSDT"
    with pytest.raises(NotPublic, match="a ping has no body"):
        refuse_unless_ping(URL, request)


def test_a_session_that_is_pinned_to_an_exchange_sends_nothing(monitor: _Monitor) -> None:
    url = "https://api.binance.com/api/v3/time"
    session = ping_session(url, LoopbackAdapter({"api.binance.com": monitor.url}))
    with pytest.raises(NotPublic, match="one of an exchange"):
        session.get(url)
    assert monitor.asked == []


def test_the_address_is_removed_from_texts() -> None:
    assert secret_filter({PING_URL: URL})(f"failed: {URL}") == "failed: (hidden)"
