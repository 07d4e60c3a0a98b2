"""Answers of venues with odd members, missing fields and unknown codes, and how each is read."""

# ruff: noqa: F811 - fixtures of another file are imported

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.dialects.binance import Binance
from bot.brokers.testnet.dialects.dialect import SpotPair
from bot.brokers.testnet.dialects.response_table import Meaning
from bot.brokers.testnet.guard import Testnet
from bot.brokers.testnet.keys import KEY_NAMES
from bot.brokers.testnet.reports import AssetBalance, VenueStatus
from bot.core.errors import ConfigError, OrderRejected, OutcomeUnknown
from bot.core.instrument import VenueRules
from bot.core.orders import Side
from bot.infra.vendor_errors import EmptyAccount, RateLimited, Refused
from tests.brokers.testnet.test_dialects import (
    BYBIT_ORDER,
    GATE_ERROR,
    GATE_ORDER,
    ONE,
    PAIR,
    Script,
    bybit,  # noqa: F401
    gate,  # noqa: F401
    result,
    script,  # noqa: F401
)
from tests.clocks import FakeClock

D = Decimal
CREATE, WALLET = "POST /v5/order/create", "GET /v5/account/wallet-balance"
BASE = "/api/v4/spot/"
RULES = VenueRules("ETH", "binance", PAIR, D("0.0001"), D("0.01"), None, True)
ETHUSDT = SpotPair("ETHUSDT", "ETH", "USDT", RULES)
BINANCE_TRADE = {"id": 1, "price": "2000", "qty": "1.5", "time": 1700000000000}


def query(url: str) -> dict[str, str]:
    """The fields of a request."""
    return dict(parse_qsl(urlsplit(url).query))


@pytest.mark.parametrize("code", [170007, 170146, 170001, 170032, 170035, 10014, 170141, 999999])
def test_an_unlisted_code_of_a_bybit_order_leaves_its_status_unknown(
    bybit: TestnetExchange, script: Script, code: int
) -> None:
    script.say(CREATE, result(code=code, message="?"))
    with pytest.raises(OutcomeUnknown, match=str(code)):
        bybit.submit("r-1", PAIR, Side.BUY, ONE)
    assert sum(method == "POST" for method, _, _ in script.sent) == 1


@pytest.mark.parametrize("code", [10001, 10032, 110003, 170131, 170140])
def test_a_listed_code_of_a_bybit_order_is_a_refusal(bybit: TestnetExchange, script: Script, code: int) -> None:
    script.say(CREATE, result(code=code, message="no"))
    with pytest.raises(OrderRejected, match=f"{code} no"):
        bybit.submit("r-1", PAIR, Side.BUY, ONE)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("INTERNAL", OutcomeUnknown),
        ("TOO_BUSY", OutcomeUnknown),
        ("A_NEW_LABEL", OutcomeUnknown),
        ("INVALID_PARAM_VALUE", OrderRejected),
        ("PRICE_THRESHOLD_EXCEEDED", OrderRejected),
    ],
)
def test_only_a_listed_label_of_a_gate_order_is_a_refusal(
    gate: TestnetExchange, script: Script, label: str, kind: type[Exception]
) -> None:
    script.say(f"POST {BASE}orders", {"label": label, "message": "x"}, status=400)
    with pytest.raises(kind):
        gate.submit("r-1", PAIR, Side.SELL, ONE)


@pytest.mark.parametrize(
    ("status", "code", "text", "meaning"),
    [
        (400, -1016, "This service is no longer available.", Meaning.UNKNOWN),
        (400, -9999, "Something new.", Meaning.UNKNOWN),
        (400, -1013, "Filter failure: NOTIONAL", Meaning.REFUSED),
        (400, -1121, "Invalid symbol.", Meaning.REFUSED),
        (200, -2010, "Account has insufficient balance for requested action.", Meaning.REFUSED),
        (400, -2010, "Duplicate order sent.", Meaning.UNKNOWN),
        (400, -2011, "Unknown order sent.", Meaning.MISSING),
        (400, -2011, "Order was not canceled due to cancel restrictions.", Meaning.REFUSED),
        (404, 0, "Not found", Meaning.UNKNOWN),
    ],
)
def test_status_code_and_text_of_binance_are_judged_together(
    status: int, code: int, text: str, meaning: Meaning
) -> None:
    assert Binance("binance").classify(status, {"code": code, "msg": text}, "").meaning is meaning


