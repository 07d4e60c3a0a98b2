"""The wire to the letter: signatures, parameters, weights and shapes, asked without a client library."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from bot.core.orders import Side
from bot.venue.http.server import VenueServer
from bot.venue.matching.exchange import KEY
from tests.venue.world import PAIR, ask, at, limit, market, move, refusal, signed

ORDER = {"symbol": PAIR, "side": "BUY", "type": "MARKET", "quantity": "1", "newClientOrderId": "mine"}
REST = {**ORDER, "type": "LIMIT", "timeInForce": "GTC", "price": "95"}


def public(venue: VenueServer, path: str, **parameters: Any) -> requests.Response:
    return requests.get(f"{venue.api}/{path}?{urlencode(parameters)}", timeout=5)


def test_a_signature_holds_for_the_exact_text_of_query_and_body_together(venue: VenueServer) -> None:
    headers = {"X-MBX-APIKEY": KEY}
    stamp = round(venue.exchange.clock.server_time().timestamp() * 1000)
    # Binance signs query and body as one text, without an & between them.
    whole = signed({**ORDER, "timestamp": stamp})
    text, signature = whole.rsplit("&signature=", 1)
    query, body = text[: text.index("&quantity")], text[text.index("&quantity") :]
    url = f"{venue.api}/order?{query}"
    done = requests.post(url, data=f"{body}&signature={signature}", headers=headers, timeout=5)
    assert done.status_code == 200, done.text
    again = requests.post(url, data=f"{body}&signature={signature[:-1]}0", headers=headers, timeout=5)
    last_was_zero = signature.endswith("0")
    assert last_was_zero or refusal(again)[:2] == (400, -1022)
    reordered = requests.post(
        f"{venue.api}/order?timestamp={stamp}&{urlencode(ORDER)}&signature={signature}", headers=headers, timeout=5
    )
    assert refusal(reordered) == (400, -1022, "Signature for this request is not valid.")


def test_keys_are_asked_for_before_signatures(venue: VenueServer) -> None:
    assert refusal(ask(venue, "GET", "account", key=None)) == (401, -2014, "API-key format invalid.")
    unknown = ask(venue, "GET", "account", key="unknown")
    assert refusal(unknown) == (401, -2015, "Invalid API-key, IP, or permissions for action.")
    unsigned = requests.get(f"{venue.api}/account?timestamp=1", headers={"X-MBX-APIKEY": KEY}, timeout=5)
    assert refusal(unsigned)[1:] == (
        -1102,
        "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
    )
    assert ask(venue, "GET", "account").status_code == 200


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"symbol": "XUSDT"}, -1121, "Invalid symbol."),
        ({"symbol": "eth/usdt"}, -1100, "Illegal characters found in parameter 'symbol'"),
        ({"symbol": None}, -1102, "Mandatory parameter 'symbol' was not sent"),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"side": None}, -1102, "Mandatory parameter 'side'"),
        ({"type": "STOP_LOSS"}, -1116, "Invalid orderType."),
        ({"quantity": None}, -1102, "Param 'quantity' or 'quoteOrderQty' must be sent"),
        ({"quantity": ""}, -1105, "Parameter 'quantity' was empty."),
        ({"quantity": "1e3"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "-1"}, -1100, "Illegal characters"),
        ({"quantity": "0"}, -1013, "Invalid quantity."),
        ({"quoteOrderQty": "10"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
        ({"price": "95"}, -1106, "Parameter 'price' sent when not required."),
        ({"timeInForce": "GTC"}, -1106, "Parameter 'timeInForce' sent when not required."),
        ({"type": "LIMIT", "price": "95"}, -1102, "Mandatory parameter 'timeInForce'"),
        ({"type": "LIMIT", "timeInForce": "GTC"}, -1102, "Mandatory parameter 'price'"),
        ({"type": "LIMIT", "timeInForce": "GTC", "price": "95", "quantity": None}, -1102, "parameter 'quantity'"),
        ({"type": "LIMIT_MAKER", "price": "95", "quoteOrderQty": "9"}, -1106, "'quoteOrderQty' sent when not"),
        ({"newOrderRespType": "SHORT"}, -1136, "Invalid newOrderRespType."),
        ({"newClientOrderId": "x" * 37}, -1100, "parameter 'newClientOrderId'"),
        ({"sideEffectType": "MARGIN_BUY"}, -1104, "Not all sent parameters were read; read '7' parameter(s) but was"),
        ({"timestamp": None}, -1102, "Mandatory parameter 'timestamp'"),
        ({"timestamp": "soon"}, -1100, "Illegal characters found in parameter 'timestamp'"),
        ({"recvWindow": "60001"}, -1131, "recvWindow must be less than 60000."),
    ],
)
def test_a_parameter_that_is_wrong_is_named(
    venue: VenueServer, changes: dict[str, str | None], code: int, told: str
) -> None:
    stamp = round(venue.exchange.clock.server_time().timestamp() * 1000)
    sent = {name: value for name, value in ({"timestamp": stamp} | ORDER | changes).items() if value is not None}
    response = requests.post(f"{venue.api}/order", data=signed(sent), headers={"X-MBX-APIKEY": KEY}, timeout=5)
    status, was, text = refusal(response)
    assert (status, was) == (400, code), text
    assert told in text
    assert venue.exchange.account(KEY).orders == {}


def test_a_parameter_that_comes_twice_is_refused(venue: VenueServer) -> None:
    twice = requests.get(f"{venue.api}/depth?symbol={PAIR}&symbol={PAIR}", timeout=5)
    assert refusal(twice)[1:] == (-1101, "Duplicate values for a parameter detected.")


def test_an_order_tells_as_much_as_it_is_asked_for(venue: VenueServer) -> None:
    short = ask(venue, "POST", "order", **ORDER, newOrderRespType="ACK").json()
    assert short == {
        "symbol": PAIR,
        "orderId": 1,
        "orderListId": -1,
        "clientOrderId": "mine",
        "transactTime": 1704067200000,
    }
    middle = ask(venue, "POST", "order", **ORDER, newOrderRespType="RESULT").json()
    assert middle == short | {
        "orderId": 2,
        "workingTime": 1704067200000,
        "price": "0.00000000",
        "origQty": "1.00000000",
        "executedQty": "1.00000000",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": "100.10000000",
        "status": "FILLED",
        "timeInForce": "GTC",
        "type": "MARKET",
        "side": "BUY",
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }
    full = ask(venue, "POST", "order", **ORDER).json()
    assert full["fills"] == [
        {
            "price": "100.20000000",
            "qty": "1.00000000",
            "commission": "0.00100000",
            "commissionAsset": "ETH",
            "tradeId": 3,
        }
    ]


def test_an_order_without_a_client_id_is_given_one(venue: VenueServer) -> None:
    sent = {name: value for name, value in ORDER.items() if name != "newClientOrderId"}
    ids = [ask(venue, "POST", "order", **sent).json()["clientOrderId"] for _ in range(2)]
    assert ids == ["venue-1", "venue-2"]


def test_a_cancellation_has_an_id_of_its_own_and_is_found_by_the_orders(venue: VenueServer) -> None:
    ask(venue, "POST", "order", **REST)
    told = ask(venue, "DELETE", "order", symbol=PAIR, origClientOrderId="mine", newClientOrderId="no").json()
    assert (told["origClientOrderId"], told["clientOrderId"], told["status"]) == ("mine", "no", "CANCELED")
    assert ask(venue, "GET", "order", symbol=PAIR, origClientOrderId="mine").json()["status"] == "CANCELED"
    assert refusal(ask(venue, "DELETE", "openOrders", symbol=PAIR))[1] == -2011
    assert refusal(ask(venue, "DELETE", "order", symbol=PAIR))[1] == -1102


def test_lists_of_orders_and_trades_can_be_cut(venue: VenueServer) -> None:
    for number in range(4):
        venue.exchange.place(KEY, market(Side.BUY, "1", f"c{number}"))
        venue.exchange.clock.sleep(3600)
    hour = 3_600_000
    first = 1704067200000

    def orders(**cut: Any) -> list[int]:
        return [order["orderId"] for order in ask(venue, "GET", "allOrders", symbol=PAIR, **cut).json()]

    assert orders() == [1, 2, 3, 4]
    assert orders(limit=2) == [3, 4]
    assert orders(orderId=2, limit=2) == [2, 3]
    assert orders(startTime=first + hour, endTime=first + 2 * hour) == [2, 3]
    trades = ask(venue, "GET", "myTrades", symbol=PAIR, fromId=2, limit=1).json()
    assert [(trade["id"], trade["isMaker"], trade["isBuyer"]) for trade in trades] == [(2, False, True)]
    assert [trade["id"] for trade in ask(venue, "GET", "myTrades", symbol=PAIR, orderId=4).json()] == [4]
    assert refusal(ask(venue, "GET", "allOrders", symbol=PAIR, limit=0))[1] == -1102


def test_zero_balances_can_be_left_out(venue: VenueServer) -> None:
    assert {held["asset"] for held in ask(venue, "GET", "account").json()["balances"]} == {"ETH", "USDT"}
    told = ask(venue, "GET", "account", omitZeroBalances="true").json()
    assert told["balances"] == [{"asset": "USDT", "free": "10000.00000000", "locked": "0.00000000"}]
    assert told["commissionRates"]["taker"] == "0.00100000"


def test_a_balance_that_is_locked_as_a_whole_is_not_zero(venue: VenueServer) -> None:
    venue.exchange.place(KEY, limit(Side.BUY, "100", "99"))
    venue.exchange.place(KEY, limit(Side.BUY, "2", "50", "d"))
    told = ask(venue, "GET", "account", omitZeroBalances="true").json()
    assert told["balances"] == [{"asset": "USDT", "free": "0.00000000", "locked": "10000.00000000"}]


def test_what_was_asked_is_weighed_and_told(venue: VenueServer) -> None:
    assert public(venue, "ping").headers["X-MBX-USED-WEIGHT-1M"] == "1"
    assert public(venue, "exchangeInfo").headers["X-MBX-USED-WEIGHT-1M"] == "21"
    assert public(venue, "depth", symbol=PAIR, limit=5000).headers["X-MBX-USED-WEIGHT-1M"] == "271"
    assert ask(venue, "GET", "openOrders").headers["X-MBX-USED-WEIGHT-1M"] == "351"
    ordered = ask(venue, "POST", "order", **REST)
    assert (ordered.headers["X-MBX-USED-WEIGHT-1M"], ordered.headers["X-MBX-ORDER-COUNT-10S"]) == ("352", "1")
    venue.exchange.clock.sleep(60)
    assert public(venue, "time").headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_what_no_exchange_of_ours_knows_is_refused(venue: VenueServer) -> None:
    assert requests.get(f"{venue.url}/sapi/v1/capital/config/getall", timeout=5).status_code == 404
    assert refusal(public(venue, "trades", symbol=PAIR))[:2] == (404, -1020)
    assert refusal(public(venue, "klines", symbol=PAIR, interval="1h")) == (400, -1120, "Invalid interval.")
    assert refusal(public(venue, "depth", symbol=PAIR, wide="yes"))[1] == -1104
    assert refusal(public(venue, "ticker/price", symbols="ETH"))[1] == -1100
    assert refusal(public(venue, "ticker/price", symbols='["ETHUSDT"]', symbol=PAIR))[1] == -1128
    assert refusal(public(venue, "klines", symbol=PAIR, interval="1d", startTime="x"))[1] == -1100


def test_prices_of_one_pair_some_and_all(venue: VenueServer) -> None:
    move(venue.exchange, at(2))
    one = {"symbol": PAIR, "price": "110.00000000"}
    new = {"symbol": "NEWUSDT", "price": "1.00000000"}
    assert public(venue, "ticker/price", symbol=PAIR).json() == one
    assert public(venue, "ticker/price").json() == [one, new]
    assert public(venue, "ticker/price", symbols='["NEWUSDT"]').json() == [new]


def test_a_halted_pair_is_listed_with_an_empty_book(venue: VenueServer) -> None:
    venue.exchange.place(KEY, limit(Side.BUY, "1", "95"))
    venue.exchange.halt(PAIR)
    assert public(venue, "exchangeInfo", symbol=PAIR).json()["symbols"][0]["status"] == "BREAK"
    book = public(venue, "depth", symbol=PAIR).json()
    assert (book["bids"], book["asks"]) == ([], [])
    assert public(venue, "ticker/bookTicker", symbol=PAIR).json()["bidPrice"] == "0.00000000"
    assert refusal(ask(venue, "POST", "order", **ORDER))[1:] == (-1013, "Market is closed.")
    assert len(ask(venue, "GET", "openOrders", symbol=PAIR).json()) == 1
    assert ask(venue, "DELETE", "order", symbol=PAIR, orderId=1).status_code == 200


def test_candles_end_with_the_one_that_is_forming(venue: VenueServer) -> None:
    move(venue.exchange, at(2, 4))
    closed, forming = public(venue, "klines", symbol=PAIR, interval="1d").json()
    assert closed[:6] == [1704067200000, "100.00000000", "120.00000000", "90.00000000", "110.00000000", closed[5]]
    assert closed[6:8] == [1704153599999, "1000000.00000000"]
    assert forming[0] == 1704153600000
    day = 86_400_000

    def opens(**cut: int) -> list[int]:
        told = public(venue, "klines", symbol=PAIR, interval="1d", **cut).json()
        return [(row[0] - 1704067200000) // day for row in told]

    first = 1704067200000
    assert opens(startTime=first) == opens(startTime=0, endTime=first + day) == [0, 1]
    assert opens(startTime=first + 1) == opens(limit=1) == [1]
    assert opens(endTime=first + day - 1) == opens(startTime=first, limit=1) == [0]
    assert opens(startTime=10**20 - 1) == []
    move(venue.exchange, at(5, 4))
    assert opens() == [0, 1, 3, 4]
    assert opens(limit=2) == [3, 4]
    assert opens(startTime=first + day, limit=2) == [1, 3]
    none = public(venue, "klines", symbol=PAIR, interval="1d", startTime=first + 5 * day).json()
    assert none == []
