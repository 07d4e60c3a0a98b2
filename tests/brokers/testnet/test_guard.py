"""What may leave for a testnet, held against the guard request by request, at the last step before the network."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bot.brokers.testnet.guard import Loopback, Profile, Testnet
from bot.brokers.testnet.keys import Keys
from bot.brokers.testnet.session import GuardedAdapter
from bot.core.errors import ConfigError, NotSandbox
from tests.brokers.testnet.walk import Recorder

KEYS = Keys("the-right-key", "the-right-secret")
SIGNATURE = "a" * 64
ORDER = (
    "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1.5&newClientOrderId=r-1&newOrderRespType=FULL"
    f"&timestamp=1700000000000&recvWindow=10000&signature={SIGNATURE}"
)
SIGNED = f"timestamp=1700000000000&recvWindow=10000&signature={SIGNATURE}"
FORM = {"X-MBX-APIKEY": "the-right-key", "Content-Type": "application/x-www-form-urlencoded"}
BINANCE, BYBIT, GATE = Testnet("binance"), Testnet("bybit"), Testnet("gate")
BINANCE_DEMO, BYBIT_DEMO = Testnet("binance-demo"), Testnet("bybit-demo")
JSON = {"Content-Type": "application/json"}
BYBIT_HEADERS = JSON | {
    "X-BAPI-API-KEY": "the-right-key",
    "X-BAPI-TIMESTAMP": "1700000000000",
    "X-BAPI-RECV-WINDOW": "10000",
    "X-BAPI-SIGN": SIGNATURE,
    "Referer": "CCXT",
}
BYBIT_ORDER = (
    '{"category": "spot", "symbol": "ETHUSDT", "side": "Buy", "orderType": "Market", "qty": "1.5", '
    '"marketUnit": "baseCoin", "orderLinkId": "r-1"}'
)
GATE_HEADERS = JSON | {"KEY": "the-right-key", "Timestamp": "1700000000", "SIGN": SIGNATURE * 2}
GATE_ORDER = (
    '{"text": "t-r-1", "currency_pair": "ETH_USDT", "account": "spot", "side": "sell", "type": "market", '
    '"amount": "1.5", "time_in_force": "ioc"}'
)


def ask(
    profile: Profile,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: Any = None,
    origin: str | None = None,
    adapter: Any = None,
) -> None:
    """Send one request through the guarded adapter, as badly as requests lets anybody."""
    url = (profile.origin if origin is None else origin) + path
    prepared = requests.Request(method, "https://x.example/", headers=headers, data=body).prepare()
    prepared.url, prepared.method = url, method
    (adapter or GuardedAdapter(profile, KEYS)).send(prepared, verify=False, proxies={"https": "http://127.0.0.1:1"})


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder().install(monkeypatch)


BY_ID = f"/api/v3/order?symbol=ETHUSDT&origClientOrderId=r-1&orderId=7&{SIGNED}"
BYBIT_WEEK = (
    "category=spot&symbol=ETHUSDT&orderId=f5f2-0a&orderLinkId=r-1&startTime=1700000000000&endTime=1700604800000"
)
GATE_NUMBER = "/api/v4/spot/orders/62364648575?currency_pair=ETH_USDT&account=spot"
SENT: dict[str, tuple[Any, ...]] = {
    "the time": (BINANCE, "GET", "/api/v3/time"),
    "an account": (BINANCE, "GET", f"/api/v3/account?omitZeroBalances=false&{SIGNED}", FORM),
    "an order": (BINANCE, "POST", "/api/v3/order", FORM, ORDER),
    "an order found": (BINANCE, "GET", f"/api/v3/order?symbol=ETHUSDT&origClientOrderId=r-1&{SIGNED}", FORM),
    "an order canceled": (BINANCE, "DELETE", f"/api/v3/order?symbol=ETHUSDT&origClientOrderId=r-1&{SIGNED}", FORM),
    "an order found by the venue's id": (BINANCE, "GET", BY_ID, FORM),
    "bybit's history of a week": (BYBIT, "GET", f"/v5/order/history?{BYBIT_WEEK}", BYBIT_HEADERS),
    "bybit's trades of a week": (BYBIT, "GET", f"/v5/execution/list?{BYBIT_WEEK}", BYBIT_HEADERS),
    "a gate order found by the venue's id": (GATE, "GET", GATE_NUMBER, GATE_HEADERS),
    "an order in binance's demo mode": (BINANCE_DEMO, "POST", "/api/v3/order", FORM, ORDER),
    "an order in bybit's demo mode": (BYBIT_DEMO, "POST", "/v5/order/create", BYBIT_HEADERS, BYBIT_ORDER),
    "an order at bybit": (BYBIT, "POST", "/v5/order/create", BYBIT_HEADERS, BYBIT_ORDER),
    "an order at gate": (GATE, "POST", "/api/v4/spot/orders", GATE_HEADERS, GATE_ORDER),
    "an order on this machine": (Loopback(5000), "POST", "/api/v3/order", FORM, ORDER),
}


@pytest.mark.parametrize("what", SENT)
def test_what_may_be_sent_is_sent_once_and_without_a_proxy(what: str, recorder: Recorder) -> None:
    with pytest.raises(requests.ConnectionError):
        ask(*SENT[what])
    (sent,) = recorder.sent
    port = 5000 if what == "an order on this machine" else 443
    assert (f"{sent.scheme}://{sent.host}", sent.port, sent.proxy) == (
        SENT[what][0].origin.removesuffix(":5000"),
        port,
        None,
    )


def order(old: str, new: str) -> tuple[Any, ...]:
    """The order with a part of its body changed."""
    assert old in ORDER
    return (BINANCE, "POST", "/api/v3/order", FORM, ORDER.replace(old, new))


def bybit(old: str, new: str) -> tuple[Any, ...]:
    """Bybit's order with a part of its body changed."""
    assert old in BYBIT_ORDER
    return (BYBIT, "POST", "/v5/order/create", BYBIT_HEADERS, BYBIT_ORDER.replace(old, new))


