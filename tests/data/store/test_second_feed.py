"""The VIX comes from FRED while Yahoo refuses it, as a recorded change of source; small caps have no second feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.data.store.store import Store
from bot.data.store.update_result import UpdateStatus
from bot.services.markets import store_path, stored_market
from tests.servers.loopback import dropped, html, status
from tests.servers.made_up import rows
from tests.servers.world import FIRST, HALF_DAY, World, open_world
from tests.servers.yahoo import Chart

MONDAY = HALF_DAY + timedelta(days=3, hours=4)  # after the settled close of 1 December
UNKNOWN = '{"chart": {"result": null, "error": {"code": "Not Found", "description": "No data"}}}'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        days = rows(FIRST, date(2025, 12, 5), 17, weekdays_only=True)
        world.servers.yahoo.charts["^VIX"] = Chart(days, kind="INDEX")
        # FRED's close of a day is the one of Cboe; a holiday is a row without a value.
        world.servers.fred.series["VIXCLS"] = {str(day): str(row.close) for day, row in days.items()}
        yield world


def sources(world: World) -> tuple[tuple[str, str], ...]:
    with Store.reading(store_path(world.config)) as store:
        found = store.rows_of("VIX")
    return () if found is None else found.sources


@pytest.mark.parametrize(
    ("code", "why"),
    [(451, "does not serve this country"), (429, "rate limited until"), (404, "gave no rows")],
)
def test_a_refusal_of_yahoo_is_a_change_of_source(world: World, code: int, why: str) -> None:
    assert world.update("VIX")["VIX"].last == "2025-11-28"
    world.set_time(MONDAY)
    world.servers.yahoo.fail(*[status(code, body=UNKNOWN if code == 404 else "")] * 8)
    found = world.update("VIX")["VIX"]
    assert (found.status, found.new, found.last) == (UpdateStatus.NEW, 1, "2025-12-01")
    assert found.notes[0].startswith("yahoo refuses it (")
    assert found.notes[0].endswith("): fetched from fred VIXCLS")
    assert found.notes[1] == "Data source changes from yahoo ^VIX to fred VIXCLS"
    assert sources(world) == (("2025-09-02", "yahoo ^VIX"), ("2025-12-01", "fred VIXCLS"))


@pytest.mark.slow
def test_the_change_is_named_by_the_market_and_yahoo_takes_over_again(world: World) -> None:
    world.update("VIX", "RUT", "ETH", "BTC")
    world.set_time(MONDAY)
    world.servers.yahoo.fail(*[status(451)] * 8, path="/v8/finance/chart/^VIX")
    world.update("VIX", "RUT", "ETH", "BTC")
    market = stored_market(world.config)
    assert "another source from 2025-12-01 on" in [fault.text for fault in market.faults if fault.symbol == "VIX"]
    world.set_time(MONDAY + timedelta(days=1))
    world.servers.yahoo.faults.clear()
    world.servers.yahoo.charts["^VIX"] = Chart(rows(FIRST, date(2025, 12, 2), 17, weekdays_only=True), kind="INDEX")
    found = world.update("VIX")["VIX"]
    assert found.notes[0] == "Data source changes from fred VIXCLS to yahoo ^VIX"
    assert [name for _, name in sources(world)] == ["yahoo ^VIX", "fred VIXCLS", "yahoo ^VIX"]


def test_both_feeds_refuse(world: World) -> None:
    world.servers.yahoo.fail(*[status(451)] * 8)
    world.servers.fred.fail(*[html(404)] * 8)
    found = world.update("VIX")["VIX"]
    assert found.status is UpdateStatus.FAILED
    assert found.notes == ("its second feed gave no rows either (gave no table)",)
    assert "does not serve this country" in str(found.problem)


def test_a_time_out_is_no_refusal(world: World) -> None:
    world.servers.yahoo.fail(*[dropped()] * 8)
    found = world.update("VIX")["VIX"]
    assert (found.status, found.notes, sources(world)) == (UpdateStatus.FAILED, (), ())
    assert not any(one.query.get("id") == "VIXCLS" for one in world.servers.fred.asked)


def test_small_caps_have_no_second_feed_and_the_update_says_so(world: World) -> None:
    world.servers.yahoo.fail(*[status(451)] * 8)
    assert world.update("RUT")["RUT"].notes == (
        "it has no second feed: no other vendor serves it, so records wait until this one answers",
    )
