"""Bybit's and Gate's dialects against answers as their documentation shows them: no more was tried.

What is sent is what the library signs and the guard lets through; the answers come from below the guard.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Testnet
from bot.brokers.testnet.reports import AssetBalance, OrderReport, VenueFill, VenueStatus
from bot.core.errors import KeysRefused, OrderRejected, OutcomeUnknown
from bot.core.orders import Side
from bot.infra.vendor_errors import RateLimited
from tests.clocks import FakeClock

ENVIRONMENT = {
    f"{venue}_TESTNET_API_{kind}": f"{venue}-{kind}-0123456789"
    for venue in ("BYBIT", "GATE")
    for kind in ("KEY", "SECRET")
}
PAIR, ONE = "ETH/USDT", Decimal("1.5")


@dataclass
class Script:
    """Answers by method and path, the last of each for good, and what was sent."""

    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def say(self, where: str, *answers: Any, status: int = 200) -> None:
        """Answer so from now on."""
        self.answers[where] = [(status, answer) for answer in answers]

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Answer in the place of every connection pool."""

        def urlopen(pool: Any, method: str, url: str, body: Any = None, **rules: Any) -> Any:
            path = url.partition("?")[0]
            text = body.decode() if isinstance(body, bytes) else body or ""
            self.sent.append((method, f"https://{pool.host}{url}", text))
            answers = self.answers[f"{method} {path}"]
            status, answer = answers.pop(0) if len(answers) > 1 else answers[0]
            return urllib3.HTTPResponse(io.BytesIO(json.dumps(answer).encode()), status=status, preload_content=False)

        patch.setattr(urllib3.connectionpool.HTTPConnectionPool, "urlopen", urlopen)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    made = Script()
    made.install(monkeypatch)
    return made


def result(*rows: Any, code: int = 0, message: str = "OK") -> dict[str, Any]:
    """An answer of Bybit's."""
    return {
        "retCode": code,
        "retMsg": message,
        "result": {"list": list(rows), "orderId": "f5f2"},
        "time": 1700000000000,
    }


BYBIT_ORDER = {
    "symbol": "ETHUSDT",
    "orderLinkId": "r-1",
    "orderId": "f5f2",
    "side": "Buy",
    "qty": "1.5",
    "cumExecQty": "1.5",
    "orderStatus": "Filled",
}


@pytest.fixture
def bybit(script: Script) -> TestnetExchange:
    script.say(
        "GET /v5/market/instruments-info",
        result(
            {
                "symbol": "ETHUSDT",
                "baseCoin": "ETH",
                "quoteCoin": "USDT",
                "status": "Trading",
                "lotSizeFilter": {"basePrecision": "0.00001", "minOrderAmt": "5"},
                "priceFilter": {"tickSize": "0.01"},
            }
        ),
    )
    script.say("GET /v5/market/time", result())
    script.say(
        "GET /v5/account/wallet-balance",
        result(
            {
                "coin": [
                    {"coin": "USDT", "walletBalance": "100.5", "locked": "0.5"},
                    {"coin": "ETH", "walletBalance": ""},
                ]
            }
        ),
    )
    script.say("POST /v5/order/create", result())
    script.say("POST /v5/order/cancel", result())
    script.say("GET /v5/order/realtime", result(BYBIT_ORDER))
    script.say("GET /v5/order/history", result())
    script.say(
        "GET /v5/execution/list",
        result(
            {
                "execId": "e1",
                "execPrice": "2000.5",
                "execQty": "1.5",
                "execFee": "0.0015",
                "feeCurrency": "ETH",
                "execTime": "1700000000000",
            }
        ),
    )
    return open_testnet(Testnet("bybit"), FakeClock(), ENVIRONMENT)


GATE_ORDER = {
    "id": "62364648575",
    "text": "t-r-1",
    "status": "closed",
    "currency_pair": "ETH_USDT",
    "side": "buy",
    "amount": "1.5",
    "left": "0",
}
GATE_ERROR = {"label": "ORDER_NOT_FOUND", "message": "Order not found"}


