"""Updates through the real clients: what comes is kept once, what does not is told, and nothing unfinished is final."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.core.data_fault import FaultKind
from bot.core.errors import BotError, ConfigError, StoreError
from bot.data.store.store import Store
from bot.data.store.stored import RowVersion
from bot.data.store.update_result import UpdateResult, UpdateStatus
from bot.data.store.write_lock import write_lock
from bot.data.vendors.feed import SeriesFeed
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Unreachable, WrongClock
from bot.services.data_update import import_folder, update_store
from bot.services.markets import store_path, stored_market
from bot.services.vendors import feeds, open_vendors, updater
from tests.clocks import FakeClock
from tests.markets import config_with
from tests.servers.loopback import Asked, Reply, cut_off, dropped, html, status
from tests.servers.made_up import Row, rows
from tests.servers.world import FIRST, HALF_DAY, World, extended, open_world
from tests.servers.yahoo import Chart


def unreachable(*_: object, **__: object) -> None:
    raise OSError("Name or service not known")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        yield world


class TestWhatComes:
    def test_each_vendors_series_is_kept_under_our_names(self, world: World) -> None:
        found = world.update("RUT", "IWM", "IWM_RAW", "WALCL", "ETH")
        assert {symbol: result.status for symbol, result in found.items()} == dict.fromkeys(found, UpdateStatus.NEW)
        with Store.reading(store_path(world.config)) as store:
            sources = {row.symbol: row.source for row in store.coverage()}
        assert sources == {
            "RUT": "yahoo ^RUT",
            "IWM": "yahoo IWM adjusted",
            "IWM_RAW": "yahoo IWM",
            "WALCL": "fred WALCL",
            "ETH": "binance ETH/USDT",
            "ETH.second": "yahoo ETH-USD",
        }

    def test_the_stablecoin_supply_is_stored_to_the_last_closed_day(self, world: World) -> None:
        found = world.update("STABLECOIN_SUPPLY_USD")["STABLECOIN_SUPPLY_USD"]
        assert (found.status, found.last) == (UpdateStatus.NEW, "2025-11-27")
        # 2.8e11 on the first day and 1e8 more on each of the 87 after it.
        assert world.closes("STABLECOIN_SUPPLY_USD")["2025-11-27"] == 2.887e11
        assert world.update("STABLECOIN_SUPPLY_USD")["STABLECOIN_SUPPLY_USD"].status is UpdateStatus.UP_TO_DATE

    def test_without_a_network_no_request_is_sent(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "create_connection", unreachable)
        with world.sessions() as sessions, pytest.raises(Unreachable, match=r"^No network: Yahoo could not be reached"):
            update_store(world.config, replace(sessions, main_hosts={"Yahoo": "a.example"}), world.clock)
        assert world.requests() == 0
        assert not store_path(world.config).exists()

    def test_every_role_has_a_vendor(self, world: World) -> None:
        with world.sessions() as sessions:
            fetched = feeds(world.config, open_vendors(world.config, sessions))
        assert world.config.roles.symbols() - set(fetched) == set()

    def test_a_half_day_is_final_once_it_has_settled(self, world: World) -> None:
        world.set_time(HALF_DAY - timedelta(minutes=6))  # 18:44: closed, but not settled
        assert world.update("RUT")["RUT"].last == "2025-11-26"
        world.set_time(HALF_DAY)
        assert world.update("RUT")["RUT"].last == "2025-11-28"

    def test_the_holiday_before_it_has_no_row_though_the_vendor_sends_one(self, world: World) -> None:
        found = world.update("RUT")["RUT"]
        assert "2025-11-27" not in world.closes("RUT")
        assert any("days without a US session" in note for note in found.notes)

    def test_todays_candle_is_kept_but_never_final(self, world: World) -> None:
        assert world.update("ETH")["ETH"].last == "2025-11-27"
        assert "2025-11-28" not in world.closes("ETH")

    def test_a_day_is_final_only_after_the_grace(self, world: World) -> None:
        midnight = datetime(2025, 11, 29, tzinfo=UTC)
        world.set_time(midnight + timedelta(minutes=9))
        assert world.update("BTC")["BTC"].last == "2025-11-27"
        world.set_time(midnight + timedelta(minutes=10))
        assert world.update("BTC")["BTC"].last == "2025-11-28"

    def test_a_coin_has_its_days_from_before_the_venue_as_a_seam(self, world: World) -> None:
        world.update("ETH")
        with Store.reading(store_path(world.config)) as store:
            coverage, aggregate = store.coverage()
        assert coverage.first == aggregate.first == "2025-08-01"
        assert coverage.source_changes == ((str(FIRST), "binance ETH/USDT"),)

    def test_without_an_answer_of_the_aggregate_the_venues_days_are_kept(self, world: World) -> None:
        found = world.update("BTC")["BTC"]
        assert (found.status, found.new) == (UpdateStatus.NEW, 88)
        assert "its days before 2025-09-01 are missing" in found.notes[0]
        world.servers.yahoo.charts["BTC-USD"] = Chart(rows(date(2025, 8, 1), FIRST, 9e4), "CRYPTOCURRENCY", "UTC")
        assert world.update("BTC", since=date(2025, 8, 15))["BTC"].new == 17

    def test_where_aggregate_and_venue_overlap_a_difference_over_two_percent_is_told(self, world: World) -> None:
        chart = world.servers.yahoo.charts["ETH-USD"]
        chart.rows[FIRST] = replace(chart.rows[FIRST], close=chart.rows[FIRST].close * 1.03)  # type: ignore[operator]
        assert "1 close lies over 2% from those of the vendor so far" in world.update("ETH")["ETH"].notes

    def test_what_the_venue_allows_is_kept_with_its_date_and_only_when_it_is_news(self, world: World) -> None:
        world.update("SOL")
        world.servers.exchange.pairs["SOLUSDT"].tick = "0.05000000"
        world.set_time(HALF_DAY + timedelta(days=1))
        world.update("SOL")
        world.set_time(HALF_DAY + timedelta(days=2))
        world.update("SOL")
        with Store.reading(store_path(world.config)) as store:
            (before,), (now,) = store.rules(HALF_DAY + timedelta(hours=1)), store.rules()
        assert (str(before.tick), str(now.tick), str(now.step)) == ("0.01", "0.05", "0.0001")

    def test_a_coin_that_the_venue_halts_gets_a_proposal_for_the_endings_table(self, world: World) -> None:
        world.servers.exchange.pairs["SOLUSDT"].status = "BREAK"
        (note,) = world.update("SOL")["SOL"].notes
        assert note.endswith("if that is its end, declare it: endings: {SOL: {kind: halted, last: 2025-11-27}}")

    def test_the_store_makes_a_market_that_decides(self, world: World) -> None:
        world.update("RUT", "ETH", "BTC")
        market = stored_market(world.config)
        assert str(market.decision_times[-1]) == "2025-11-28T00:00:00"
        assert market["ETH"].source_changes.tolist() == [FIRST]
        assert [fault.first for fault in market.faults if fault.kind is FaultKind.SOURCE_CHANGE] == [FIRST]

    def test_a_coin_is_judged_beside_the_aggregate(self, world: World) -> None:
        pair, chart = world.servers.exchange.pairs["ETHUSDT"], world.servers.yahoo.charts["ETH-USD"]
        for day, factor in ((date(2025, 11, 3), 1.05), (date(2025, 11, 10), 1.01)):
            close = pair.rows[day].close
            assert close is not None
            chart.rows[day] = replace(chart.rows[day], close=close * factor)
        world.update("RUT", "ETH", "BTC")
        differing = [f for f in stored_market(world.config).faults if f.kind is FaultKind.SOURCES_DIFFER]
        assert [(fault.symbol, fault.first) for fault in differing] == [("ETH", date(2025, 11, 3))]


class TestAgain:
    def test_what_is_up_to_date_is_not_asked_for(self, world: World) -> None:
        world.update("RUT", "ETH", "WALCL")
        before = world.requests()
        assert {r.status for r in world.update("RUT", "ETH", "WALCL").values()} == {UpdateStatus.UP_TO_DATE}
        assert world.requests() == before

    def test_the_next_day_only_what_is_new_is_asked_for(self, world: World) -> None:
        world.update("ETH")
        extended(world, date(2025, 12, 31))
        world.set_time(HALF_DAY + timedelta(days=1))
        world.servers.exchange.asked.clear()
        assert world.update("ETH")["ETH"].new == 1
        (candles,) = [asked for asked in world.servers.exchange.asked if asked.path.endswith("klines")]
        assert datetime.fromtimestamp(int(candles.query["startTime"]) / 1000, UTC).date() == date(2025, 11, 17)

    def test_a_changed_past_value_is_a_revision(self, world: World) -> None:
        world.update("RUT")
        first = world.closes("RUT")["2025-11-26"]
        extended(world, date(2025, 12, 31))
        chart = world.servers.yahoo.charts["^RUT"]
        chart.rows[date(2025, 11, 26)] = replace(chart.rows[date(2025, 11, 26)], close=2222.22)
        world.set_time(HALF_DAY + timedelta(days=4))
        assert world.update("RUT")["RUT"].revised == 1
        assert world.closes("RUT")["2025-11-26"] == first
        assert world.closes("RUT", RowVersion.LATEST)["2025-11-26"] == 2222.22

    def test_a_day_that_was_missing_is_added_when_it_comes(self, world: World) -> None:
        chart = world.servers.yahoo.charts["^RUT"]
        late = chart.rows.pop(date(2025, 11, 25))
        world.update("RUT")
        assert "2025-11-25" not in world.closes("RUT")
        extended(world, date(2025, 12, 31))
        assert late == world.servers.yahoo.charts["^RUT"].rows[date(2025, 11, 25)]
        world.set_time(HALF_DAY + timedelta(days=4))
        world.update("RUT")
        assert world.closes("RUT")["2025-11-25"] == late.close

    def test_after_a_dividend_the_adjusted_history_is_fetched_as_a_whole_and_the_raw_one_is_not(
        self, world: World
    ) -> None:
        world.update("IWM", "IWM_RAW")
        raw = world.closes("IWM_RAW")
        extended(world, date(2025, 12, 31))
        chart = world.servers.yahoo.charts["IWM"]
        chart.factors = {day: 0.99 for day in chart.rows if day < date(2025, 12, 1)}
        world.set_time(HALF_DAY + timedelta(days=4))
        found = world.update("IWM", "IWM_RAW")
        assert any("a new vintage of the whole history" in note for note in found["IWM"].notes)
        assert world.closes("IWM")[str(FIRST + timedelta(days=1))] == pytest.approx(
            raw[str(FIRST + timedelta(days=1))] * 0.99
        )
        assert {day: close for day, close in world.closes("IWM_RAW").items() if day in raw} == raw

    def test_since_asks_for_days_from_before(self, world: World) -> None:
        world.update("RUT", since=date(2025, 11, 1))
        assert min(world.closes("RUT")) == "2025-11-03"
        world.update("RUT", since=FIRST)
        assert min(world.closes("RUT")) == "2025-09-02"


class TestWhatDoesNotCome:
    @pytest.mark.parametrize(
        ("reply", "kind"),
        [
            (status(429), RateLimited),
            (status(429, "3600"), RateLimited),
            (status(418), RateLimited),
            (status(451), Blocked),
            (status(500), Unreachable),
            (html(), Unreachable),
            (cut_off(), Unreachable),
            (dropped(), Unreachable),
            (status(404), NotListed),
        ],
    )
    def test_one_bad_vendor_leaves_the_others_alone(self, world: World, reply: Reply, kind: type[BotError]) -> None:
        world.servers.yahoo.fail(*[reply] * 50)
        found = world.update("RUT", "IWM", "WALCL", "ETH")
        assert isinstance(found["RUT"].problem, kind)
        assert found["IWM"].status is not UpdateStatus.NEW
        assert found["WALCL"].status is UpdateStatus.NEW
        assert "\n" not in str(found["RUT"].problem)

    def test_a_limited_vendor_is_left_alone_and_the_same_command_resumes(self, world: World) -> None:
        world.update("IWM")
        world.set_time(HALF_DAY + timedelta(days=4))
        extended(world, date(2025, 12, 31))
        world.servers.yahoo.fail(status(429, "3600"))
        found = world.update("RUT", "IWM")
        assert [result.status for result in found.values()] == [UpdateStatus.FAILED, UpdateStatus.LATER]
        assert "resume with the same command" in str(found["RUT"].problem)
        before = world.requests()
        again = world.update("RUT", "IWM")  # a new command knows it too
        assert [result.status for result in again.values()] == [UpdateStatus.FAILED, UpdateStatus.LATER]
        assert world.requests() == before
        world.set_time(HALF_DAY + timedelta(days=4, hours=1))
        assert {r.status for r in world.update("RUT", "IWM").values()} == {UpdateStatus.NEW}

    def test_a_vendor_out_of_reach_is_given_up_after_two_symbols(self, world: World) -> None:
        world.servers.exchange.fail(*[dropped()] * 500)
        world.second.fail(*[dropped()] * 500)
        found = world.update("SOL", "LINK", "UNI")
        assert [result.status for result in found.values()] == [
            UpdateStatus.FAILED,
            UpdateStatus.FAILED,
            UpdateStatus.LATER,
        ]

    def test_a_vendor_with_a_moments_trouble_is_asked_again(self, world: World) -> None:
        world.servers.yahoo.fail(status(500), status(429, "7"), dropped())
        assert world.update("RUT")["RUT"].status is UpdateStatus.NEW
        assert 7 in world.clock.sleeps

    def test_an_all_nan_ticker_brings_nothing_and_keeps_nothing(self, world: World) -> None:
        chart = world.servers.yahoo.charts["^RUT"]
        chart.rows = {day: Row(None, None, None, None, None) for day in chart.rows}
        assert world.update("RUT")["RUT"].status in (UpdateStatus.NOT_LISTED, UpdateStatus.FAILED)
        assert world.closes("RUT") == {}

    def test_a_coin_that_no_venue_lists_says_so(self, world: World) -> None:
        found = world.update("XMR")["XMR"]
        assert found.status is UpdateStatus.NOT_LISTED
        assert "is listed at no venue" in str(found.problem)

    @pytest.mark.parametrize("symbol", ["RUTT", "ETHH"])
    def test_an_unknown_symbol_gets_the_nearest(self, world: World, symbol: str) -> None:
        with pytest.raises(ConfigError, match=f"did you mean '{symbol[:-1]}'"):
            world.update(symbol)

    def test_an_unknown_venue_gets_the_nearest(self, world: World) -> None:
        world.config = config_with({"sources": {"exchange": {"venues": ["binanse"]}}})
        with pytest.raises(ConfigError, match="did you mean 'binance'"):
            world.update("ETH")

    def test_a_vendor_that_keeps_us_waiting_is_given_up_after_three_minutes_in_all(self, world: World) -> None:
        world.servers.yahoo.fail(*[status(503, "50")] * 400)
        world.update("RUT", "IWM", "SPY", "HYG", "IEF")
        assert sum(world.clock.sleeps) <= 180 + 50

    def test_a_place_that_a_vendor_does_not_serve_is_asked_once(self, world: World) -> None:
        world.servers.yahoo.fail(*[status(451)] * 50)
        found = world.update("RUT", "IWM", "SPY")
        assert [result.status for result in found.values()] == [
            UpdateStatus.FAILED,
            UpdateStatus.LATER,
            UpdateStatus.LATER,
        ]
        assert len(world.servers.yahoo.asked) == 1

    def test_rows_of_which_none_can_be_believed_fail_that_series_alone(self, world: World) -> None:
        chart = world.servers.exchange.pairs["SOLUSDT"]
        chart.rows = {day: replace(row, high=1.0, low=2.0) for day, row in chart.rows.items()}
        found = world.update("SOL", "ETH")
        assert found["SOL"].status is UpdateStatus.FAILED
        assert "has no valid row" in str(found["SOL"].problem)
        assert found["ETH"].status is UpdateStatus.NEW

    def test_a_series_that_a_vendor_no_longer_has_is_gone_and_not_merely_unlisted(self, world: World) -> None:
        world.update("RUT")
        del world.servers.yahoo.charts["^RUT"]
        world.set_time(HALF_DAY + timedelta(days=4))
        assert world.update("RUT")["RUT"].status is UpdateStatus.GONE


class TestHoles:
    def test_since_never_leaves_a_hole_behind_the_last_row(self, world: World) -> None:
        world.set_time(datetime(2025, 10, 4, tzinfo=UTC))
        world.update("RUT", "SOL")
        world.set_time(HALF_DAY)
        extended(world, date(2025, 11, 28))
        world.update("RUT", "SOL", since=date(2025, 11, 20))
        days = sorted(world.closes("SOL"))
        assert len(days) == 88 == (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1
        assert "2025-10-15" in world.closes("RUT")

    def test_a_hole_is_asked_for_until_it_is_filled(self, world: World) -> None:
        pair = world.servers.exchange.pairs["SOLUSDT"]
        whole = dict(pair.rows)
        pair.rows = {day: row for day, row in whole.items() if not date(2025, 9, 10) <= day <= date(2025, 9, 25)}
        world.update("SOL")
        assert "2025-09-20" not in world.closes("SOL")
        pair.rows = rows(FIRST, date(2025, 11, 29), 150.0)
        world.set_time(HALF_DAY + timedelta(days=1))
        assert world.update("SOL")["SOL"].new == 17
        assert "2025-09-20" in world.closes("SOL")


class TestVenues:
    def test_the_second_venue_serves_where_the_first_is_blocked(self, world: World) -> None:
        world.second.list("SOL", "USD", rows(FIRST, date(2025, 12, 31), 151.0))
        world.servers.exchange.fail(*[status(451)] * 20)
        assert world.update("SOL")["SOL"].status is UpdateStatus.NEW
        with Store.reading(store_path(world.config)) as store:
            assert [row.source for row in store.coverage()] == ["binanceus SOL/USD"]

    def test_a_coin_stays_at_its_venue_while_that_is_only_out_of_reach(self, world: World) -> None:
        world.second.list("SOL", "USD", rows(FIRST, date(2025, 12, 31), 151.0))
        world.update("SOL")
        world.set_time(HALF_DAY + timedelta(days=1))
        world.servers.exchange.fail(*[status(500)] * 50)
        assert world.update("SOL")["SOL"].status is UpdateStatus.FAILED
        assert len(world.second.asked) == 0

    @pytest.mark.parametrize("reply", [status(429), status(418), status(429, "3600"), dropped(), status(500)])
    def test_a_venue_in_trouble_keeps_no_coin_from_a_healthy_one(self, world: World, reply: Reply) -> None:
        second = ("LTC", "DASH", "ZEC")
        for coin in second:
            world.second.list(coin, "USD", rows(FIRST, date(2025, 12, 31), 80.0))
        world.update("LTC", "DASH", "ZEC", "SOL", "BTC")
        extended(world, date(2025, 12, 31))
        world.set_time(HALF_DAY + timedelta(days=1))
        world.second.fail(*[reply] * 50)
        found = world.update(*second, "SOL", "BTC")
        assert {found[coin].status for coin in second} <= {UpdateStatus.FAILED, UpdateStatus.LATER}
        assert (found["SOL"].status, found["BTC"].status) == (UpdateStatus.NEW, UpdateStatus.NEW)

    def test_a_venue_in_trouble_is_left_alone_after_its_own_failures(self, world: World) -> None:
        coins = ("LTC", "DASH", "ZEC")
        for coin in coins:
            world.second.list(coin, "USD", rows(FIRST, date(2025, 12, 31), 80.0))
        world.update(*coins)
        world.set_time(HALF_DAY + timedelta(days=1))
        world.second.fail(*[dropped()] * 500)
        found = world.update(*coins)
        assert [found[coin].status for coin in coins] == [
            UpdateStatus.FAILED,
            UpdateStatus.FAILED,
            UpdateStatus.LATER,
        ]

    def test_a_ban_is_known_to_the_next_command_though_this_one_is_killed(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.servers.exchange.fail(status(418, "86400"))
        monkeypatch.setattr(UpdateResult, "__init__", _killed)
        with pytest.raises(KeyboardInterrupt):
            world.update("SOL")
        monkeypatch.undo()
        before = world.requests()
        assert isinstance(world.update("SOL")["SOL"].problem, RateLimited)
        assert world.requests() == before

    def test_a_venue_that_drops_a_coin_hands_over_with_a_seam(self, world: World) -> None:
        world.update("SOL")
        before = world.closes("SOL")
        world.second.list("SOL", "USD", rows(FIRST, date(2025, 12, 31), 150.6))
        del world.servers.exchange.pairs["SOLUSDT"]
        world.set_time(HALF_DAY + timedelta(days=2))
        found = world.update("SOL")["SOL"]
        assert (found.status, found.new) == (UpdateStatus.NEW, 2)
        assert any("Data source changes from binance SOL/USDT to binanceus SOL/USD" in note for note in found.notes)
        assert {day: close for day, close in world.closes("SOL").items() if day in before} == before


class TestClock:
    @pytest.mark.parametrize(("ahead", "word"), [(timedelta(hours=2), "ahead of"), (timedelta(hours=-2), "behind")])
    def test_a_clock_that_is_hours_off_stops_everything_before_a_row_is_kept(
        self, world: World, ahead: timedelta, word: str
    ) -> None:
        for server in (*world.servers.each, world.second):
            server.date = HALF_DAY - ahead
        with pytest.raises(WrongClock, match=f"clock is 2:00:00 {word} that of") as caught:
            world.update("RUT", "ETH")
        assert caught.value.exit_code == 3
        assert world.closes("RUT") == {}

    def test_one_vendor_with_a_wrong_clock_among_several_stops_nothing(self, world: World) -> None:
        world.servers.fred.date = HALF_DAY - timedelta(minutes=10)
        found = world.update("RUT", "WALCL", "ETH")
        assert {found[symbol].status for symbol in ("RUT", "ETH")} == {UpdateStatus.NEW}

    def test_a_clock_that_stands_before_what_the_store_has_seen_asks_nobody(self, world: World) -> None:
        world.update("RUT")
        world.set_time(HALF_DAY - timedelta(days=20))
        before = world.requests()
        with pytest.raises(WrongClock, match="behind the store, which was last written at 2025-11-28T18:50:"):
            world.update("RUT")
        assert world.requests() == before

    def test_a_candle_that_was_forming_when_it_was_asked_for_is_not_final_however_long_the_answer_took(
        self, world: World
    ) -> None:
        feed = SeriesFeed("slow", lambda since: self.slowly(world))
        with Store.writing(store_path(world.config)) as store:
            updater(world.config, store, world.clock).update("SOL", feed)
        assert max(world.closes("SOL")) == "2025-11-27"

    @staticmethod
    def slowly(world: World) -> RawBars:
        """Today's candle, which arrives tomorrow."""
        dates = np.array(["2025-11-27", "2025-11-28"], "datetime64[D]")
        world.clock.sleep(15 * 3600)
        values = np.array([150.0, 151.0])
        return RawBars("SOL", "slow SOL", dates, values, values, values, values, values)


