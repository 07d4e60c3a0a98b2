"""Yahoo's chart is read through the real yfinance and curl, from a server on the loopback."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import peewee
import pytest

from bot.core.errors import DataError, NotPublic, StoreError
from bot.data.vendors.raw_bars import RawBars
from bot.data.vendors.yahoo import Yahoo, YahooSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Unreachable
from bot.services.vendors import VendorSessions
from tests.clocks import FakeClock
from tests.servers.loopback import (
    Reply,
    as_json,
    cut_off,
    dripping,
    dropped,
    html,
    interrupted,
    status,
)
from tests.servers.made_up import Row, days, rows
from tests.servers.wired import LoopbackYahooSession, Servers
from tests.servers.yahoo import Chart

FIRST, LAST = date(2024, 1, 2), date(2025, 11, 28)
CHART = "https://query2.finance.yahoo.com/v8/finance/chart/IWM"


@pytest.fixture
def yahoo(servers: Servers, sessions: VendorSessions) -> Yahoo:
    charts = servers.yahoo.charts
    charts["^RUT"] = Chart(rows(FIRST, LAST, 2000, weekdays_only=True), kind="INDEX")
    charts["IWM"] = Chart(rows(FIRST, LAST, 200, weekdays_only=True))
    charts["ETH-USD"] = Chart(rows(FIRST, LAST, 3000), kind="CRYPTOCURRENCY", time_zone="UTC")
    return Yahoo(sessions.yahoo)


def rut(yahoo: Yahoo, since: date | None = None) -> RawBars:
    return yahoo.rows("RUT", "^RUT", since, adjusted=False)


def iwm(yahoo: Yahoo, since: date | None = None, adjusted: bool = False) -> RawBars:
    return yahoo.rows("IWM", "IWM", since, adjusted=adjusted)


def same_rows(fetched: RawBars, made: dict[date, Row]) -> bool:
    """Whether what was fetched is what was made up, to the last bit."""
    columns = np.column_stack([fetched.open, fetched.high, fetched.low, fetched.close, fetched.volume])
    wanted = np.array([[row.open, row.high, row.low, row.close, row.volume] for row in made.values()], float)
    return fetched.dates.tolist() == list(made) and np.array_equal(columns, wanted, equal_nan=True)


class TestGoodAnswers:
    def test_rows_come_as_they_are(self, yahoo: Yahoo, servers: Servers) -> None:
        fetched = rut(yahoo)
        assert same_rows(fetched, servers.yahoo.charts["^RUT"].rows)
        assert (fetched.symbol, fetched.source) == ("RUT", "yahoo ^RUT")
        assert fetched.dates.dtype == "datetime64[D]"

    def test_only_what_is_needed_is_asked_for(self, yahoo: Yahoo, servers: Servers) -> None:
        assert rut(yahoo, date(2025, 11, 20)).dates[0] == np.datetime64("2025-11-20")
        asked = servers.yahoo.asked[-1].query
        assert datetime.fromtimestamp(int(asked["period1"]), UTC) == datetime(2025, 11, 20, 5, tzinfo=UTC)

    def test_a_coins_days_are_utc_days(self, yahoo: Yahoo, servers: Servers) -> None:
        fetched = yahoo.rows("ETH", "ETH-USD", date(2025, 1, 1), adjusted=False)
        assert fetched.dates.tolist() == days(date(2025, 1, 1), LAST)

    @pytest.mark.parametrize("change", [date(2025, 3, 9), date(2025, 11, 2), date(2024, 3, 10), date(2024, 11, 3)])
    @pytest.mark.parametrize("ticker", ["^RUT", "ETH-USD"])
    def test_no_day_moves_when_the_clocks_of_new_york_change(
        self, yahoo: Yahoo, servers: Servers, ticker: str, change: date
    ) -> None:
        fetched = yahoo.rows("X", ticker, date(2024, 1, 2), adjusted=False)
        around = [day for day in servers.yahoo.charts[ticker].rows if abs((day - change).days) < 5]
        assert [day for day in fetched.dates.tolist() if abs((day - change).days) < 5] == around

    def test_a_day_that_is_missing_stays_missing(self, yahoo: Yahoo, servers: Servers) -> None:
        del servers.yahoo.charts["^RUT"].rows[date(2025, 6, 4)]
        assert same_rows(rut(yahoo), servers.yahoo.charts["^RUT"].rows)

    def test_a_half_days_row_is_dated_that_day(self, yahoo: Yahoo, servers: Servers) -> None:
        chart = servers.yahoo.charts["^RUT"]
        chart.stamps[LAST] = datetime(2025, 11, 28, 18, 0, tzinfo=UTC)  # a live row, stamped at the early close
        assert rut(yahoo).dates[-1] == np.datetime64(LAST)

    def test_the_live_row_of_today_is_handed_on(self, yahoo: Yahoo, servers: Servers, clock: FakeClock) -> None:
        assert clock.now().date() == LAST
        assert rut(yahoo).dates[-1] == np.datetime64(LAST)

    def test_nothing_is_known_of_a_volume_of_zero(self, yahoo: Yahoo, servers: Servers) -> None:
        chart = servers.yahoo.charts["^RUT"]
        chart.rows[date(2025, 6, 4)] = Row(10, 11, 9, 10, 0)
        chart.rows[date(2025, 6, 5)] = Row(10, 11, 9, 10, None)
        volume = dict(zip((fetched := rut(yahoo)).dates.tolist(), fetched.volume, strict=True))
        assert np.isnan(volume[date(2025, 6, 4)]) and np.isnan(volume[date(2025, 6, 5)])

    def test_a_price_of_zero_or_none_is_unknown(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.charts["^RUT"].rows[date(2025, 6, 4)] = Row(0, None, 9, 10, 5)
        fetched = rut(yahoo)
        row = fetched.dates.tolist().index(date(2025, 6, 4))
        assert np.isnan([fetched.open[row], fetched.high[row]]).all()
        assert (fetched.low[row], fetched.close[row], fetched.volume[row]) == (9, 10, 5)

    def test_a_row_without_a_close_is_no_row(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.charts["^RUT"].rows[date(2025, 6, 4)] = Row(10, 11, 9, None, 5)
        assert date(2025, 6, 4) not in rut(yahoo).dates.tolist()

    def test_a_day_that_stands_twice_at_the_end_is_one_row(self, yahoo: Yahoo, servers: Servers) -> None:
        chart = servers.yahoo.charts["^RUT"]
        live = date(2025, 11, 29)
        chart.rows[live] = Row(10, 11, 9, 10, 7)
        chart.stamps[live] = datetime(2025, 11, 28, 20, 59, tzinfo=UTC)
        fetched = rut(yahoo)
        assert fetched.dates.tolist()[-2:] == [date(2025, 11, 27), LAST]
        assert fetched.close[-1] == 10


class TestAdjusted:
    def test_prices_are_scaled_and_volume_is_not(self, yahoo: Yahoo, servers: Servers) -> None:
        chart = servers.yahoo.charts["IWM"]
        before = [day for day in chart.rows if day < date(2025, 6, 4)]
        chart.factors.update(dict.fromkeys(before, 0.5))
        raw, adjusted = iwm(yahoo), iwm(yahoo, adjusted=True)
        factor = np.where(raw.dates < np.datetime64("2025-06-04"), 0.5, 1.0)
        for name in ("open", "high", "low", "close"):
            np.testing.assert_allclose(getattr(adjusted, name), getattr(raw, name) * factor, rtol=1e-12)
        assert adjusted.volume.tolist() == raw.volume.tolist()
        assert (raw.source, adjusted.source) == ("yahoo IWM", "yahoo IWM adjusted")
        assert same_rows(raw, chart.rows)

    def test_one_question_serves_both(self, yahoo: Yahoo, servers: Servers) -> None:
        iwm(yahoo)
        before = len(servers.yahoo.asked)
        iwm(yahoo, adjusted=True)
        assert len(servers.yahoo.asked) == before

    @pytest.mark.parametrize("adjusted", [False, True])
    def test_asked_again_the_answer_is_fresh(self, yahoo: Yahoo, servers: Servers, adjusted: bool) -> None:
        iwm(yahoo, adjusted=adjusted)
        day = date(2025, 6, 4)
        servers.yahoo.charts["IWM"].rows[day] = Row(1, 1, 1, 1, 1)
        fetched = iwm(yahoo, adjusted=adjusted)
        assert fetched.close[fetched.dates.tolist().index(day)] == 1

    def test_another_since_is_another_question(self, yahoo: Yahoo) -> None:
        iwm(yahoo)
        assert len(iwm(yahoo, date(2025, 11, 28), adjusted=True)) == 1

    def test_a_second_client_has_no_memory_of_the_first(
        self, yahoo: Yahoo, servers: Servers, sessions: VendorSessions
    ) -> None:
        iwm(yahoo)
        servers.yahoo.charts["IWM"].rows[date(2025, 6, 4)] = Row(1, 1, 1, 1, 1)
        assert 1 in iwm(Yahoo(sessions.yahoo)).close

    def test_no_old_answer_is_used_when_the_clock_is_in_the_past(self, yahoo: Yahoo, servers: Servers) -> None:
        assert len(rut(yahoo)) == len(rut(yahoo))  # yfinance keeps what ended in the past in its memory
        assert sum("period1" in asked.query for asked in servers.yahoo.asked) == 2


class TestFaults:
    def test_an_unknown_or_delisted_ticker_is_told_after_one_question(self, yahoo: Yahoo, servers: Servers) -> None:
        with pytest.raises(NotListed, match=r"Yahoo GONE: .* HTTP 404, No data found, symbol may be delisted"):
            yahoo.rows("GONE", "GONE", None, adjusted=False)
        assert len(servers.yahoo.asked) == 1

    @pytest.mark.parametrize("ticker", ["", "../x", "IWM SPY", "IWM?a=b", "é"])
    def test_what_is_no_ticker_is_not_asked(self, yahoo: Yahoo, servers: Servers, ticker: str) -> None:
        with pytest.raises(NotListed, match="is no ticker"):
            yahoo.rows("X", ticker, None, adjusted=False)
        assert servers.yahoo.asked == []

    def test_a_ticker_without_rows_is_told(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.charts["EMPTY"] = Chart({})
        with pytest.raises(NotListed, match="Yahoo EMPTY: has no row"):
            yahoo.rows("EMPTY", "EMPTY", None, adjusted=False)

    def test_a_ticker_of_nothing_but_unknown_prices_is_told(self, yahoo: Yahoo, servers: Servers) -> None:
        unknown = Row(None, None, None, None, None)
        servers.yahoo.charts["NAN"] = Chart(dict.fromkeys(days(FIRST, LAST), unknown))
        with pytest.raises(NotListed, match="Yahoo NAN"):
            yahoo.rows("NAN", "NAN", None, adjusted=False)

    def test_nothing_in_the_time_asked_for_is_told(self, yahoo: Yahoo, servers: Servers) -> None:
        reason = {"code": "Bad Request", "description": "Data doesn't exist for startDate = 1, endDate = 2"}
        servers.yahoo.fail(as_json({"chart": {"result": None, "error": reason}}, status=400))
        with pytest.raises(NotListed, match="Data doesn't exist"):
            rut(yahoo)

    def test_a_price_below_zero_is_refused(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.charts["^RUT"].rows[date(2025, 6, 4)] = Row(10, 11, -9, 10, 5)
        with pytest.raises(DataError, match="Yahoo \\^RUT: low"):
            rut(yahoo)

    @pytest.mark.parametrize(
        "reply",
        [
            html(),
            cut_off(),
            as_json({}),
            as_json({"chart": {}}),
            as_json([]),
            as_json({"chart": {"result": []}}),
            Reply(200, b""),
            Reply(200, b"Will be right back"),
            as_json({"chart": {"result": [{"meta": {}}]}}),
            status(404, body=""),
            status(400),
            status(401),
            status(403),
        ],
    )
    def test_an_answer_that_makes_no_sense_is_told(self, yahoo: Yahoo, servers: Servers, reply: Reply) -> None:
        rut(yahoo)  # so that the time zone is known, and the rows are what is asked for
        servers.yahoo.fail(reply)
        with pytest.raises((Unreachable, NotListed), match="Yahoo"):
            rut(yahoo)

    def test_faults_that_pass_are_survived(self, yahoo: Yahoo, servers: Servers) -> None:
        for reply in (status(500), dropped(), interrupted(), status(429), status(502)):
            servers.yahoo.fail(reply)
            assert same_rows(rut(yahoo), servers.yahoo.charts["^RUT"].rows)

    def test_faults_that_stay_are_told(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.fail(*[status(500)] * 4)
        with pytest.raises(Unreachable, match=r"query2\.finance\.yahoo\.com: gave no valid response in 4 tries"):
            rut(yahoo)

    def test_a_limit_is_obeyed(self, yahoo: Yahoo, servers: Servers, clock: FakeClock) -> None:
        servers.yahoo.fail(status(429, retry_after="12"))
        assert len(rut(yahoo)) and 12 in clock.sleeps

    def test_a_long_limit_ends_with_exit_code_3_and_nothing_more_is_asked(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.fail(status(429, retry_after="3600"))
        with pytest.raises(RateLimited, match="resume with the same command") as caught:
            rut(yahoo)
        with pytest.raises(RateLimited):
            iwm(yahoo)
        assert caught.value.exit_code == 3
        assert len(servers.yahoo.asked) == 1

    def test_limits_without_an_end_are_told(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.fail(*[status(429)] * 4)
        with pytest.raises(RateLimited):
            rut(yahoo)

    @pytest.mark.parametrize(("code", "kind"), [(418, RateLimited), (451, Blocked)])
    def test_bans_are_told_at_once(self, yahoo: Yahoo, servers: Servers, code: int, kind: type[DataError]) -> None:
        servers.yahoo.fail(status(code))
        with pytest.raises(kind):
            rut(yahoo)
        assert len(servers.yahoo.asked) == 1

    def test_a_way_to_the_consent_page_is_not_gone(self, yahoo: Yahoo, servers: Servers) -> None:
        servers.yahoo.fail(Reply(302, b"", {"Location": "https://consent.yahoo.com/v2/collectConsent?sessionId=1"}))
        with pytest.raises(Unreachable, match="consent"):
            rut(yahoo)
        assert len(servers.yahoo.asked) == 1

    @pytest.mark.parametrize("reply", [dripping(0.02), dripping(0.5)])
    def test_a_slow_drip_ends(self, servers: Servers, clock: FakeClock, reply: Reply) -> None:
        servers.yahoo.fail(reply)
        retry_policy = RetryPolicy(clock, tries=1)
        with (
            LoopbackYahooSession(retry_policy, servers.urls, timeouts=(0.1, 0.1)) as session,
            pytest.raises(Unreachable, match="1 try; was Timeout"),
        ):
            rut(Yahoo(session))

    def test_an_answer_without_end_is_cut_short(self, servers: Servers, clock: FakeClock) -> None:
        servers.yahoo.fail(Reply(200, b"{" * 100_000))
        retry_policy = RetryPolicy(clock, tries=1)
        with (
            LoopbackYahooSession(retry_policy, servers.urls, largest=1000) as session,
            pytest.raises(Unreachable, match="1 try"),
        ):
            rut(Yahoo(session))

    @pytest.mark.parametrize("kind", ["OperationalError", "DatabaseError"])
    def test_a_full_disk_is_not_blamed_on_the_vendor(
        self, yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        def refused(*_: object, **__: object) -> None:
            raise getattr(peewee, kind)("database or disk is full")

        monkeypatch.setattr("yfinance.Ticker.history", refused)
        with pytest.raises(StoreError, match="yfinance cannot keep its cache here; was database or disk is full"):
            rut(yahoo)


class TestManners:
    @pytest.fixture
    def session(self, sessions: VendorSessions) -> YahooSession:
        return sessions.yahoo

    @pytest.mark.parametrize(
        ("method", "url", "options"),
        [
            ("POST", "https://consent.yahoo.com/v2/collectConsent", {"data": {"agree": "agree"}}),
            ("POST", CHART, {}),
            ("GET", CHART.replace("https", "http"), {}),
            ("GET", CHART.replace("query2", "query3"), {}),
            ("GET", CHART.replace("query2", "me:pass@query2"), {}),
            ("GET", CHART.replace(".com", ".com:8443"), {}),
            ("GET", "https://query2.finance.yahoo.com/v10/finance/quoteSummary/IWM", {}),
            ("GET", CHART + "/../../../v1/test", {}),
            ("GET", CHART, {"headers": {"Authorization": "Bearer x"}}),
            ("GET", CHART, {"cookies": {"T": "x"}}),
            ("GET", CHART, {"data": "x"}),
            ("GET", CHART, {"json": {"a": 1}}),
            ("GET", CHART, {"auth": ("me", "pass")}),
            ("GET", CHART, {"proxies": {"https": "http://127.0.0.1:1"}}),
            ("GET", CHART, {"params": {"apiKey": "x"}}),
        ],
    )
    def test_only_the_chart_is_asked_anonymously(
        self, session: YahooSession, servers: Servers, method: str, url: str, options: dict[str, object]
    ) -> None:
        with pytest.raises(NotPublic):
            session.request(method, url, **options)
        assert servers.yahoo.asked == []

    @pytest.mark.parametrize("name", ["headers", "cookies"])
    def test_what_the_session_was_given_by_force_is_not_sent(
        self, session: YahooSession, servers: Servers, name: str
    ) -> None:
        getattr(session, name).update({"T": "x"})
        with pytest.raises(NotPublic, match=name):
            session.get(CHART)
        assert servers.yahoo.asked == []

    def test_cookies_and_crumbs_are_done_without(self, yahoo: Yahoo, servers: Servers) -> None:
        chart = servers.yahoo.charts["^RUT"]
        assert len(rut(yahoo)) == len(chart.rows)
        assert {asked.path for asked in servers.yahoo.asked} == {"/v8/finance/chart/^RUT"}
        assert all("crumb" not in asked.query and "Cookie" not in asked.headers for asked in servers.yahoo.asked)

    def test_proxies_of_the_environment_are_ignored(self, yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        assert len(rut(yahoo))

    def test_questions_stand_apart(self, yahoo: Yahoo, clock: FakeClock) -> None:
        rut(yahoo)
        before = len(clock.sleeps)
        iwm(yahoo)
        assert len(clock.sleeps) > before

    def test_nothing_is_printed_or_logged(
        self, yahoo: Yahoo, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG), pytest.raises(NotListed):
            yahoo.rows("GONE", "GONE", None, adjusted=False)
        assert capfd.readouterr() == ("", "")
        assert not [record for record in caplog.records if "yfinance" in record.name]

    def test_nothing_is_written_into_the_home_folder(self, yahoo: Yahoo, servers: Servers, tmp_path: Path) -> None:
        home, folder = tmp_path / "home", tmp_path / "folder"
        home.mkdir()
        script = (
            "import json, os, pathlib\n"
            "from bot.infra.clock import SystemClock\n"
            "from bot.data.vendors.yahoo import Yahoo\n"
            "from tests.servers.wired import loopback_sessions\n"
            "with loopback_sessions(json.loads(os.environ['SERVERS']), SystemClock()) as sessions:\n"
            "    yahoo = Yahoo(sessions.yahoo, pathlib.Path(os.environ['FOLDER']))\n"
            "    print(len(yahoo.rows('RUT', '^RUT', None, adjusted=False)))\n"
        )
        environment = {"HOME": str(home), "FOLDER": str(folder), "SERVERS": json.dumps(servers.urls)}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60
        )
        assert (done.stdout, done.stderr) == (f"{len(servers.yahoo.charts['^RUT'].rows)}\n", "")
        assert list(home.iterdir()) == []
        assert list(folder.iterdir()) != []

    def test_the_vendors_clock_is_measured(self, yahoo: Yahoo, servers: Servers, clock: FakeClock) -> None:
        servers.yahoo.date = datetime(2025, 11, 28, 19, 10, tzinfo=UTC)
        rut(yahoo)
        skew = yahoo._session.retry_policy.skew["query2.finance.yahoo.com"]
        assert 590 <= skew <= 600
