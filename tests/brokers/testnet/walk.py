"""Every way that the exchange library has to send a request, tried one after another.

`walk` tries them on one object and tells, call by call, what reached the recorder and how the call ended. The recorder
stands below everything: at the connection pool, where nothing is left but to open a socket.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import ccxt
import pytest
import urllib3
from ccxt.base.types import Entry

from bot.brokers.testnet.guard import Profile
from bot.brokers.testnet.keys import Keys
from bot.brokers.testnet.session import TestnetSession
from tests.clocks import FakeClock

KEY, SECRET = "walker-key-0000000000", "d2Fsa2VyLXNlY3JldC0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="
_PRIVATE = "0x" + "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
CREDENTIALS = {
    "apiKey": KEY,
    "secret": SECRET,
    "uid": "1234567",
    "login": "walker",
    "password": "walker-pass",
    "token": "1234",
    "twofa": "JBSWY3DPEHPK3PXP",
    "accountId": "1",
    "walletAddress": "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
    "privateKey": _PRIVATE,
}


@dataclass(frozen=True)
class Sent:
    """One request as it reached the pool."""

    scheme: str
    host: str
    port: int | None
    proxy: str | None
    method: str
    target: str
    headers: dict[str, str]
    body: bytes | str | None


@dataclass
class Recorder:
    """What reached the pools, and the errors with which the sealed session ended what did not."""

    sent: list[Sent] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str]:
        """Every host that was reached."""
        return {one.host for one in self.sent}

    def install(self, patch: pytest.MonkeyPatch) -> Recorder:
        """Take the place of every connection pool, and let no socket be opened."""

        def urlopen(pool: Any, method: str, url: str, body: Any = None, headers: Any = None, **rules: Any) -> Any:
            proxy = None if pool.proxy is None else str(pool.proxy)
            found = {str(name): str(value) for name, value in dict(headers or {}).items()}
            self.sent.append(Sent(pool.scheme, pool.host, pool.port, proxy, method, url, found, body))
            raise urllib3.exceptions.ProtocolError("recorded")

        patch.setattr(urllib3.connectionpool.HTTPConnectionPool, "urlopen", urlopen)
        request = TestnetSession.request

        def noted(session: TestnetSession, *given: Any, **named: Any) -> Any:
            before = len(self.sent)
            try:
                return request(session, *given, **named)
            except Exception as problem:
                if len(self.sent) == before:
                    self.refused.append(type(problem).__name__)
                raise

        patch.setattr(TestnetSession, "request", noted)
        patch.setattr("socket.socket.connect", _no_socket)
        return self


def _no_socket(*given: object) -> None:
    raise AssertionError("a socket was to be opened")


@dataclass(frozen=True)
class Tried:
    """One call: its name, how many requests it sent, the errors by which others were refused, and how it ended."""

    call: str
    sent: int
    refused: tuple[str, ...]
    ended: str


class Mode(Enum):
    """Where the library's object sends its requests, as its user set it."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    DEMO = "demo"


def has_demo(name: str) -> bool:
    """Return True if the library's class has a demo mode."""
    return not {"demo", "demotrading"}.isdisjoint(getattr(ccxt, name)().urls)


def bare(name: str, mode: Mode = Mode.PRODUCTION, **more: Any) -> Any:
    """An object of the library as anybody would make one: with keys, and in sandbox mode where there is one."""
    client = getattr(ccxt, name)({**CREDENTIALS, "enableRateLimit": False, **more})
    # Sandbox mode fails open: the object stays on production addresses.
    with contextlib.suppress(KeyError, TypeError, ccxt.NotSupported):
        if mode is Mode.SANDBOX:
            client.set_sandbox_mode(True)
        elif mode is Mode.DEMO:
            client.enable_demo_trading(True)
    return client


def guarded(name: str, profile: Profile, mode: Mode = Mode.PRODUCTION) -> Any:
    """The same on a sealed session, with the right keys for it."""
    session = TestnetSession(profile, Keys(KEY, SECRET), FakeClock())
    return bare(name, mode, session=session)


def walk(client: Any, recorder: Recorder) -> list[Tried]:
    """Try everything on a client."""
    give_market(client)
    return [_tried(name, call, recorder) for name, call in calls(client)]


def give_market(client: Any) -> None:
    """Let the client believe that it knows ETH/USDT, so that nothing ends at the question for markets."""
    market = client.safe_market_structure(
        {
            "id": "ETHUSDT",
            "symbol": "ETH/USDT",
            "base": "ETH",
            "quote": "USDT",
            "baseId": "ETH",
            "quoteId": "USDT",
            "type": "spot",
            "spot": True,
            "margin": True,
            "active": True,
            "swap": False,
            "future": False,
            "option": False,
            "contract": False,
            "precision": {"amount": 0.0001, "price": 0.01},
            "info": {"orderTypes": ["MARKET", "LIMIT"]},
            "numericId": 1,
            "baseNumericId": 1,
            "quoteNumericId": 2,
        }
    )
    currencies = {
        code: {"id": code, "code": code, "precision": 1e-8, "numericId": 1, "networks": {}, "info": {}}
        for code in ("ETH", "USDT")
    }
    client.set_markets([market], currencies)


def calls(client: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """All implicit endpoints, then the unified methods that move money, then raw requests."""
    for kind in type(client).__mro__:
        for name, entry in vars(kind).items():
            if isinstance(entry, Entry):
                yield (
                    name,
                    lambda entry=entry: client.request(
                        entry.path,
                        entry.api,
                        entry.method,
                        dict.fromkeys(client.extract_params(entry.path), "1"),
                        entry.config,
                    ),
                )
    yield "create_order", lambda: client.create_order("ETH/USDT", "market", "buy", 1, 100)
    yield "create limit", lambda: client.create_order("ETH/USDT", "limit", "sell", 1, 100)
    yield "create margin", lambda: client.create_order("ETH/USDT", "limit", "buy", 1, 100, {"marginMode": "cross"})
    yield "cancel_order", lambda: client.cancel_order("1", "ETH/USDT")
    yield "fetch_balance", lambda: client.fetch_balance()
    yield (
        "withdraw",
        lambda: client.withdraw("ETH", 1, "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23", None, {"network": "ETH"}),
    )
    yield "transfer", lambda: client.transfer("USDT", 1, "spot", "swap")
    host = f"https://api.{type(client).__name__}.example"
    yield "raw GET", lambda: client.fetch(f"{host}/account?signature=1", "GET", {"X-MBX-APIKEY": KEY})
    yield "raw POST", lambda: client.fetch(f"{host}/order", "POST", {"X-MBX-APIKEY": KEY}, "side=BUY&signature=1")


def _tried(name: str, call: Callable[[], Any], recorder: Recorder) -> Tried:
    sent, refused = len(recorder.sent), len(recorder.refused)
    try:
        call()
        ended = ""
    except Exception as problem:  # whatever it is, it is told
        ended = type(problem).__name__
    return Tried(name, len(recorder.sent) - sent, tuple(recorder.refused[refused:]), ended)