def test_a_page_instead_of_an_answer_is_unknown_whatever_its_status() -> None:
    read = Binance("binance").classify
    assert {read(status, None, "<html>").meaning for status in (200, 403, 404)} == {Meaning.UNKNOWN}


def test_a_refused_read_is_sent_once(bybit: TestnetExchange, script: Script) -> None:
    script.say(WALLET, result(code=10032, message="Demo trading are not supported."))
    with pytest.raises(Refused, match="10032 Demo trading"):
        bybit.balances()
    assert len(script.sent) == 1


def test_bybit_is_left_alone_for_ten_minutes_after_too_many_requests_of_an_address(script: Script) -> None:
    clock = FakeClock()
    exchange = open_testnet(Testnet("bybit"), clock, environment("bybit"))
    script.say("GET /v5/market/time", "403, access too frequent", status=403)
    with pytest.raises(RateLimited):
        exchange.server_time()
    clock.sleep(599)
    with pytest.raises(RateLimited):
        exchange.server_time()
    assert len(script.sent) == 1
    script.say("GET /v5/market/time", result())
    clock.sleep(2)
    exchange.server_time()
    assert len(script.sent) == 2


@pytest.mark.parametrize(
    ("venue", "where", "answer", "page"),
    [
        ("bybit", WALLET, result({"coin": []}), "https://testnet.bybit.com"),
        ("bybit", WALLET, result({"coin": [{"coin": "USDT", "walletBalance": "0"}]}), "https://testnet.bybit.com"),
        ("gate", f"GET {BASE}accounts", [], "https://www.gate.com"),
    ],
)
def test_an_empty_account_names_where_test_coins_are_claimed(
    venue: str, where: str, answer: Any, page: str, request: pytest.FixtureRequest, script: Script
) -> None:
    exchange: TestnetExchange = request.getfixturevalue(venue)
    script.say(where, answer)
    with pytest.raises(EmptyAccount, match=f"no asset; claim test coins at {page}"):
        exchange.balances()
    assert len(script.sent) == 1


def test_a_negative_balance_is_left_out_and_the_others_are_read(bybit: TestnetExchange, script: Script) -> None:
    coins = [{"coin": "BTC", "walletBalance": "-0.1"}, {"coin": "USDT", "walletBalance": "7", "locked": "2"}, "?"]
    script.say(WALLET, result({"coin": coins}))
    assert bybit.balances() == (AssetBalance("USDT", D(5), D(2)),)


def test_an_odd_pair_is_left_out_and_the_others_are_read(gate: TestnetExchange, script: Script) -> None:
    pair: dict[str, Any] = script.answers[f"GET {BASE}currency_pairs"][0][1][0]
    odd = [pair | {"id": "A_USDT", "amount_precision": None}, {"id": "B_USDT"}, 7]
    script.say(f"GET {BASE}currency_pairs", [*odd, pair])
    assert gate.pairs() == (PAIR,)


def test_a_binance_pair_without_a_tick_or_a_step_is_left_out() -> None:
    def listed(symbol: str, *filters: dict[str, str]) -> dict[str, Any]:
        return {
            "symbol": symbol,
            "baseAsset": symbol.removesuffix("USDT"),
            "quoteAsset": "USDT",
            "status": "TRADING",
            "orderTypes": ["MARKET"],
            "filters": list(filters),
        }

    tick, step = {"filterType": "PRICE_FILTER", "tickSize": "0.01"}, {"filterType": "LOT_SIZE", "stepSize": "0.1"}
    data = {
        "symbols": [
            listed("AUSDT", tick | {"tickSize": "0.00"}, step),
            listed("BUSDT", tick),
            listed("ETHUSDT", tick, step),
        ]
    }
    pairs = Binance("binance").read_pairs(data)
    assert [pair.name for pair in pairs] == ["ETHUSDT"]
    assert pairs.left_out == ("AUSDT (tickSize is zero)", "BUSDT (LOT_SIZE is missing)")


@pytest.mark.parametrize(
    ("side", "fee", "asset"), [("Buy", "0.0015", "ETH"), ("Sell", "3", "USDT"), ("Buy", "-0.3", "USDT")]
)
def test_a_bybit_fee_without_a_currency_follows_the_side(
    bybit: TestnetExchange, script: Script, side: str, fee: str, asset: str
) -> None:
    trade = script.answers["GET /v5/execution/list"][0][1]["result"]["list"][0]
    script.say("GET /v5/execution/list", result(trade | {"feeCurrency": "", "execFee": fee, "side": side}))
    report = bybit.find("r-1", PAIR)
    assert report is not None
    assert [(fill.fee, fill.fee_asset) for fill in report.fills] == [(D(fee), asset)]