def gate(old: str, new: str) -> tuple[Any, ...]:
    """Gate's order with a part of its body changed."""
    assert old in GATE_ORDER
    return (GATE, "POST", "/api/v4/spot/orders", GATE_HEADERS, GATE_ORDER.replace(old, new))


def at(origin: str, profile: Profile = BINANCE) -> tuple[Any, ...]:
    """The order at another origin."""
    return (profile, "POST", "/api/v3/order", FORM, ORDER, origin)


def with_header(name: str, value: str) -> tuple[Any, ...]:
    """The order with another header."""
    return (BINANCE, "POST", "/api/v3/order", FORM | {name: value}, ORDER)


REFUSED: dict[str, tuple[Any, ...]] = {
    "production": at("https://api.binance.com"),
    "production by another name": at("https://api1.binance.com"),
    "futures testnet": at("https://testnet.binancefuture.com"),
    "demo under the testnet's profile": at("https://demo-api.binance.com"),
    "the testnet under the demo's profile": at("https://testnet.binance.vision", BINANCE_DEMO),
    "production under the demo's profile": at("https://api.binance.com", BINANCE_DEMO),
    "demo futures": at("https://demo-fapi.binance.com", BINANCE_DEMO),
    "a longer demo host": at("https://demo-api.binance.com.example.com", BINANCE_DEMO),
    "demo host as user name": at("https://demo-api.binance.com@api.binance.com", BINANCE_DEMO),
    "a bybit order in binance's demo mode": at("https://demo-api.binance.com", BYBIT_DEMO),
    "bybit in production under the demo's profile": (
        BYBIT_DEMO,
        "POST",
        "/v5/order/create",
        BYBIT_HEADERS,
        BYBIT_ORDER,
        "https://api.bybit.com",
    ),
    "bybit demo coins": (BYBIT_DEMO, "POST", "/v5/account/demo-apply-money", BYBIT_HEADERS, BYBIT_ORDER),
    "in the open": at("http://testnet.binance.vision"),
    "another port": at("https://testnet.binance.vision:8443"),
    "a longer host": at("https://testnet.binance.vision.example.com"),
    "host as user name": at("https://testnet.binance.vision@api.binance.com"),
    "user name": at("https://me:pass@testnet.binance.vision"),
    "a backslash": at("https://testnet.binance.vision\\@api.binance.com"),
    "a fragment": at("https://api.binance.com#https://testnet.binance.vision"),
    "a tab": at("https://testnet.binance.vision\t.example.com"),
    "capitals": at("https://TESTNET.binance.vision"),
    "a trailing dot": at("https://testnet.binance.vision."),
    "another venue's testnet": at("https://api-testnet.bybit.com"),
    "this machine under a testnet's profile": at("http://127.0.0.1:5000"),
    "a testnet under this machine's profile": at("https://testnet.binance.vision", Loopback(5000)),
    "another port of this machine": at("http://127.0.0.1:5001", Loopback(5000)),
    "this machine by name": at("http://localhost:5000", Loopback(5000)),
    "this machine by a short address": at("http://127.1:5000", Loopback(5000)),
    "this machine over IPv6": at("http://[::1]:5000", Loopback(5000)),
    "no port of this machine": at("http://127.0.0.1", Loopback(5000)),
    "two slashes": (BINANCE, "POST", "//api/v3/order", FORM, ORDER),
    "a way back": (BINANCE, "POST", "/api/v3/../v3/order", FORM, ORDER),
    "an encoded path": (BINANCE, "POST", "/api/v3/%6frder", FORM, ORDER),
    "a longer path": (BINANCE, "POST", "/api/v3/order/test", FORM, ORDER),
    "margin": (BINANCE, "POST", "/sapi/v1/margin/order", FORM, ORDER),
    "futures": (BINANCE, "POST", "/fapi/v1/order", FORM, ORDER),
    "portfolio": (BINANCE, "POST", "/papi/v1/um/order", FORM, ORDER),
    "withdrawal": (BINANCE, "POST", "/sapi/v1/capital/withdraw/apply", FORM, ORDER),
    "one cancels the other": (BINANCE, "POST", "/api/v3/order/oco", FORM, ORDER),
    "cancel all": (BINANCE, "DELETE", f"/api/v3/openOrders?symbol=ETHUSDT&{SIGNED}", FORM),
    "all open orders": (BINANCE, "GET", f"/api/v3/openOrders?symbol=ETHUSDT&{SIGNED}", FORM),
    "a cancellation by the venue's id": (BINANCE, "DELETE", BY_ID, FORM),
    "an order id of letters": (BINANCE, "GET", BY_ID.replace("orderId=7", "orderId=a"), FORM),
    "an order by the venue's id alone": (BINANCE, "GET", BY_ID.replace("origClientOrderId=r-1&", ""), FORM),
    "bybit's open orders of a week": (BYBIT, "GET", f"/v5/order/realtime?{BYBIT_WEEK}", BYBIT_HEADERS),
    "bybit's futures history": (
        BYBIT,
        "GET",
        f"/v5/order/history?{BYBIT_WEEK}".replace("spot", "linear"),
        BYBIT_HEADERS,
    ),
    "a gate cancellation by number": (GATE, "DELETE", GATE_NUMBER, GATE_HEADERS),
    "another method": (BINANCE, "PUT", "/api/v3/order", FORM, ORDER),
    "a small method": (BINANCE, "post", "/api/v3/order", FORM, ORDER),
    "a query beside the body": (BINANCE, "POST", "/api/v3/order?isIsolated=TRUE", FORM, ORDER),
    "a body beside the query": (BINANCE, "GET", f"/api/v3/account?{SIGNED}", FORM, "a=b"),
    "no body": (BINANCE, "POST", "/api/v3/order", FORM),
    "a body that is read as it goes": (BINANCE, "POST", "/api/v3/order", FORM, iter([ORDER.encode()])),
    "isolated margin": order("&recv", "&isIsolated=TRUE&recv"),
    "a loan": order("&recv", "&sideEffectType=MARGIN_BUY&recv"),
    "leverage": order("&recv", "&leverage=10&recv"),
    "reduce only": order("&recv", "&reduceOnly=true&recv"),
    "an amount of money": order("quantity", "quoteOrderQty"),
    "a field twice": order("&recv", "&quantity=1000&recv"),
    "a limit order": order("MARKET", "LIMIT"),
    "an exponent": order("1.5", "1e5"),
    "digits of another script": order("1.5", "%D9%A1"),
    "a negative quantity": order("1.5", "-1.5"),
    "no quantity": order("quantity=1.5&", ""),
    "a long client id": order("r-1", "r" * 27),
    "no signature": order(f"&signature={SIGNATURE}", ""),
    "JSON at binance": (BINANCE, "POST", "/api/v3/order", FORM, '{"symbol": "ETHUSDT"}'),
    "another key": with_header("X-MBX-APIKEY", "a-real-key"),
    "another host in a header": with_header("Host", "api.binance.com"),
    "a forwarded host": with_header("X-Forwarded-Host", "api.binance.com"),
    "a cookie": with_header("Cookie", "session=1"),
    "authorization": with_header("Authorization", "Bearer x"),
    "another content": with_header("Content-Type", "application/json"),
    "bybit linear": bybit('"spot"', '"linear"'),
    "bybit without a category": bybit('"category": "spot", ', ""),
    "bybit category twice": bybit('"symbol"', '"category": "linear", "symbol"'),
    "bybit leverage": bybit('"qty"', '"isLeverage": 1, "qty"'),
    "bybit nested": bybit('"1.5"', '{"a": "1.5"}'),
    "bybit number": bybit('"1.5"', "1.5"),
    "bybit list": (BYBIT, "POST", "/v5/order/create", BYBIT_HEADERS, f"[{BYBIT_ORDER}]"),
    "bybit position": (BYBIT, "POST", "/v5/position/set-leverage", BYBIT_HEADERS, BYBIT_ORDER),
    "gate cross margin": gate('"account": "spot"', '"account": "cross_margin"'),
    "gate unified": gate('"account": "spot"', '"account": "unified"'),
    "gate without an account": gate('"account": "spot", ', ""),
    "gate loan": gate('"amount"', '"auto_borrow": true, "amount"'),
    "gate futures": (GATE, "POST", "/api/v4/futures/usdt/orders", GATE_HEADERS, GATE_ORDER),
    "gate withdrawal": (GATE, "POST", "/api/v4/withdrawals", GATE_HEADERS, GATE_ORDER),
}


