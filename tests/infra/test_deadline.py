"""The deadline of a response covers connecting, `100 Continue`, headers and body, however steadily they drip."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from requests.adapters import HTTPAdapter

from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.keys import LOOPBACK_KEYS
from bot.brokers.testnet.session import TestnetSession
from bot.data.vendors.fred import FRED_HOST
from bot.infra.deadline import set_deadline
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Unreachable
from tests.clocks import FakeClock
from tests.servers.wired import LoopbackAdapter, LoopbackYahooSession

DEADLINE = 0.4
PAGE = f"https://{FRED_HOST}/graph/fredgraph.csv"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says whatever it likes to each client."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(client,), daemon=True).start()

        def one(client: socket.socket) -> None:
            with client:
                try:
                    client.recv(65_536)
                    talk(client)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def forever(piece: bytes, before: bytes = b"") -> Callable[[socket.socket], None]:
    def talk(client: socket.socket) -> None:
        client.sendall(before)
        for _ in range(1000):
            client.sendall(piece)
            time.sleep(0.02)

    return talk


ENDLESS = {
    "100 Continue": forever(CONTINUE),
    "headers": forever(b"X-More: 1\r\n", b"HTTP/1.1 200 OK\r\n"),
    "a header a byte at a time": forever(b"x", b"HTTP/1.1 200 OK\r\nX-Long: "),
    "the status line": forever(b"H"),
    "the body": forever(b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    "a body in chunks": forever(b"1\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_response_without_end_ends_at_the_deadline(what: str) -> None:
    with talking(ENDLESS[what]) as url:
        adapter = LoopbackAdapter({FRED_HOST: url})
        with PublicSession(
            RetryPolicy(FakeClock(), tries=1), [FRED_HOST], adapter=adapter, deadline=DEADLINE
        ) as session:
            began = time.monotonic()
            with pytest.raises(Unreachable, match=r"1 try; was (ReadTimeout|ConnectionError)"):
                session.get(PAGE)
            assert time.monotonic() - began < DEADLINE + 0.5


@pytest.mark.parametrize("what", ["100 Continue", "headers", "the body"])
def test_yahoos_session_has_a_deadline_too(what: str) -> None:
    host = "query2.finance.yahoo.com"
    with talking(ENDLESS[what]) as url:
        policy = RetryPolicy(FakeClock(), tries=1)
        with LoopbackYahooSession(policy, {host: url}, timeouts=(0.1, DEADLINE)) as session:
            began = time.monotonic()
            with pytest.raises(Unreachable):
                session.request("GET", f"https://{host}/v8/finance/chart/IWM")
            assert time.monotonic() - began < DEADLINE + 0.7


@pytest.mark.parametrize("what", ["100 Continue", "headers", "the body"])
def test_a_testnets_session_has_a_deadline_too(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.brokers.testnet.session._DEADLINE", DEADLINE)
    with talking(ENDLESS[what]) as url:
        session = TestnetSession(Loopback(int(url.rpartition(":")[2])), LOOPBACK_KEYS, FakeClock())
        began = time.monotonic()
        with pytest.raises(Unreachable):
            session.request("GET", f"{url}/api/v3/time")
        assert time.monotonic() - began < DEADLINE + 0.5


def test_the_deadline_begins_anew_with_each_request_on_an_open_connection() -> None:
    def talk(client: socket.socket) -> None:
        client.sendall(HEAD + b"ok")
        while client.recv(65_536):
            time.sleep(0.2)
            client.sendall(CONTINUE + HEAD + b"ok")

    with talking(talk) as url, requests.Session() as session:
        adapter = HTTPAdapter()
        set_deadline(adapter, 0.3)
        session.mount("http://", adapter)
        began = time.monotonic()
        assert [session.get(url).text for _ in range(3)] == ["ok"] * 3
        assert time.monotonic() - began > 0.3


def test_the_addresses_of_a_host_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []

    def hanging(address: tuple[str, int], timeout: float, **_: object) -> socket.socket:
        tried.append(timeout)
        time.sleep(timeout)
        raise TimeoutError

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", 80)) for n in range(1, 20)]
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: found)
    monkeypatch.setattr("urllib3.util.connection.create_connection", hanging)
    adapter = HTTPAdapter()
    set_deadline(adapter, 0.35)
    began = time.monotonic()
    with requests.Session() as session, pytest.raises(requests.ConnectionError):
        session.mount("http://", adapter)
        session.get("http://example.com/", timeout=(0.1, 0.1))
    assert time.monotonic() - began < 1
    assert tried[:3] == pytest.approx([0.1, 0.1, 0.1], abs=0.02) and len(tried) == 4
