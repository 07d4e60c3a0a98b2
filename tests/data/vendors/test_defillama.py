"""DefiLlama's chart is read point by point, or refused with the point, through the real session on the loopback."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.data.vendors.defillama import DefiLlama
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import Blocked, NotListed, Unreachable, WrongAnswer
from bot.services.vendors import VendorSessions
from tests.servers.defillama import point
from tests.servers.loopback import Reply, as_json, dropped, html, status
from tests.servers.wired import Servers

DAYS = [date(2025, 9, 27), date(2025, 9, 28), date(2025, 9, 29), date(2025, 9, 30)]
POINTS = [point(day, 305e9 + n * 1e9) for n, day in enumerate(DAYS)]


@pytest.fixture
def defillama(servers: Servers, sessions: VendorSessions) -> DefiLlama:
    servers.defillama.charts["all"] = {day: 305e9 + n * 1e9 for n, day in enumerate(DAYS)}
    return DefiLlama(sessions.defillama)


def fetch(defillama: DefiLlama, since: date | None = None) -> RawBars:
    return defillama.rows("SUPPLY", "all", since)


def test_dollar_coins_are_read_and_the_newest_point_is_left_out(defillama: DefiLlama) -> None:
    rows = fetch(defillama)
    # Without the 580 million of euro coins, and without the point of the 30th, which still moves.
    assert rows.dates.astype(str).tolist() == ["2025-09-27", "2025-09-28", "2025-09-29"]
    assert rows.close.tolist() == [305e9, 306e9, 307e9]
    assert (rows.symbol, rows.source) == ("SUPPLY", "defillama all")
    assert all(np.isnan(column).all() for column in (rows.open, rows.high, rows.low, rows.volume))


def test_the_request_has_no_query_and_an_answer_is_cut_to_the_days_asked_for(
    defillama: DefiLlama, servers: Servers
) -> None:
    assert fetch(defillama, date(2025, 9, 29)).dates.astype(str).tolist() == ["2025-09-29"]
    (asked,) = servers.defillama.asked
    assert (asked.method, asked.path, asked.query) == ("GET", "/stablecoincharts/all", {})


def test_a_point_without_an_amount_is_no_row(defillama: DefiLlama, servers: Servers) -> None:
    servers.defillama.fail(as_json([POINTS[0], point(DAYS[1], None), *POINTS[2:]]))
    assert fetch(defillama).dates.astype(str).tolist() == ["2025-09-27", "2025-09-29"]


@pytest.mark.parametrize(
    "change",
    [
        {"date": "bad"},
        {"date": None},
        {"date": "1759017601"},
        {"date": "1759017600000"},
        {"date": "١٧٥٩٠١٧٦٠٠"},
        {"date": "9" * 5000},
        {"totalCirculatingUSD": None},
        {"totalCirculatingUSD": {"peggedUSD": "306e9"}},
        {"totalCirculatingUSD": {"peggedUSD": True}},
        {"totalCirculatingUSD": {"peggedUSD": -1}},
        {"totalCirculatingUSD": {"peggedUSD": float("nan")}},
        {"totalCirculatingUSD": {"peggedUSD": 10**400}},
    ],
)
def test_a_broken_point_is_named(defillama: DefiLlama, servers: Servers, change: dict[str, Any]) -> None:
    servers.defillama.fail(Reply(200, json.dumps([POINTS[0], POINTS[1] | change, *POINTS[2:]]).encode()))
    with pytest.raises(DataError, match="DefiLlama all point 1: is no point of the chart"):
        fetch(defillama)


def test_dates_must_ascend(defillama: DefiLlama, servers: Servers) -> None:
    servers.defillama.fail(as_json([POINTS[0], POINTS[0], POINTS[1]]))
    with pytest.raises(DataError, match="point 1: dates must ascend"):
        fetch(defillama)


@pytest.mark.parametrize("dollars", [306_000.0, 0.0, 306e15])
def test_a_total_in_another_unit_is_refused(defillama: DefiLlama, servers: Servers, dollars: float) -> None:
    servers.defillama.fail(as_json([POINTS[0], point(DAYS[1], dollars), *POINTS[2:]]))
    with pytest.raises(WrongAnswer, match=r"2025-09-28: the total is out of range; expected 5e\+09 to 1e\+14"):
        fetch(defillama)


def test_the_early_history_and_a_single_chain_may_be_small(defillama: DefiLlama, servers: Servers) -> None:
    early = [date(2017, 11, 29), date(2017, 11, 30), date(2017, 12, 1)]
    servers.defillama.fail(as_json([point(day, 110_105.0) for day in early]))
    assert fetch(defillama).close.tolist() == [110_105.0, 110_105.0]
    servers.defillama.charts["Solana"] = {day: 88e6 for day in DAYS}
    assert len(defillama.rows("SUPPLY", "Solana", None)) == 3


@pytest.mark.parametrize("reply", [html(), html(404), Reply(200, b"{}"), Reply(200, b"[" * 100_000), status(500)])
def test_another_page_is_refused(defillama: DefiLlama, servers: Servers, reply: Reply) -> None:
    servers.defillama.fail(*[reply] * 4)
    with pytest.raises(Unreachable):
        fetch(defillama)


def test_what_it_does_not_have_is_not_listed(defillama: DefiLlama, servers: Servers) -> None:
    with pytest.raises(NotListed, match="DefiLlama Atlantis: has no such chain"):
        defillama.rows("SUPPLY", "Atlantis", None)
    with pytest.raises(NotListed, match="no closed day"):
        fetch(defillama, date(2025, 9, 30))
    asked = len(servers.defillama.asked)
    for name in ("../protocols", "all?stablecoin=1", "", "a b"):
        with pytest.raises(NotListed, match="is no name of a chain"):
            defillama.rows("SUPPLY", name, None)
    assert len(servers.defillama.asked) == asked


def test_refusals_and_faults_are_those_of_every_public_session(defillama: DefiLlama, servers: Servers) -> None:
    servers.defillama.fail(dropped())
    assert len(fetch(defillama)) == 3
    servers.defillama.fail(status(451))
    with pytest.raises(Blocked, match=r"stablecoins\.llama\.fi"):
        fetch(defillama)
