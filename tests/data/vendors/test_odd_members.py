"""A list of markets survives its odd members: they are left out and named once, and every other coin is served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import DataError
from bot.data.store.update_result import UpdateStatus
from bot.data.vendors.exchange_values import read_levels
from bot.data.vendors.public_exchange import PublicExchange, take_notes
from bot.data.vendors.public_venues import VENUES
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import InvalidRules
from tests.clocks import FakeClock
from tests.data.vendors.test_venues import SHAPES, ShapeServer
from tests.servers.exchange import Pair, listing
from tests.servers.loopback import as_json
from tests.servers.made_up import rows
from tests.servers.wired import LoopbackAdapter
from tests.servers.world import FIRST, World, open_world

INFO = "/api/v3/exchangeInfo"
LAST = date(2025, 12, 31)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        yield world


def odd(change: dict[str, Any]) -> Any:
    return listing("ODDUSDT", Pair("ODD", "USDT", {})) | change


NO_LOT_SIZE = [row for row in odd({})["filters"] if row["filterType"] != "LOT_SIZE"]
NO_PRICE_FILTER = [row for row in odd({})["filters"] if row["filterType"] != "PRICE_FILTER"]
TICK_ZERO = [row | ({"tickSize": "0.00000000"} if "tickSize" in row else {}) for row in odd({})["filters"]]
ODD: dict[str, Any] = {
    "an empty member": {},
    "null": None,
    "a text": "ODDUSDT",
    "no name": odd({"symbol": None}),
    "a precision that is no number": odd({"baseAssetPrecision": "abc"}),
    "a filter that is null": odd({"filters": [None]}),
    "no filters": odd({"filters": []}),
    "no LOT_SIZE": odd({"filters": NO_LOT_SIZE}),
    "tickSize 0": odd({"filters": TICK_ZERO}),
    "no base": odd({"baseAsset": None}),
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("first", [True, False])
def test_every_other_coin_is_updated(world: World, what: str, first: bool) -> None:
    listed = [listing(name, pair) for name, pair in world.servers.exchange.pairs.items()]
    world.servers.exchange.fail(
        as_json({"symbols": [ODD[what], *listed] if first else [*listed, ODD[what]]}), path=INFO
    )
    found = world.update("SOL", "BTC")
    assert (found["SOL"].status, found["BTC"].status) == (UpdateStatus.NEW, UpdateStatus.NEW)
    notes = [note for result in found.values() for note in result.notes if "left out" in note and "list" in note]
    assert len(notes) <= 1


def test_members_that_are_left_out_are_named_once(world: World) -> None:
    listed = [listing(name, pair) for name, pair in world.servers.exchange.pairs.items()]
    broken = [odd({"symbol": f"ODD{number}", "baseAssetPrecision": "abc"}) for number in range(7)]
    world.servers.exchange.fail(as_json({"symbols": [*broken[:3], *listed, *broken[3:]]}), path=INFO)
    found = world.update("SOL", "BTC")
    notes = [note for result in found.values() for note in result.notes if "left out" in note]
    assert notes == ["7 invalid pairs in the list of binance left out: ODD0, ODD1, ODD2, ODD3, ODD4, …"]


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        (TICK_ZERO, "smallest step must be above zero"),
        (NO_LOT_SIZE, "a filter of the pair is missing; expected LOT_SIZE"),
        (NO_PRICE_FILTER, "a filter of the pair is missing; expected PRICE_FILTER"),
    ],
)
def test_a_coin_with_invalid_rules_has_its_prices_stored_and_its_rules_left(
    world: World, filters: list[Any], why: str
) -> None:
    listed = [listing(name, pair) for name, pair in world.servers.exchange.pairs.items()]
    listed = [entry | ({"filters": filters} if entry["symbol"] == "SOLUSDT" else {}) for entry in listed]
    world.servers.exchange.fail(as_json({"symbols": listed}), path=INFO)
    found = world.update("SOL", "BTC")
    assert (found["SOL"].status, found["BTC"].status) == (UpdateStatus.NEW, UpdateStatus.NEW)
    (note,) = [note for note in found["SOL"].notes if "rules" in note]
    assert note.startswith("its rules are left as they were: binance SOL/USDT") and why in note


MEMBERS = [
    ("kraken", "/AssetPairs", {"altname": []}),
    ("kraken", "/AssetPairs", {"pair_decimals": 1_704_153_600_000_000}),
    ("coinbase", "/market/products", {"product_id": None}),
    ("bybit", "/instruments-info", {"symbol": None}),
    ("gate", "/spot/currency_pairs", {"precision": "abc"}),
    ("gate", "/spot/currency_pairs", {"amount_precision": -(10**12)}),
    ("okx", "/instruments", {"lever": "abc"}),
]


@pytest.mark.parametrize(("venue", "path", "change"), MEMBERS)
def test_each_venues_list_survives(venue: str, path: str, change: dict[str, object]) -> None:
    shape = SHAPES[venue]
    answer = json.loads(json.dumps(shape.answers[path]))
    inner = answer
    for key in VENUES[venue].markets:
        inner = inner[key]
    if isinstance(inner, dict):
        inner["XODD"] = json.loads(json.dumps(next(iter(inner.values()))).replace("ETH", "ODD")) | change
    else:
        inner.insert(0, json.loads(json.dumps(inner[0]).replace("ETH", "ODD")) | change)
    host = VENUES[venue].host
    with (
        ShapeServer(replace(shape, answers=shape.answers | {path: answer})) as server,
        PublicSession(RetryPolicy(FakeClock()), [host], adapter=LoopbackAdapter({host: server.url})) as session,
    ):
        exchange = PublicExchange(venue, session)
        asked = len(server.asked)
        assert exchange.pair("ETH") == shape.pair
        assert len(server.asked) - asked <= 2
        assert not exchange.lists("ODD")
        assert [note.split(" in ")[0] for note in take_notes(exchange)] == ["1 invalid pair"]
        assert take_notes(exchange) == []


def test_a_list_without_a_valid_member_is_an_error(world: World) -> None:
    world.servers.exchange.fail(as_json({"symbols": [{}, None]}), path=INFO)
    world.second.list("SOL", "USD", rows(FIRST, LAST, 150.0))
    assert world.update("SOL")["SOL"].status is UpdateStatus.FAILED


def test_a_candle_beyond_the_range_of_a_float_is_left_out(world: World) -> None:
    """Its price times its volume is infinite."""
    made = rows(FIRST, LAST, 150.0)
    made[FIRST] = replace(made[FIRST], close=1e308, high=1e308)
    world.servers.exchange.list("SOL", "USDT", made)
    result = world.update("SOL")["SOL"]
    assert result.status is UpdateStatus.NEW
    assert any("1 faulty row left out" in note and "infinite" in note for note in result.notes)


def test_a_level_of_an_order_book_without_quantity_is_left_out() -> None:
    levels = read_levels([[99.0, 0.0], [98.5, 2.0]], "here")
    assert [(str(price), str(quantity)) for price, quantity in levels] == [("98.5", "2.0")]
    with pytest.raises(DataError, match="empty"):
        read_levels([[99.0, 0.0]], "here")


def test_rules_of_a_pair_without_filters_are_invalid(world: World) -> None:
    world.servers.exchange.fail(as_json({"symbols": [odd({"filters": []})]}), path=INFO)
    with world.sessions() as sessions, pytest.raises(InvalidRules, match="binance ODD/USDT"):
        PublicExchange("binance", sessions.exchange).rules("ODD")
