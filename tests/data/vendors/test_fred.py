"""FRED's CSV is read line by line or refused with the line, through the real session and a server on the loopback."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from bot.core.errors import DataError
from bot.data.vendors.fred import Fred
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Unreachable
from bot.services.vendors import VendorSessions
from tests.clocks import FakeClock
from tests.servers.loopback import Reply, dripping, dropped, html, interrupted, status
from tests.servers.wired import Servers, loopback_sessions

VALUES = {"2024-01-03": "7681024", "2024-01-10": "7686690.5", "2024-01-17": ".", "2024-01-24": "", "2024-01-31": "-3"}


@pytest.fixture
def fred(servers: Servers, sessions: VendorSessions) -> Fred:
    servers.fred.series["WALCL"] = dict(VALUES)
    return Fred(sessions.fred)


def fetch(fred: Fred, since: date | None = None) -> RawBars:
    return fred.rows("WALCL", "WALCL", since)


def answer(servers: Servers, text: str) -> None:
    servers.fred.fail(Reply(200, text.encode()))


class TestGoodAnswers:
    def test_values_are_read_and_missing_days_are_no_rows(self, fred: Fred) -> None:
        rows = fetch(fred)
        assert rows.dates.astype(str).tolist() == ["2024-01-03", "2024-01-10", "2024-01-31"]
        assert rows.close.tolist() == [7681024, 7686690.5, -3]
        assert (rows.symbol, rows.source) == ("WALCL", "fred WALCL")

    def test_what_fred_does_not_have_is_unknown(self, fred: Fred) -> None:
        rows = fetch(fred)
        for column in (rows.open, rows.high, rows.low, rows.volume):
            assert len(column) == 3 and np.isnan(column).all()

    def test_only_what_is_needed_is_asked_for(self, fred: Fred, servers: Servers) -> None:
        assert fetch(fred, date(2024, 1, 10)).dates[0] == np.datetime64("2024-01-10")
        assert [asked.query for asked in servers.fred.asked] == [{"id": "WALCL", "cosd": "2024-01-10"}]

    def test_a_value_that_was_revised_is_read_as_it_is_now(self, fred: Fred, servers: Servers) -> None:
        fetch(fred)
        servers.fred.series["WALCL"]["2024-01-03"] = "1"
        assert fetch(fred).close[0] == 1

    def test_line_ends_and_a_byte_order_mark_do_not_matter(self, fred: Fred, servers: Servers) -> None:
        answer(servers, "\ufeffobservation_date,WALCL\r\n2024-01-03,1\r\n2024-01-10,2")
        assert fetch(fred).close.tolist() == [1, 2]


class TestBadTables:
    @pytest.mark.parametrize(
        "line",
        [
            "2024-01-1",
            "2024-01-10",
            "20240110,1",
            "2024-02-30,1",
            "2024-01-10,1,2",
            "2024-01-10,abc",
            "2024-01-10,nan",
            "2024-01-10,inf",
            "",
            "10/01/2024,1",
            "2024-W02-3,1",
        ],
    )
    def test_a_broken_line_is_named(self, fred: Fred, servers: Servers, line: str) -> None:
        answer(servers, f"observation_date,WALCL\n2024-01-03,1\n{line}\n2024-01-24,1\n")
        with pytest.raises(DataError, match="FRED WALCL line 3"):
            fetch(fred)

    @pytest.mark.parametrize("day", ["2024-01-03", "2024-01-02"])
    def test_dates_must_ascend(self, fred: Fred, servers: Servers, day: str) -> None:
        answer(servers, f"observation_date,WALCL\n2024-01-03,1\n{day},2\n")
        with pytest.raises(DataError, match="line 3: dates must ascend"):
            fetch(fred)

    @pytest.mark.parametrize("text", ["", "{}", "observation_date,RRPONTSYD\n2024-01-03,1\n", "\x89PNG"])
    def test_another_answer_than_the_table_is_refused(self, fred: Fred, servers: Servers, text: str) -> None:
        answer(servers, text)
        with pytest.raises(Unreachable, match="gave no table"):
            fetch(fred)

    def test_bytes_that_are_no_text_are_refused(self, fred: Fred, servers: Servers) -> None:
        servers.fred.fail(Reply(200, b"\xff\xfe\x00"))
        with pytest.raises(Unreachable, match="no text"):
            fetch(fred)

    def test_a_page_with_status_200_is_refused(self, fred: Fred, servers: Servers) -> None:
        servers.fred.fail(html())
        with pytest.raises(Unreachable, match="expected observation_date,WALCL, was <!DOCTYPE html>"):
            fetch(fred)


class TestUnknownSeries:
    def test_an_unknown_series_is_not_listed(self, fred: Fred) -> None:
        with pytest.raises(NotListed, match="FRED WALCLX: has no such series; was HTTP 404"):
            fred.rows("WALCL", "WALCLX", None)

    def test_another_page_with_404_does_not_say_that_the_series_is_unknown(self, fred: Fred, servers: Servers) -> None:
        servers.fred.fail(html(404))
        with pytest.raises(Unreachable, match="FRED WALCL: gave no table; was HTTP 404, another page"):
            fetch(fred)

    def test_nothing_in_the_time_asked_for_is_told(self, fred: Fred) -> None:
        with pytest.raises(NotListed, match="no value"):
            fetch(fred, date(2025, 1, 1))

    def test_nothing_but_missing_values_is_told(self, fred: Fred, servers: Servers) -> None:
        answer(servers, "observation_date,WALCL\n2024-01-03,.\n")
        with pytest.raises(NotListed, match="no value"):
            fetch(fred)

    @pytest.mark.parametrize("series_id", ["", "WAL CL", "../x", "A&B=c"])
    def test_what_is_no_id_is_not_asked(self, fred: Fred, servers: Servers, series_id: str) -> None:
        with pytest.raises(NotListed):
            fred.rows("WALCL", series_id, None)
        assert servers.fred.asked == []


class TestFaults:
    def test_limits_are_waited_for(self, fred: Fred, servers: Servers, clock: FakeClock) -> None:
        servers.fred.fail(status(429), status(429, retry_after="5"), status(500), dropped())
        with pytest.raises(Unreachable):
            fetch(fred)
        assert 5 in clock.sleeps
        assert len(fetch(fred)) == 3

    def test_long_limits_are_told(self, fred: Fred, servers: Servers) -> None:
        servers.fred.fail(status(429, retry_after="600"))
        with pytest.raises(RateLimited, match=r"fred\.stlouisfed\.org"):
            fetch(fred)

    def test_an_interrupted_answer_is_asked_for_again(self, fred: Fred, servers: Servers) -> None:
        servers.fred.fail(interrupted())
        assert len(fetch(fred)) == 3

    def test_a_place_that_is_not_served_is_told(self, fred: Fred, servers: Servers) -> None:
        servers.fred.fail(status(451))
        with pytest.raises(Blocked):
            fetch(fred)

    def test_any_other_refusal_is_told(self, fred: Fred, servers: Servers) -> None:
        servers.fred.fail(status(403))
        with pytest.raises(Unreachable, match="HTTP 403"):
            fetch(fred)

    def test_a_slow_drip_ends(self, servers: Servers, clock: FakeClock) -> None:
        servers.fred.fail(dripping(0.02))
        with (
            loopback_sessions(servers.urls, clock, tries=1, deadline=0.1) as sessions,
            pytest.raises(Unreachable, match="1 try"),
        ):
            fetch(Fred(sessions.fred))