def test_a_fee_that_cannot_be_read_does_not_hide_the_order(bybit: TestnetExchange, script: Script) -> None:
    trade = script.answers["GET /v5/execution/list"][0][1]["result"]["list"][0]
    script.say("GET /v5/execution/list", result(trade | {"feeCurrency": None, "execFee": "", "side": "Buy"}))
    report = bybit.find("r-1", PAIR)
    assert report is not None and report.filled == ONE
    assert [(fill.fee, fill.fee_asset) for fill in report.fills] == [(D(0), "ETH")]


@pytest.mark.parametrize(("bought", "asset"), [(True, "ETH"), (False, "USDT")])
def test_a_binance_fee_without_a_currency_follows_the_side(bought: bool, asset: str) -> None:
    [fill] = Binance("binance").read_fills([BINANCE_TRADE | {"isBuyer": bought, "commission": "0.1"}], ETHUSDT)
    assert (fill.fee, fill.fee_asset) == (D("0.1"), asset)


def test_an_acknowledgement_without_a_status_is_looked_up() -> None:
    acknowledged = {"symbol": "ETHUSDT", "orderId": 28, "clientOrderId": "r-1", "transactTime": 1507725176595}
    assert Binance("binance").read_submitted(acknowledged, ETHUSDT) is None


def test_an_odd_order_of_another_id_does_not_hide_ours(bybit: TestnetExchange, script: Script) -> None:
    script.say("GET /v5/order/realtime", result({"orderLinkId": "", "orderStatus": "Untriggered"}, BYBIT_ORDER))
    report = bybit.find("r-1", PAIR)
    assert report is not None and report.status is VenueStatus.FILLED


def test_bybit_is_asked_by_its_own_id_for_the_week_of_the_order(bybit: TestnetExchange, script: Script) -> None:
    script.say("GET /v5/order/realtime", result())
    script.say("GET /v5/order/history", result(BYBIT_ORDER))
    assert bybit.find("r-1", PAIR, "f5f2", datetime(2023, 11, 14, tzinfo=UTC)) is not None
    week = {"startTime": "1699833600000", "endTime": "1700438400000"}  # 13 to 20 November 2023
    asked = {urlsplit(url).path: query(url) for _, url, _ in script.sent}
    assert asked["/v5/order/realtime"].items() >= {"orderId": "f5f2", "orderLinkId": "r-1"}.items()
    assert asked["/v5/order/history"].items() >= {"orderId": "f5f2", **week}.items()
    assert asked["/v5/execution/list"].items() >= {"orderId": "f5f2", **week}.items()


def test_gate_is_asked_by_its_own_id(gate: TestnetExchange, script: Script) -> None:
    script.say(f"GET {BASE}orders/62364648575", GATE_ORDER)
    assert gate.find("r-1", PAIR, "62364648575") is not None
    script.say(f"GET {BASE}orders/62364648575", GATE_ERROR, status=404)
    assert gate.find("r-1", PAIR, "62364648575") is None
    assert not [url for _, url, _ in script.sent if "status=finished" in url]


@pytest.mark.parametrize(
    ("up_rate", "last", "price"),
    [
        # 5% above 2000.11 is 2100.1155, rounded up to a tick of 0.01.
        (None, "2000", "2100.12"),
        ("0.1", "2000", "2100.12"),
        # 3% above 2000 is 2060; above 1999.99 it is 2059.9897, rounded down.
        ("0.03", "2000", "2060.00"),
        ("0.03", "1999.99", "2059.98"),
        # The last price is above the ask: 3% above 2000.11 is 2060.1133.
        ("0.03", "2500", "2060.11"),
    ],
)
def test_a_gate_purchase_stays_within_the_largest_rise(
    gate: TestnetExchange, script: Script, up_rate: str | None, last: str, price: str
) -> None:
    pair: dict[str, Any] = script.answers[f"GET {BASE}currency_pairs"][0][1][0]
    script.say(f"GET {BASE}currency_pairs", [pair | {"up_rate": up_rate}])
    script.say(f"GET {BASE}tickers", [{"currency_pair": "ETH_USDT", "lowest_ask": "2000.11", "last": last}])
    gate.submit("r-1", PAIR, Side.BUY, ONE)
    [body] = [body for method, _, body in script.sent if method == "POST"]
    assert f'"price":"{price}"' in body.replace(" ", "")


