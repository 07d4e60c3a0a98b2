"""The real ccxt client trades on the venue as it does on Binance's testnet, and raises what it raises there."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.server import VenueServer
from bot.venue.http.weights import RequestLimits
from bot.venue.matching.exchange import KEY
from tests.venue.conftest import client_of
from tests.venue.world import PAIR, at, exchange, move

ETH = "ETH/USDT"


def test_the_client_reads_pairs_steps_and_limits(client: Any) -> None:
    market = client.load_markets()[ETH]
    assert list(client.markets) == [ETH]
    assert (market["id"], market["active"], market["spot"]) == (PAIR, True, True)
    assert market["precision"]["amount"] == 0.001
    assert market["precision"]["price"] == 0.01
    assert market["limits"]["cost"]["min"] == 5


def test_the_client_reads_prices_the_book_and_candles(client: Any, venue: VenueServer) -> None:
    move(venue.exchange, at(2, 4))
    ticker = client.fetch_ticker(ETH)
    assert (ticker["bid"], ticker["ask"], ticker["last"]) == (99.9, 100.1, 112.5)
    assert (ticker["open"], ticker["high"], ticker["low"]) == (95.0, 120.0, 90.0)
    assert client.fetch_order_book(ETH)["asks"] == [[100.1, 2.0], [100.2, 3.0]]
    assert client.fetch_bids_asks([ETH])[ETH]["bid"] == 99.9
    assert set(client.fetch_tickers()) == {ETH, "NEW/USDT"}
    first, second = client.fetch_ohlcv(ETH, "1d")
    assert first[1:5] == [100.0, 120.0, 90.0, 110.0]
    assert second[1:5] == [110.0, 112.5, 110.0, 112.5]
    assert client.fetch_ohlcv(ETH, "1d", limit=1) == [second]
    assert client.fetch_ohlcv(ETH, "1d", since=first[0], limit=1) == [first]


def test_a_market_order_comes_back_with_its_fills(client: Any) -> None:
    order = client.create_order(ETH, "market", "buy", 3, None, {"newClientOrderId": "mine"})
    assert (order["status"], order["filled"], order["cost"], order["clientOrderId"]) == ("closed", 3.0, 300.4, "mine")
    assert [(trade["price"], trade["amount"]) for trade in order["trades"]] == [(100.1, 2.0), (100.2, 1.0)]
    assert order["fee"] == {"currency": "ETH", "cost": 0.003}
    assert client.fetch_balance()["free"] == {"ETH": 2.997, "USDT": 9699.6}
    assert [trade["order"] for trade in client.fetch_my_trades(ETH)] == [order["id"], order["id"]]
    assert client.fetch_order(None, ETH, {"clientOrderId": "mine"})["filled"] == 3.0
    assert client.fetch_order(order["id"], ETH)["average"] == pytest.approx(100.1333, abs=1e-4)


def test_a_market_order_by_cost(client: Any) -> None:
    order = client.create_order(ETH, "market", "buy", None, None, {"cost": 250})
    assert (order["filled"], order["cost"]) == (2.497, 249.9994)


def test_a_limit_order_rests_is_found_and_cancelled(client: Any) -> None:
    order = client.create_order(ETH, "limit", "buy", 1, 95, {"newClientOrderId": "rests"})
    assert (order["status"], order["remaining"]) == ("open", 1.0)
    assert client.fetch_balance()["USDT"] == {"free": 9905.0, "used": 95.0, "total": 10_000.0}
    assert [found["id"] for found in client.fetch_open_orders()] == [order["id"]]
    assert client.cancel_order(None, ETH, {"clientOrderId": "rests"})["status"] == "canceled"
    assert client.fetch_open_orders(ETH) == []
    assert [found["status"] for found in client.fetch_orders(ETH)] == ["canceled"]
    for price in (94, 93):
        client.create_order(ETH, "limit", "buy", 1, price)
    assert len(client.cancel_all_orders(ETH)) == 2


def test_an_order_that_would_be_refused_can_be_tried_first(client: Any) -> None:
    client.create_order(ETH, "market", "buy", 1, None, {"test": True})
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order(ETH, "market", "sell", 1, None, {"test": True})
    assert client.fetch_orders(ETH) == []


def test_a_client_id_is_refused_while_it_is_open_and_accepted_after_a_fill(client: Any) -> None:
    client.create_order(ETH, "limit", "buy", 1, 95, {"newClientOrderId": "mine"})
    with pytest.raises(ccxt.InvalidOrder, match="Duplicate order sent"):
        client.create_order(ETH, "market", "buy", 1, None, {"newClientOrderId": "mine"})
    client.cancel_all_orders(ETH)
    ids = [client.create_order(ETH, "market", "buy", 1, None, {"newClientOrderId": "again"})["id"] for _ in range(2)]
    assert ids == ["2", "3"]


@pytest.mark.parametrize(
    ("order", "raised", "told"),
    [
        (("market", "sell", 1, None), ccxt.InsufficientFunds, "insufficient balance"),
        (("market", "buy", 0.01, None), ccxt.BadRequest, "NOTIONAL"),
        (("limit", "buy", 1, 1000), ccxt.InvalidOrder, "PERCENT_PRICE_BY_SIDE"),
        (("limit", "buy", 1, 100.1, {"postOnly": True}), ccxt.OrderImmediatelyFillable, "match and take"),
        (("limit", "buy", 1, 90, {"newClientOrderId": "no spaces"}), ccxt.BadRequest, "Illegal characters"),
        (("limit", "buy", 1, 90, {"timeInForce": "GTD"}), ccxt.BadRequest, "Invalid timeInForce"),
        (("limit", "buy", 1, 90, {"nonsense": 1}), ccxt.BadRequest, "Not all sent parameters were read"),
        # The client knows this one by the real host's name only.
        (("limit", "buy", 1, 90, {"recvWindow": 60001}), ccxt.ExchangeError, "recvWindow must be less than 60000"),
    ],
)
def test_what_is_refused_is_raised(client: Any, order: tuple[Any, ...], raised: type[Exception], told: str) -> None:
    with pytest.raises(raised, match=told) as refused:
        client.create_order(ETH, *order)
    assert type(refused.value) is raised
    assert client.fetch_orders(ETH) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"quantity": "1.0005"}, "LOT_SIZE"), ({"quantity": "1", "price": "95.001"}, "PRICE_FILTER")],
)
def test_a_filter_that_the_client_would_round_away_is_an_invalid_order(
    client: Any, changes: dict[str, str], told: str
) -> None:
    asked = {"symbol": PAIR, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "95", **changes}
    with pytest.raises(ccxt.InvalidOrder, match="lot size" if told == "LOT_SIZE" else "price"):
        client.private_post_order(asked)


def test_what_is_not_there_is_raised(client: Any, venue: VenueServer) -> None:
    client.load_markets()
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order("7", ETH)
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order("7", ETH)
    venue.exchange.halt(PAIR)
    with pytest.raises(ccxt.MarketClosed):
        client.create_order(ETH, "market", "buy", 1)
    assert client.load_markets(True)[ETH]["active"] is False
    venue.exchange.delist(PAIR)
    with pytest.raises(ccxt.BadSymbol):
        client.fetch_ticker(ETH)


def test_wrong_keys_signatures_and_times_are_raised(client: Any, venue: VenueServer) -> None:
    with pytest.raises(ccxt.AuthenticationError, match="Signature"):
        client_with_time(venue, secret="other").fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="Invalid API-key"):
        client_with_time(venue, key="other").fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="format invalid"):
        client_with_time(venue, key="no key!").fetch_balance()
    with pytest.raises(ccxt.InvalidNonce, match="ahead of the server's time"):
        client_of(venue).fetch_balance()  # this machine's clock is years later
    client.options["timeDifference"] += 20_000
    with pytest.raises(ccxt.InvalidNonce, match="outside of the recvWindow"):
        client.fetch_balance()


def client_with_time(venue: VenueServer, **keys: str) -> Any:
    found = client_of(venue, **keys)
    found.load_time_difference()
    return found


def test_a_key_that_is_revoked_later_looks_like_a_network_fault(client: Any, venue: VenueServer) -> None:
    client.fetch_balance()
    del venue.rest.secrets[KEY]
    with pytest.raises(ccxt.DDoSProtection, match="-2015"):
        client.fetch_balance()


@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [
        (-1000, 503, ccxt.OperationFailed),
        (-1001, 503, ccxt.OperationFailed),
        (-1006, 503, ccxt.OperationFailed),
        (-1000, 500, ccxt.OperationFailed),
        (-1007, 504, ccxt.RequestTimeout),
        (-1015, 400, ccxt.RateLimitExceeded),
        (-1003, 429, ccxt.DDoSProtection),
        (-1021, 400, ccxt.InvalidNonce),
    ],
)
def test_a_made_up_error_is_raised_as_the_real_one_is(
    client: Any, venue: VenueServer, code: int, status: int, raised: type[Exception]
) -> None:
    client.load_markets()
    venue.faults.script(InjectedFault(InjectedKind.ERROR, "POST", "order", code=code, status=status))
    with pytest.raises(raised) as refused:
        client.create_order(ETH, "market", "buy", 1)
    assert type(refused.value) is raised
    assert client.fetch_orders(ETH) == []


def test_who_asks_too_much_is_warned_and_then_banned() -> None:
    with VenueServer(exchange(), limits=RequestLimits(weight=61, tolerated=2)) as venue:
        client = client_with_time(venue)
        client.fetch_balance()
        client.fetch_balance()
        for _ in range(2):
            with pytest.raises(ccxt.DDoSProtection, match="429"):
                client.fetch_balance()
            assert 1 <= int(client.last_response_headers["Retry-After"]) <= 60
        with pytest.raises(ccxt.DDoSProtection, match="418"):
            client.fetch_balance()
        assert client.last_response_headers["Retry-After"] == "120"
        venue.exchange.clock.sleep(119)
        with pytest.raises(ccxt.DDoSProtection, match="418"):
            client.fetch_time()
        venue.exchange.clock.sleep(2)
        assert client.fetch_time()
        assert client.last_response_headers["X-Mbx-Used-Weight-1m"] == "1"


def test_too_many_orders_in_ten_seconds_are_refused() -> None:
    with VenueServer(exchange(), limits=RequestLimits(orders=2)) as venue:
        client = client_with_time(venue)
        for _ in range(2):
            client.create_order(ETH, "market", "buy", 0.1)
        with pytest.raises(ccxt.DDoSProtection, match="-1015"):
            client.create_order(ETH, "market", "buy", 0.1)


def test_a_wiped_account_is_fresh_and_its_orders_are_unknown(client: Any, venue: VenueServer) -> None:
    order = client.create_order(ETH, "market", "buy", 1)
    venue.exchange.wipe()
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order(order["id"], ETH)
    assert client.fetch_balance()["free"]["USDT"] == 10_000.0
    assert client.create_order(ETH, "market", "buy", 1)["id"] == order["id"]
