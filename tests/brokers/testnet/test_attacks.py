"""The attacks that a guard must survive, each shown to work without it first.

`free` is the library's object as anybody would make it, in sandbox mode; `held` is the sealed one.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests
from ccxt.base.exchange import BaseExchange
from requests.adapters import HTTPAdapter

from bot.brokers.testnet.ccxt_client import block_other_clients, refuse_unless_sandboxed, sandbox_client
from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback, Testnet
from bot.brokers.testnet.keys import LOOPBACK_KEYS, Keys
from bot.brokers.testnet.session import TestnetSession
from bot.core.errors import ConfigError, NotSandbox
from bot.infra.vendor_errors import Unreachable
from tests.brokers.testnet.walk import KEY, SECRET, Mode, Recorder, bare, give_market
from tests.clocks import FakeClock
from tests.servers.loopback import Asked, LoopbackServer, Reply, as_json

PINNED = {"binance": "testnet.binance.vision", "bybit": "api-testnet.bybit.com", "gate": "api-testnet.gateapi.io"}
REAL = "https://api.binance.com/api/v3"
PROXY = "http://127.0.0.1:9"


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder().install(monkeypatch)


def held(venue: str, profile: Testnet | Loopback | None = None, keys: Keys | None = None) -> Any:
    """The sealed object, with the walker's keys."""
    clock, keys = FakeClock(), keys or Keys(KEY, SECRET)
    return sandbox_client(TestnetSession(profile or Testnet(venue), keys, clock), keys, clock)


def point_elsewhere(client: Any) -> None:
    """Exchange every address that the object knows for a real one."""
    client.urls["api"] = {name: REAL for name in ("public", "private", "sapi", "v1")}
    client.privateGetAccount()