@pytest.mark.parametrize("what", REFUSED)
def test_everything_else_is_refused(what: str, recorder: Recorder) -> None:
    with pytest.raises(NotSandbox) as caught:
        ask(*REFUSED[what])
    assert recorder.sent == []
    told = str(caught.value)
    assert "the-right" not in told and SIGNATURE not in told and "a-real-key" not in told and "pass" not in told
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("what", [name for name, made in REFUSED.items() if len(made) > 5 and "tab" not in name])
def test_without_the_guard_the_same_request_reaches_the_network(what: str, recorder: Recorder) -> None:
    _profile, method, path, headers, body, origin = REFUSED[what]
    with pytest.raises((requests.ConnectionError, requests.exceptions.InvalidURL)):
        requests.Session().request(method, origin + path, headers=headers, data=body)
    assert recorder.sent


def test_what_was_checked_is_what_is_sent(recorder: Recorder) -> None:
    class Shifty(requests.PreparedRequest):
        """Says one thing when it is checked, and another when it is sent."""

    prepared = requests.Request("GET", f"{BINANCE.origin}/api/v3/time").prepare()
    prepared.__class__ = Shifty
    with pytest.raises(NotSandbox, match="plain request"):
        GuardedAdapter(BINANCE, KEYS).send(prepared)


def test_a_profile_is_one_of_the_two_kinds(recorder: Recorder) -> None:
    class Mine(Testnet):
        """A profile of somebody's own."""

        @property
        def origin(self) -> str:
            return "https://api.binance.com"

    with pytest.raises(NotSandbox, match="is not a testnet"):
        ask(Mine("binance"), *SENT["an order"][1:])
    assert recorder.sent == []


@pytest.mark.parametrize("venue", ["kraken", "okx", "bitget", "Binance", "binanceus", ""])
def test_no_other_venue_has_a_profile(venue: str) -> None:
    with pytest.raises(ConfigError, match="no known testnet"):
        Testnet(venue)


@pytest.mark.parametrize("port", [0, -1, 65536, "80", 80.0, True, "80@api.binance.com"])
def test_a_port_is_a_number(port: Any) -> None:
    with pytest.raises(ConfigError, match="invalid port"):
        Loopback(port)
