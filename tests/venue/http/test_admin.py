"""The admin API under /venue/, the hosts that it serves, and how the server starts and ends."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
import requests

from bot.venue.http.server import VenueServer
from bot.venue.matching.book_shape import FlatBook
from bot.venue.matching.clocks import RunningClock
from bot.venue.matching.exchange import KEY, Exchange
from tests.clocks import FakeClock
from tests.venue.world import PAIR, START, admin, ask, exchange

ORDER = {"symbol": PAIR, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "95"}


def test_the_clock_is_told_moved_and_set_and_orders_are_met_on_the_way(venue: VenueServer) -> None:
    moment = "2024-01-01T00:00:00+00:00"
    assert admin(venue, "clock", method="GET").json() == {"now": moment, "wire": moment, "driven": True}
    ask(venue, "POST", "order", **ORDER)
    assert admin(venue, "clock", {"advance": 3600}).json()["now"] == "2024-01-01T01:00:00+00:00"
    assert admin(venue, "clock", {"to": "2024-01-01T05:00:00Z"}).status_code == 200
    assert ask(venue, "GET", "openOrders", symbol=PAIR).json() == []


@pytest.mark.parametrize(
    "told",
    [
        {"to": "2023-01-01T00:00:00Z"},
        {"to": "soon"},
        {"to": 5},
        {},
        {"advance": "x"},
        {"advance": -1},
        {"advance": 1e300},
        {"advance": float("nan")},
    ],
)
def test_a_moment_that_makes_no_sense_moves_nothing(venue: VenueServer, told: dict[str, Any]) -> None:
    assert admin(venue, "clock", told).status_code == 400
    assert venue.exchange.clock.now() == START


def test_a_clock_that_runs_is_not_moved() -> None:
    world = exchange()
    running = Exchange(world.price_path, world.market.listings(), RunningClock(FakeClock(), START), shape=FlatBook())
    with VenueServer(running) as venue:
        assert admin(venue, "clock", {"advance": 1}).status_code == 409
        assert admin(venue, "clock", method="GET").json()["driven"] is False


def test_wipes_halts_and_revoked_keys(venue: VenueServer) -> None:
    ask(venue, "POST", "order", **ORDER)
    assert admin(venue, "wipe").status_code == 200
    assert ask(venue, "GET", "openOrders", symbol=PAIR).json() == []
    assert admin(venue, "halt", {"symbol": PAIR}).json() == {"halted": [PAIR]}
    assert ask(venue, "POST", "order", **ORDER).json()["msg"] == "Market is closed."
    assert admin(venue, "halt", {"symbol": PAIR, "halted": False}).json() == {"halted": []}
    assert admin(venue, "halt", {"symbol": "XUSDT"}).json()["code"] == -1121
    assert admin(venue, "halt", {"symbol": PAIR, "halted": "no"}).status_code == 400
    assert admin(venue, "key", {"revoked": True}).json() == {"revoked": True}
    assert ask(venue, "GET", "account").json()["code"] == -2015
    assert admin(venue, "key", {"revoked": False}).json() == {"revoked": False}
    assert ask(venue, "GET", "account").status_code == 200
    assert admin(venue, "delist", {"symbol": PAIR}).json() == {"delisted": [PAIR]}
    assert ask(venue, "POST", "order", **ORDER).json()["code"] == -1121


def test_faults_are_added_told_and_cleared(venue: VenueServer) -> None:
    drop = {"kind": "drop", "method": "POST", "path": "order", "accepted": True}
    told = admin(venue, "faults", {"script": [drop]}).json()["scripted"]
    assert [(fault["kind"], fault["accepted"]) for fault in told] == [("drop", True)]
    with pytest.raises(requests.ConnectionError):
        ask(venue, "POST", "order", **ORDER)
    assert len(venue.exchange.account(KEY).orders) == 1
    always = {"seed": 1, "rates": [{"rate": 1.0, "fault": {"kind": "error", "code": -1001}}]}
    assert admin(venue, "faults", always).status_code == 200
    assert ask(venue, "GET", "account").json()["code"] == -1001
    assert admin(venue, "faults", method="DELETE").status_code == 200
    assert ask(venue, "GET", "account").status_code == 200


@pytest.mark.parametrize(
    "told",
    [
        {"script": [{"kind": "earthquake"}]},
        {"script": [{"kind": "drop", "when": 3}]},
        {"script": ["drop"]},
        {"script": [{"kind": "error", "code": 1}]},
        {"rates": [{"rate": 1, "fault": {"kind": "drop"}}]},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(venue: VenueServer, told: dict[str, Any]) -> None:
    assert admin(venue, "faults", told).status_code == 400
    assert ask(venue, "GET", "account").status_code == 200


def test_an_unknown_admin_request(venue: VenueServer) -> None:
    assert admin(venue, "money").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "localhost"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "http://evil.example/"},
    ],
)
@pytest.mark.parametrize("path", ["/venue/wipe", "/api/v3/ping"])
def test_a_web_page_and_a_foreign_host_are_turned_away(venue: VenueServer, headers: dict[str, str], path: str) -> None:
    assert requests.post(venue.url + path, headers=headers, timeout=5).status_code == 403
    assert requests.get(venue.url + path, headers=headers, timeout=5).status_code == 403


def test_a_program_and_an_address_typed_in_are_answered(venue: VenueServer) -> None:
    answer = requests.get(venue.api + "/ping", headers={"Sec-Fetch-Site": "none"}, timeout=5)
    assert answer.status_code == 200
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_body_without_a_sensible_length_is_refused(venue: VenueServer) -> None:
    response = requests.post(venue.url + "/venue/wipe", data=iter([b"x"]), timeout=5)  # chunked
    assert response.status_code == 413


def test_only_this_machine_is_listened_to_and_the_port_is_free_after_the_end() -> None:
    with VenueServer(exchange()) as venue:
        host, _, port = venue.url.removeprefix("http://").partition(":")
        assert host == "127.0.0.1"
        session = requests.Session()
        assert session.get(venue.api + "/ping", timeout=5).json() == {}
    with pytest.raises(requests.ConnectionError):
        session.get(venue.api + "/ping", timeout=5)  # the connection that was kept open is closed too
    session.close()
    with VenueServer(exchange(), port=int(port)) as again:
        assert again.url == venue.url
        with pytest.raises(OSError, match="in use"), VenueServer(exchange(), port=int(port)):
            pass
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


def test_time_on_the_wire_runs_on_so_that_signatures_grow_old() -> None:
    machine = FakeClock()
    with VenueServer(exchange(machine=machine)) as venue:
        asked_at = round(venue.exchange.clock.server_time().timestamp() * 1000)
        machine.sleep(4)
        assert ask(venue, "GET", "account", timestamp=asked_at).status_code == 200
        ahead = asked_at + 4999
        assert ask(venue, "GET", "account", timestamp=ahead).status_code == 200
        assert ask(venue, "GET", "account", timestamp=ahead + 1).json()["code"] == -1021
        assert ask(venue, "GET", "account", timestamp=asked_at - 5000).status_code == 200
        assert ask(venue, "GET", "account", timestamp=asked_at - 5001).json()["code"] == -1021
        assert ask(venue, "GET", "account", timestamp=asked_at - 9000, recvWindow=9000).status_code == 200
        assert venue.exchange.clock.now() == START
        assert venue.exchange.clock.server_time() == START + timedelta(seconds=4)