@pytest.fixture
def gate(script: Script) -> TestnetExchange:
    base = "/api/v4/spot/"
    script.say(
        f"GET {base}currency_pairs",
        [
            {
                "id": "ETH_USDT",
                "base": "ETH",
                "quote": "USDT",
                "amount_precision": 5,
                "precision": 2,
                "min_quote_amount": "5",
                "trade_status": "tradable",
            }
        ],
    )
    script.say(f"GET {base}time", {"server_time": 1700000000000})
    script.say(f"GET {base}tickers", [{"lowest_ask": "2000.11"}])
    script.say(f"GET {base}accounts", [{"currency": "USDT", "available": "100", "locked": "0.5"}])
    script.say(f"POST {base}orders", GATE_ORDER)
    script.say(f"DELETE {base}orders/t-r-1", GATE_ORDER)
    script.say(f"GET {base}orders/t-r-1", GATE_ORDER)
    script.say(f"GET {base}orders", [])
    script.say(
        f"GET {base}my_trades",
        [
            {
                "id": "e1",
                "price": "2000.5",
                "amount": "1.5",
                "fee": "0.0015",
                "fee_currency": "ETH",
                "create_time_ms": "1700000000000.123",
            }
        ],
    )
    return open_testnet(Testnet("gate"), FakeClock(), ENVIRONMENT)


FILL = VenueFill("e1", Decimal("2000.5"), ONE, Decimal("0.0015"), "ETH", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("venue", "number", "balance"),
    [("bybit", "f5f2", Decimal(100)), ("gate", "62364648575", Decimal(100))],
)
def test_every_question_passes_the_guard_and_is_understood(
    venue: str, number: str, balance: Decimal, request: pytest.FixtureRequest, script: Script
) -> None:
    exchange: TestnetExchange = request.getfixturevalue(venue)
    told = OrderReport("r-1", number, PAIR, Side.BUY, ONE, ONE, VenueStatus.FILLED, (FILL,))
    assert exchange.server_time() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert exchange.pairs() == (PAIR,)
    assert exchange.rules("ETH").step == Decimal("0.00001") and exchange.rules("ETH").min_notional == Decimal(5)
    assert exchange.balances() == (AssetBalance("USDT", balance, Decimal("0.5")),)
    assert exchange.submit("r-1", PAIR, Side.BUY, ONE) == told
    assert exchange.find("r-1", PAIR) == told
    assert exchange.trades(PAIR) == (FILL,)
    assert exchange.cancel("r-1", PAIR) == told
    assert not exchange.verified
    assert {url.split("/")[2] for _, url, _ in script.sent} == {Testnet(venue).origin.removeprefix("https://")}
    orders = [url for method, url, _ in script.sent if method == "POST" and not url.endswith("cancel")]
    assert len(orders) == 1


def test_bybit_orders_are_spot_and_counted_in_coins(bybit: TestnetExchange, script: Script) -> None:
    bybit.submit("r-1", PAIR, Side.BUY, ONE)
    sent = next(json.loads(body) for method, _, body in script.sent if method == "POST")
    assert sent == {
        "category": "spot",
        "symbol": "ETHUSDT",
        "orderLinkId": "r-1",
        "side": "Buy",
        "orderType": "Market",
        "qty": "1.5",
        "marketUnit": "baseCoin",
    }


def test_gate_buys_at_a_limit_above_the_ask_since_its_market_orders_count_money(
    gate: TestnetExchange, script: Script
) -> None:
    gate.submit("r-1", PAIR, Side.BUY, ONE)
    script.say("POST /api/v4/spot/orders", GATE_ORDER | {"side": "sell"})
    script.say("GET /api/v4/spot/orders/t-r-1", GATE_ORDER | {"side": "sell"})
    gate.submit("r-1", PAIR, Side.SELL, ONE)
    buy, sell = (json.loads(body) for method, _, body in script.sent if method == "POST")
    assert (buy["type"], buy["price"], buy["time_in_force"]) == ("limit", "2100.12", "ioc")
    assert (sell["type"], sell["amount"], sell["account"], "price" in sell) == ("market", "1.5", "spot", False)