@pytest.mark.parametrize(
    ("status", "buys", "sells"),
    [("tradable", True, True), ("sellable", False, True), ("buyable", True, False), ("untradable", False, False)],
)
def test_the_sides_of_a_gate_pair_are_read(
    gate: TestnetExchange, script: Script, status: str, buys: bool, sells: bool
) -> None:
    pair: dict[str, Any] = script.answers[f"GET {BASE}currency_pairs"][0][1][0]
    script.say(f"GET {BASE}currency_pairs", [pair | {"trade_status": status}])
    assert (gate.takes(PAIR, Side.BUY), gate.takes(PAIR, Side.SELL)) == (buys, sells)


@pytest.mark.parametrize(
    ("status", "finish_as", "left", "expected"),
    [
        ("closed", "filled", "0", VenueStatus.FILLED),
        ("closed", "ioc", "0.5", VenueStatus.EXPIRED),
        ("cancelled", "ioc", "0.5", VenueStatus.EXPIRED),
        ("cancelled", "depth_not_enough", "1.5", VenueStatus.EXPIRED),
        ("cancelled", "cancelled", "0.5", VenueStatus.CANCELED),
        ("cancelled", None, "0.5", VenueStatus.CANCELED),
        ("open", "open", "0.5", VenueStatus.PARTIAL),
    ],
)
def test_finish_as_says_how_a_gate_order_ended(
    gate: TestnetExchange, script: Script, status: str, finish_as: str | None, left: str, expected: VenueStatus
) -> None:
    order = GATE_ORDER | {"status": status, "finish_as": finish_as, "left": left}
    script.say(f"GET {BASE}orders/t-r-1", order)
    trade = script.answers[f"GET {BASE}my_trades"][0][1][0]
    script.say(f"GET {BASE}my_trades", [trade | {"amount": str(ONE - D(left))}])
    report = gate.find("r-1", PAIR)
    assert report is not None and report.status is expected


@pytest.mark.parametrize(
    ("fields", "fee", "asset"),
    [
        ({"fee": "0", "point_fee": "0.4", "gt_fee": "0"}, "0.4", "POINT"),
        ({"fee": "0", "point_fee": "0", "gt_fee": "0.03"}, "0.03", "GT"),
        ({"fee": "0.0015", "fee_currency": "", "side": "buy"}, "0.0015", "ETH"),
        ({"fee": "0", "fee_currency": "USDT", "point_fee": "0", "gt_fee": "0"}, "0", "USDT"),
    ],
)
def test_fees_of_gate_in_points_and_in_gt_are_read(
    gate: TestnetExchange, script: Script, fields: dict[str, str], fee: str, asset: str
) -> None:
    trade = script.answers[f"GET {BASE}my_trades"][0][1][0]
    script.say(f"GET {BASE}my_trades", [trade | fields])
    assert [(fill.fee, fill.fee_asset) for fill in gate.trades(PAIR)] == [(D(fee), asset)]


def environment(venue: str) -> dict[str, str]:
    """Keys for one testnet and no other."""
    return {name: f"{name}-0123456789" for name in KEY_NAMES[venue]}


@pytest.mark.parametrize(
    ("venue", "other", "host", "path"),
    [
        ("binance-demo", "binance", "demo-api.binance.com", "GET /api/v3/time"),
        ("bybit-demo", "bybit", "api-demo.bybit.com", "GET /v5/market/time"),
    ],
)
def test_a_demo_mode_has_a_host_and_keys_of_its_own(
    script: Script, venue: str, other: str, host: str, path: str
) -> None:
    with pytest.raises(ConfigError, match="DEMO_API_KEY"):
        open_testnet(Testnet(venue), FakeClock(), environment(other))
    with pytest.raises(ConfigError, match="TESTNET_API_KEY"):
        open_testnet(Testnet(other), FakeClock(), environment(venue))
    exchange = open_testnet(Testnet(venue), FakeClock(), environment(venue))
    script.say(path, {"retCode": 0, "time": 1700000000000, "serverTime": 1700000000000})
    assert exchange.server_time() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert {urlsplit(url).netloc for _, url, _ in script.sent} == {host}
    assert exchange.venue == f"{venue} testnet"