class TestOneAtATime:
    def test_the_second_waits_says_so_and_then_gives_up(self, tmp_path: Path) -> None:
        path, clock, told = tmp_path / "market.sqlite3", FakeClock(), list[str]()
        second = write_lock(path, clock, patience=5, waiting=told.append)
        with write_lock(path, clock), pytest.raises(StoreError, match=r"is in use by process .*; try again"), second:
            pass
        assert len(told) == 1
        assert "waiting up to 5 s" in told[0]

    def test_the_lock_is_free_again_afterwards(self, tmp_path: Path) -> None:
        for _ in range(2):
            with write_lock(tmp_path / "market.sqlite3", FakeClock()):
                pass


class TestImport:
    def test_a_folder_comes_in_once_and_what_was_fetched_goes_on_from_it(self, world: World, tmp_path: Path) -> None:
        folder = tmp_path / "prices"
        folder.mkdir()
        lines = [f"2025-08-{day:02d},{4000 + day}" for day in range(1, 32)]
        (folder / "SOL.csv").write_text("\n".join(["date,close", *lines]) + "\n")
        (folder / "NOVEL.csv").write_text("date,close\n2025-08-01,1\n")
        results, notes = import_folder(world.config, folder, world.clock)
        assert [(r.symbol, r.status, r.new) for r in results] == [("SOL", UpdateStatus.NEW, 31)]
        assert "NOVEL" in notes[0]
        (again,), _ = import_folder(world.config, folder, world.clock)
        assert again.status is UpdateStatus.NOTHING_NEW
        world.update("SOL")
        assert len(world.closes("SOL")) == 31 + 88
        with Store.reading(store_path(world.config)) as store:
            assert store.coverage()[0].source_changes == (("2025-09-01", "binance SOL/USDT"),)

    def test_a_folders_fund_never_replaces_the_one_that_was_fetched(self, world: World, tmp_path: Path) -> None:
        world.update("IWM")
        before = world.closes("IWM")
        folder = tmp_path / "prices"
        folder.mkdir()
        (folder / "IWM.csv").write_text("date,close\n2025-09-02,1\n2025-09-03,2\n")
        (result,), _ = import_folder(world.config, folder, world.clock)
        assert result.status is UpdateStatus.NOTHING_NEW
        assert "adjusted prices of two vendors cannot be mixed" in result.notes[0]
        assert world.closes("IWM") == before


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_nothing_that_was_asked_carries_more_than_a_question(world: World) -> None:
    world.update("RUT", "IWM", "WALCL", "ETH")
    asked: list[Asked] = [*world.servers.yahoo.asked, *world.servers.fred.asked, *world.servers.exchange.asked]
    assert {question.method for question in asked} == {"GET"}
    told: Any = {name.lower() for question in asked for name in (*question.headers, *question.query)}
    assert not told & {"authorization", "cookie", "x-mbx-apikey", "signature", "timestamp", "recvwindow", "crumb"}
