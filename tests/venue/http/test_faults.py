"""What goes wrong on the way: each fault as a client sees it, and what the exchange has of the order afterwards."""

from __future__ import annotations

import time
from typing import Any

import ccxt
import pytest
import requests

from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.server import VenueServer
from bot.venue.matching.exchange import KEY
from tests.venue.conftest import client_of
from tests.venue.world import PAIR, ask, exchange

ETH = "ETH/USDT"
ORDER = {"symbol": PAIR, "side": "BUY", "type": "MARKET", "quantity": "0.1"}


def placed(venue: VenueServer) -> list[str]:
    """The client ids of all that is in the book, in order."""
    return [order.request.client_id for order in venue.exchange.account(KEY).orders.values()]


@pytest.mark.parametrize("accepted", [False, True])
def test_a_dropped_connection_is_a_network_fault_whether_the_order_was_accepted_or_not(
    client: Any, venue: VenueServer, accepted: bool
) -> None:
    client.load_markets()
    venue.faults.script(InjectedFault(InjectedKind.DROP, "POST", "order", accepted))
    with pytest.raises(ccxt.NetworkError):
        client.create_order(ETH, "market", "buy", 1, None, {"newClientOrderId": "mine"})
    assert placed(venue) == (["mine"] if accepted else [])
    if accepted:
        assert client.fetch_order(None, ETH, {"clientOrderId": "mine"})["status"] == "closed"
    else:
        with pytest.raises(ccxt.OrderNotFound):
            client.fetch_order(None, ETH, {"clientOrderId": "mine"})


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("code", [-1000, -1006, -1007])
def test_an_unknown_outcome_is_either(client: Any, venue: VenueServer, code: int, accepted: bool) -> None:
    client.load_markets()
    venue.faults.script(InjectedFault(InjectedKind.ERROR, "POST", "order", accepted, code=code))
    with pytest.raises((ccxt.OperationFailed, ccxt.RequestTimeout)):
        client.create_order(ETH, "market", "buy", 1, None, {"newClientOrderId": "mine"})
    assert placed(venue) == (["mine"] if accepted else [])


@pytest.mark.parametrize("accepted", [False, True])
def test_a_page_with_status_200_is_no_error_to_the_client_but_an_order_without_an_id(
    client: Any, venue: VenueServer, accepted: bool
) -> None:
    client.load_markets()
    venue.faults.script(
        InjectedFault(InjectedKind.HTML, "POST", "order", accepted), InjectedFault(InjectedKind.HTML, "GET", "account")
    )
    assert client.create_order(ETH, "market", "buy", 1)["id"] is None
    assert client.fetch_balance()["free"] == {}
    assert len(placed(venue)) == accepted


def test_an_answer_that_is_cut_short_or_empty_comes_after_the_order(client: Any, venue: VenueServer) -> None:
    client.load_markets()
    venue.faults.script(
        InjectedFault(InjectedKind.TRUNCATED, "POST", "order"),
        InjectedFault(InjectedKind.EMPTY, "POST", "order", accepted=True),
    )
    for _ in range(2):
        assert client.create_order(ETH, "market", "buy", 1)["id"] is None
    assert len(placed(venue)) == 2


def test_a_duplicate_answer_is_not_taken_for_the_next_one(client: Any, venue: VenueServer) -> None:
    client.load_markets()
    venue.faults.script(InjectedFault(InjectedKind.DUPLICATE, "POST", "order"))
    order = client.create_order(ETH, "market", "buy", 1)
    assert client.fetch_order(order["id"], ETH)["clientOrderId"] == order["clientOrderId"]
    assert len(placed(venue)) == 1


def test_a_delay_can_be_longer_than_a_clients_patience_and_the_order_comes_all_the_same(venue: VenueServer) -> None:
    client = client_of(venue)
    client.load_time_difference()
    client.load_markets()
    client.timeout = 50
    venue.faults.script(InjectedFault(InjectedKind.DELAY, "POST", "order", seconds=0.2))
    with pytest.raises(ccxt.RequestTimeout):
        client.create_order(ETH, "market", "buy", 1, None, {"newClientOrderId": "late"})
    assert placed(venue) == []
    deadline = time.monotonic() + 2
    while not placed(venue) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert placed(venue) == ["late"]


def test_a_fault_waits_for_the_request_that_it_is_for(venue: VenueServer) -> None:
    venue.faults.script(InjectedFault(InjectedKind.ERROR, "POST", "order", code=-1013))
    assert ask(venue, "GET", "account").status_code == 200
    assert ask(venue, "POST", "order", **ORDER).json()["code"] == -1013
    assert ask(venue, "POST", "order", **ORDER).status_code == 200


def test_a_fault_with_an_error_that_has_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of the codes"):
        InjectedFault(InjectedKind.ERROR, code=-9999)
    with pytest.raises(ValueError, match="expected 0 to 3600 seconds"):
        InjectedFault(InjectedKind.DELAY, seconds=-1)


RATES = {
    InjectedFault(InjectedKind.DROP, accepted=False): 0.15,
    InjectedFault(InjectedKind.DROP, accepted=True): 0.15,
    InjectedFault(InjectedKind.ERROR, accepted=True, code=-1007): 0.1,
    InjectedFault(InjectedKind.ERROR, accepted=False, code=-1000): 0.1,
    InjectedFault(InjectedKind.HTML, accepted=True): 0.05,
    InjectedFault(InjectedKind.TRUNCATED): 0.05,
    InjectedFault(InjectedKind.EMPTY): 0.05,
    InjectedFault(InjectedKind.DUPLICATE): 0.05,
}


def tried(seed: int, orders: int = 40) -> tuple[list[str], list[str]]:
    """The client ids that an exchange with faults has, and those of which a sound answer came."""
    with VenueServer(exchange()) as venue:
        venue.faults.random(seed, RATES)
        answered = []
        for number in range(orders):
            venue.exchange.clock.sleep(60)
            try:
                told = ask(venue, "POST", "order", **ORDER, newClientOrderId=f"c{number}").json()
            except (requests.ConnectionError, requests.JSONDecodeError):
                continue
            if "orderId" in told:
                answered.append(told["clientOrderId"])
        assert venue.problems == []
        return placed(venue), answered


@pytest.mark.parametrize("seed", range(4))
def test_under_random_faults_what_was_accepted_is_there_exactly_once(seed: int) -> None:
    there, answered = tried(seed)
    assert len(there) == len(set(there))
    assert set(answered) < set(there)
    assert len(there) < 40


def test_the_same_seed_gives_the_same_faults() -> None:
    assert tried(7, 15) == tried(7, 15)
    assert tried(7, 15) != tried(8, 15)