def by_force(name: str, value: Any, then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Set an attribute past every check, then call."""

    def attack(client: Any) -> None:
        client.__dict__[name] = value
        then(client)

    return attack


def order(**params: Any) -> Callable[[Any], Any]:
    """An ordinary order call with more parameters."""
    return lambda client: client.create_order("ETH/USDT", "market", "sell", 1, None, params)


def account(client: Any) -> Any:
    """One signed question of whichever venue this is."""
    named = ("privateGetAccount", "privateGetV5AccountWalletBalance", "privateSpotGetAccounts")
    return next(getattr(client, name) for name in named if hasattr(client, name))()


def out_of_the_sandbox(client: Any) -> None:
    """Leave the sandbox by the class's own method, past the seal's."""
    BaseExchange.set_sandbox_mode(client, False)
    account(client)


ATTACKS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "addresses exchanged": ("binance", point_elsewhere),
    "host name by force": ("bybit", by_force("hostname", "bybit.com@api.bybit.com", account)),
    "urls by force": ("binance", by_force("urls", {"api": {"private": REAL}}, account)),
    "isolated margin": ("binance", order(isIsolated="TRUE", sideEffectType="MARGIN_BUY")),
    "a product type": ("bybit", order(category="linear")),
    "leverage": ("bybit", order(isLeverage=1)),
    "cross margin": ("gate", order(account="cross_margin")),
    "margin mode": ("gate", order(marginMode="cross")),
    "a trigger": ("gate", order(stopPrice=1)),
    "an implicit order list": ("binance", lambda c: c.privatePostOrderOco({"symbol": "ETHUSDT"})),
    "an implicit leverage": ("bybit", lambda c: c.privatePostV5PositionSetLeverage({"category": "linear"})),
    "an implicit loan": ("gate", lambda c: c.privateMarginPostUniLoans({"currency": "ETH"})),
    "an implicit futures question": ("binance", lambda c: c.fapiPublicGetTime()),
    "request": ("binance", lambda c: c.request("order", ["private"], "POST", {"symbol": "ETHUSDT", "type": "LIMIT"})),
    "fetch": ("binance", lambda c: c.fetch(f"{REAL}/order", "POST", {"X-MBX-APIKEY": KEY}, "side=BUY&signature=1")),
    "fetch with a host as user name": (
        "binance",
        lambda c: c.fetch("https://testnet.binance.vision@api.binance.com/api/v3/order", "POST", {}, "a=b"),
    ),
    "fetch in the open": ("binance", lambda c: c.fetch("http://testnet.binance.vision/api/v3/time")),
    "session's own request": ("binance", lambda c: c.session.request("POST", f"{REAL}/order", data="a=b")),
    "out of the sandbox": ("binance", out_of_the_sandbox),
    "out of the sandbox, gate": ("gate", out_of_the_sandbox),
    "out of the sandbox, bybit": ("bybit", out_of_the_sandbox),
    "a proxy by force": ("binance", by_force("proxies", {"https": PROXY}, account)),
    "ccxt's own proxy by force": ("binance", by_force("httpsProxy", PROXY, account)),
    "another key by force": ("binance", by_force("apiKey", "a-real-key", account)),
    "another header by force": ("binance", by_force("headers", {"Host": "api.binance.com"}, account)),
    "certificates by force": ("binance", by_force("validateServerSsl", False, account)),
}


@pytest.mark.parametrize("what", ATTACKS)
def test_the_attack_works_without_the_guard(what: str, recorder: Recorder) -> None:
    venue, attack = ATTACKS[what]
    client = bare(venue, Mode.SANDBOX)
    give_market(client)
    with pytest.raises((ccxt.BaseError, requests.ConnectionError)):
        attack(client)
    assert recorder.sent


@pytest.mark.parametrize("what", ATTACKS)
def test_the_attack_is_refused_by_the_guard(what: str, recorder: Recorder) -> None:
    venue, attack = ATTACKS[what]
    client = held(venue)
    give_market(client)
    with pytest.raises(NotSandbox):
        attack(client)
    assert recorder.sent == []


CHANGES: dict[str, Callable[[Any], Any]] = {
    "session": lambda c: setattr(c, "session", requests.Session()),
    "urls": lambda c: setattr(c, "urls", {}),
    "hostname": lambda c: setattr(c, "hostname", "bybit.com@api.bybit.com"),
    "proxies": lambda c: setattr(c, "proxies", {"https": PROXY}),
    "https_proxy": lambda c: setattr(c, "https_proxy", PROXY),
    "verbose": lambda c: setattr(c, "verbose", True),
    "logger": lambda c: setattr(c, "logger", None),
    "apiKey": lambda c: setattr(c, "apiKey", "x"),
    "fetch": lambda c: setattr(c, "fetch", print),
    "sandbox": lambda c: c.set_sandbox_mode(False),
    "sandbox in the other spelling": lambda c: c.setSandboxMode(False),
    "demo trading": lambda c: c.enable_demo_trading(True),
    "demo trading in the other spelling": lambda c: c.enableDemoTrading(True),
    "a lost attribute": lambda c: delattr(c, "urls"),
    "trust_env": lambda c: setattr(c.session, "trust_env", True),
    "session's proxies": lambda c: setattr(c.session, "proxies", {"https": PROXY}),
    "session's verify": lambda c: setattr(c.session, "verify", False),
    "session's adapters": lambda c: setattr(c.session, "adapters", {"https://": HTTPAdapter()}),
    "session's adapter": lambda c: setattr(c.session, "_adapter", HTTPAdapter()),
    "a proxy for one request": lambda c: c.session.request("GET", "https://x.example", proxies={"https": PROXY}),
    "no certificate for one request": lambda c: c.session.request("GET", "https://x.example", verify=False),
    "a password for one request": lambda c: c.session.request("GET", "https://x.example", auth=("me", "pass")),
    "a redirect for one request": lambda c: c.session.request("GET", "https://x.example", allow_redirects=True),
    "a file for one request": lambda c: c.session.request("POST", "https://x.example", files={"a": b"b"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_nothing_that_leads_to_the_wire_can_be_changed(what: str, recorder: Recorder) -> None:
    with pytest.raises(NotSandbox):
        CHANGES[what](held("binance"))


def test_another_session_put_in_by_force_is_not_used(recorder: Recorder) -> None:
    client = held("binance")
    client.__dict__["session"] = requests.Session()
    assert type(client.session) is TestnetSession
    with pytest.raises(NotSandbox):
        client.fetch(f"{REAL}/time")
    assert not hasattr(client.session, "mount") and recorder.sent == []


class TestRedirects:
    """A 307 sends the same body and headers on to wherever it says."""

    @pytest.fixture
    def elsewhere(self) -> Iterator[LoopbackServer]:
        class Quiet(LoopbackServer):
            def answer(self, asked: Asked) -> Reply:
                return as_json({})

        with Quiet() as server:
            yield server

    @pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
    def test_a_signed_order_is_not_sent_on(self, elsewhere: LoopbackServer, code: int) -> None:
        class Sending(LoopbackServer):
            def answer(self, asked: Asked) -> Reply:
                return Reply(code, b"", {"Location": f"{elsewhere.url}/api/v3/order"})

        fields = {
            "symbol": "ETHUSDT",
            "side": "BUY",
            "type": "MARKET",
            "quantity": "1",
            "newClientOrderId": "r-1",
            "newOrderRespType": "FULL",
        }
        with Sending() as sending:
            base = f"{sending.url}/api/v3"
            free = bare("binance", Mode.SANDBOX, urls={"test": {"public": base, "private": base}})
            free.privatePostOrder(fields)
            reached = list(elsewhere.asked)
            with pytest.raises(Unreachable, match=r"redirects to 127\.0\.0\.1"):
                client = held("binance", Loopback(int(base.split(":")[2].split("/")[0])), LOOPBACK_KEYS)
                client.privatePostOrder(fields)
        assert [asked.headers["X-MBX-APIKEY"] for asked in reached] == [KEY]
        assert code not in (307, 308) or "signature=" in reached[0].body
        assert elsewhere.asked == reached and len(sending.asked) == 2


class TestWiring:
    def test_addresses_given_at_construction_reach_production_without_the_guard(self, recorder: Recorder) -> None:
        free = bare("binance", Mode.SANDBOX, urls={"test": {"public": REAL, "private": REAL}})
        assert free.isSandboxModeEnabled
        with pytest.raises(ccxt.NetworkError):
            free.privatePostOrder({"symbol": "ETHUSDT"})
        assert recorder.hosts == {"api.binance.com"}

    def test_nothing_can_be_given_but_a_profile_a_clock_and_the_environment(self) -> None:
        assert list(inspect.signature(open_testnet).parameters) == ["profile", "clock", "environment"]
        assert list(inspect.signature(sandbox_client).parameters) == ["session", "keys", "clock"]

    def test_a_name_that_is_spoofed_does_not_help(self, recorder: Recorder) -> None:
        spoof = ccxt.kraken({"id": "binance", "apiKey": KEY, "secret": SECRET})
        assert spoof.id == "binance"
        with pytest.raises(ccxt.BaseError):
            spoof.privatePostAddOrder({"pair": "ETHUSDT"})
        assert recorder.hosts == {"api.kraken.com"}
        with pytest.raises(NotSandbox, match="not a sandbox client"):
            refuse_unless_sandboxed(spoof)

    def test_a_class_that_inherits_is_not_the_pinned_one(self) -> None:
        class Mine(type(held("binance"))):  # type: ignore[misc]
            """Somebody's own."""

        mine, clock, keys = Mine.__new__(Mine), FakeClock(), Keys(KEY, SECRET)
        mine.__dict__["_session"] = TestnetSession(Testnet("binance"), keys, clock)
        with pytest.raises(NotSandbox, match="not a sandbox client"):
            refuse_unless_sandboxed(mine)

    def test_the_facade_shows_nothing_of_the_library(self) -> None:
        shown = {name for name in dir(TestnetExchange) if not name.startswith("_")}
        assert shown == {
            "balances",
            "cancel",
            "find",
            "pairs",
            "rules",
            "server_time",
            "submit",
            "takes",
            "trades",
            "venue",
            "verified",
            "wait_until_ended",
        }

    def test_the_loopback_never_has_the_environments_keys(self, recorder: Recorder) -> None:
        environment = {"BINANCE_TESTNET_API_KEY": "env-key-env-key", "BINANCE_TESTNET_API_SECRET": "env-secret-env"}
        for profile in (Loopback(5000), Testnet("binance")):
            with pytest.raises(Unreachable):
                open_testnet(profile, FakeClock(), environment).balances()
        keys = {(one.host, one.headers["X-MBX-APIKEY"]) for one in recorder.sent}
        assert keys == {("127.0.0.1", LOOPBACK_KEYS.key), ("testnet.binance.vision", "env-key-env-key")}

    @pytest.mark.parametrize("missing", ["BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET"])
    def test_a_missing_key_is_told_by_its_name(self, missing: str) -> None:
        environment = {"BINANCE_TESTNET_API_KEY": "env-key-env-key", "BINANCE_TESTNET_API_SECRET": "env-secret-env"}
        with pytest.raises(ConfigError, match=f"no {missing}") as caught:
            open_testnet(Testnet("binance"), FakeClock(), environment | {missing: " "})
        assert "env-" not in str(caught.value)


class TestTheEnvironment:
    def test_proxies_of_the_environment_are_not_used(self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, PROXY)
        with pytest.raises(ccxt.NetworkError):
            account(bare("binance", Mode.SANDBOX, session=requests.Session()))
        assert [one.proxy for one in recorder.sent] == [PROXY]
        recorder.sent.clear()
        with pytest.raises(Unreachable):
            account_in_full(held("binance"))
        assert [one.proxy for one in recorder.sent] == [None]

    def test_a_file_for_the_keys_of_tls_is_refused(self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSLKEYLOGFILE", "/dev/null")
        with pytest.raises(ccxt.NetworkError):
            account(bare("binance", Mode.SANDBOX))
        assert len(recorder.sent) == 1
        with pytest.raises(NotSandbox, match="SSLKEYLOGFILE"):
            account_in_full(held("binance"))
        assert len(recorder.sent) == 1


def account_in_full(client: Any) -> Any:
    """The signed question as the exchange puts it."""
    return client.privateGetAccount({"omitZeroBalances": "false"})


class TestOtherDoors:
    @pytest.mark.parametrize("name", ["ccxt.async_support", "ccxt.pro"])
    def test_what_is_loaded_already_ends_the_wiring(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, name, sys)
        with pytest.raises(NotSandbox, match=name):
            held("binance")

    def test_later_imports_fail_and_the_router_is_shut(self) -> None:
        block_other_clients()
        for name in ("ccxt.async_support", "ccxt.pro"):
            with pytest.raises(ImportError):
                __import__(name)
        with pytest.raises(NotSandbox, match="OrderRouter"):
            ccxt.OrderRouter({"apiKey": KEY})  # noqa: TID251

    def test_without_the_guard_each_has_a_session_of_its_own(self) -> None:
        told = subprocess.run(
            [
                sys.executable,
                "-c",
                "import ccxt.pro, ccxt.async_support as a; import ccxt;"
                "print(a.binance.fetch is not ccxt.binance.fetch, issubclass(ccxt.pro.binance, a.binance),"
                "type(ccxt.OrderRouter({'apiKey': 'k'})).__name__)",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.split() == ["True", "True", "OrderRouter"]

    @pytest.mark.parametrize(
        "line",
        [
            "import ccxt.pro",
            "import ccxt.async_support",
            "from ccxt import pro",
            "from ccxt.async_support import binance",
            "from ccxt import OrderRouter",
            "from ccxt.base.order_router import OrderRouter",
        ],
    )
    def test_the_linter_bars_them_from_our_own_code(self, line: str) -> None:
        root = Path(__file__).parents[3]
        command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", "bot/x.py", "-"]
        told = subprocess.run(command, cwd=root, input=line, capture_output=True, text=True, check=False)
        assert told.returncode == 1 and "TID251" in told.stdout