def test_what_bybit_has_in_neither_list_does_not_exist(bybit: TestnetExchange, script: Script) -> None:
    script.say("GET /v5/order/realtime", result())
    assert bybit.find("r-1", PAIR) is None
    script.say("GET /v5/order/history", result(BYBIT_ORDER))
    assert bybit.find("r-1", PAIR) is not None


def test_what_gate_may_have_forgotten_is_unknown(gate: TestnetExchange, script: Script) -> None:
    script.say("GET /api/v4/spot/orders/t-r-1", GATE_ERROR, status=404)
    assert gate.find("r-1", PAIR) is None
    script.say("GET /api/v4/spot/orders", [GATE_ORDER])
    assert gate.find("r-1", PAIR) is not None
    script.say("GET /api/v4/spot/orders", [GATE_ORDER | {"text": "web"}] * 100)
    with pytest.raises(OutcomeUnknown, match="older than the listed ones"):
        gate.find("r-1", PAIR)


def test_an_order_that_is_slow_to_appear_is_waited_for(bybit: TestnetExchange, script: Script) -> None:
    script.say("GET /v5/order/realtime", result(), result(BYBIT_ORDER))
    assert bybit.submit("r-1", PAIR, Side.BUY, ONE).status is VenueStatus.FILLED


ERRORS: dict[str, tuple[str, Any, int, type[Exception]]] = {
    "bybit refuses": ("bybit", result(code=170131, message="Insufficient balance."), 200, OrderRejected),
    "bybit limits": ("bybit", result(code=10006, message="Too many visits!"), 200, RateLimited),
    "bybit key": ("bybit", result(code=10003, message="API key is invalid."), 200, KeysRefused),
    "bybit internal": ("bybit", result(code=10016, message="Server error."), 200, OutcomeUnknown),
    "bybit duplicate": ("bybit", result(code=170141, message="Duplicate clientOrderId"), 200, OutcomeUnknown),
    "bybit nonsense": ("bybit", {}, 200, OutcomeUnknown),
    "bybit down": ("bybit", {}, 503, OutcomeUnknown),
    "gate refuses": ("gate", {"label": "BALANCE_NOT_ENOUGH", "message": "x"}, 400, OrderRejected),
    "gate limits": ("gate", {"label": "TOO_MANY_REQUESTS", "message": "x"}, 400, RateLimited),
    "gate banned": ("gate", {"label": "TOO_MANY_REQUESTS", "message": "x"}, 429, RateLimited),
    "gate key": ("gate", {"label": "INVALID_KEY", "message": "x"}, 401, KeysRefused),
    "gate internal": ("gate", {"label": "SERVER_ERROR", "message": "x"}, 400, OutcomeUnknown),
    "gate nonsense": ("gate", {}, 200, OutcomeUnknown),
    "gate down": ("gate", {}, 502, OutcomeUnknown),
}


@pytest.mark.parametrize("what", ERRORS)
def test_errors_are_told_apart(what: str, request: pytest.FixtureRequest, script: Script) -> None:
    venue, answer, status, kind = ERRORS[what]
    exchange: TestnetExchange = request.getfixturevalue(venue)
    where = "POST /v5/order/create" if venue == "bybit" else "POST /api/v4/spot/orders"
    script.say(where, answer, status=status)
    with pytest.raises(kind):
        exchange.submit("r-1", PAIR, Side.BUY, ONE)
    assert sum(method == "POST" for method, _, _ in script.sent) == 1


@pytest.mark.parametrize("venue", ["bybit", "gate"])
def test_a_clock_that_is_off_is_mended_by_one_comparison(
    venue: str, request: pytest.FixtureRequest, script: Script
) -> None:
    exchange: TestnetExchange = request.getfixturevalue(venue)
    late = result(code=10002) if venue == "bybit" else {"label": "REQUEST_EXPIRED", "message": "x"}
    where = "GET /v5/account/wallet-balance" if venue == "bybit" else "GET /api/v4/spot/accounts"
    sound = script.answers[where][0][1]
    script.say(where, late, sound)
    assert exchange.balances()
    assert sum("time" in url.split("?")[0] for _, url, _ in script.sent) == 1
