"""The doctor names what is wrong, in one line each, and never a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests

from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.services.doctor import CheckVerdict, DoctorCheck, examine
from bot.services.markets import store_path
from bot.venue.http.server import VenueServer
from bot.venue.matching.exchange import KEY
from tests.servers.loopback import dropped, status
from tests.servers.world import HALF_DAY, World, open_world
from tests.venue.world import exchange


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world with one venue that answers."""
    with open_world(tmp_path) as world:
        yield world


def examined(world: World, environment: Mapping[str, str] | None = None) -> dict[str, DoctorCheck]:
    """The checks by name; vendors are asked once."""
    with world.sessions(tries=1) as sessions:
        return {check.name: check for check in examine(world.config, world.clock, sessions, environment or {})}


def faults(checks: Mapping[str, DoctorCheck]) -> set[str]:
    """The names of what is at fault."""
    return {name for name, check in checks.items() if check.verdict is CheckVerdict.FAULT}


def test_a_new_user_has_no_store_and_no_fault_but_for_the_venue_without_bitcoin(world: World) -> None:
    checks = examined(world)
    assert faults(checks) == {"binanceus"}
    assert checks["store"] == DoctorCheck("store", CheckVerdict.NOTE, "none yet; make one with: bot data update")
    assert checks["clock"].verdict is CheckVerdict.SOUND


def test_a_fresh_store_is_fresh_and_an_old_one_says_by_how_much(world: World) -> None:
    world.update("RUT", "ETH", "BTC")
    assert examined(world)["freshness"].text == "RUT to 2025-11-28, ETH to 2025-11-27, BTC to 2025-11-27"
    world.set_time(HALF_DAY + timedelta(days=7))
    checks = examined(world)
    assert faults(checks) == {"binanceus", "freshness"}
    # The last session was Friday the 28th; Monday to Thursday closed since. A day more of coins, which closed at 00:00.
    assert "late: RUT by 4, ETH by 7, BTC by 7 sessions or days" in checks["freshness"].text


def test_a_store_without_a_required_series_says_which(world: World) -> None:
    world.update("RUT", "ETH")
    assert "there is no row of BTC; bot data update BTC" in examined(world)["freshness"].text


def test_a_damaged_store_does_not_keep_the_rest_from_being_looked_at(world: World) -> None:
    store_path(world.config).write_bytes(b"no database" * 100)
    checks = examined(world)
    assert faults(checks) == {"binanceus", "store"}
    assert "is damaged or no database" in checks["store"].text


def test_vendors_out_of_reach_are_named(world: World) -> None:
    world.servers.yahoo.fail(dropped())
    world.servers.fred.fail(status(500))
    world.servers.exchange.fail(status(451))
    checks = examined(world)
    assert faults(checks) == {"yahoo", "fred", "binance", "binanceus"}


def test_vendors_are_asked_for_the_last_days_alone(world: World) -> None:
    examined(world)
    (fred,), yahoo = world.servers.fred.asked, world.servers.yahoo.asked
    assert fred.query["cosd"] == "2025-11-18"
    first = min(int(asked.query["period1"]) for asked in yahoo if "period1" in asked.query)
    assert datetime.fromtimestamp(first, UTC).date() == date(2025, 11, 18)


@pytest.mark.parametrize("hours", [2, -2])
def test_a_wrong_clock_is_a_fault(world: World, hours: int) -> None:
    for server in (*world.servers.each, world.second):
        server.date = HALF_DAY + timedelta(hours=hours)
    checks = examined(world)
    assert checks["clock"].verdict is CheckVerdict.FAULT
    assert "at most 7,200 s from that of a vendor" in checks["clock"].text


def test_keys_are_found_and_never_shown(world: World) -> None:
    both = {"BINANCE_TESTNET_API_KEY": "k3y-material", "BINANCE_TESTNET_API_SECRET": "s3cret-material"}
    checks = examined(world, both)
    assert checks["keys"].text == "testnet keys for binance are in the environment"
    assert not any("material" in check.text for check in checks.values())


def test_half_a_pair_of_keys_is_a_fault(world: World) -> None:
    checks = examined(world, {"GATE_TESTNET_API_SECRET": "s3cret-material"})
    assert checks["keys"] == DoctorCheck("keys", CheckVerdict.FAULT, "one of two is missing: GATE_TESTNET_API_KEY")


def test_the_guard_was_tried_and_nothing_left(world: World) -> None:
    assert examined(world)["guard"].verdict is CheckVerdict.SOUND
    asked = [question for server in (world.servers.exchange, world.second) for question in server.asked]
    assert {(question.method, question.path) for question in asked} == {("GET", "/api/v3/exchangeInfo")}


def test_a_signed_order_to_a_real_exchange_was_tried_and_refused(world: World) -> None:
    assert examined(world)["sandbox"] == DoctorCheck(
        "sandbox", CheckVerdict.SOUND, "refuses a signed order to each of 8 real exchanges (NotSandbox)"
    )
    assert world.requests() > 0
    assert not [asked for server in (world.servers.exchange, world.second) for asked in server.asked if asked.body]


KEYS = {"BINANCE_TESTNET_API_KEY": "some-key-of-mine", "BINANCE_TESTNET_API_SECRET": "some-secret-of-mine"}


def test_a_testnet_is_asked_where_there_are_keys_for_it_and_no_order_is_placed(world: World) -> None:
    assert "binance testnet" not in examined(world)
    with VenueServer(exchange()) as server, world.sessions(tries=1) as sessions:
        clock = server.exchange.clock

        def opened(venue: str) -> TestnetExchange:
            return open_testnet(Loopback(int(server.url.rpartition(":")[2])), clock, {})

        def check() -> DoctorCheck:
            checks = {one.name: one for one in examine(world.config, clock, sessions, KEYS, opened)}
            assert not [one for one in checks.values() if "some-" in one.text]
            return checks["binance testnet"]

        assert check().text == "takes the keys; 1 assets, 1 pairs, its clock is 0 s from ours"
        requests.post(f"{server.url}/venue/key", json={"revoked": True}, timeout=5)
        assert check().verdict is CheckVerdict.FAULT
        assert "does not accept the keys" in check().text
        assert not server.exchange.account(KEY).orders
