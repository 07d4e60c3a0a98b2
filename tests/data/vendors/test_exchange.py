"""Exchanges are asked through the real ccxt; a Binance-like one answers on the loopback."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, getcontext
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ccxt
import numpy as np
import pytest
import requests
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from bot.core.errors import ConfigError, DataError, NotPublic
from bot.core.instrument import Instrument
from bot.data.vendors.exchange_values import increment
from bot.data.vendors.public_exchange import PublicExchange
from bot.data.vendors.public_venues import VENUES
from bot.data.vendors.raw_bars import RawBars
from bot.infra.public_http import PublicSession
from bot.infra.rate_limit import RetryPolicy
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Refused, Unreachable, WrongAnswer
from bot.services.vendors import VendorSessions
from tests.clocks import FakeClock
from tests.servers.exchange import ExchangeServer
from tests.servers.loopback import Asked, Reply, as_json, cut_off, dripping, dropped, html, interrupted, status
from tests.servers.made_up import Row, rows
from tests.servers.wired import LoopbackAdapter, Servers, loopback_sessions

TODAY = date(2025, 11, 28)
KLINES, INFO = "/api/v3/klines", "/api/v3/exchangeInfo"


@pytest.fixture
def server(servers: Servers) -> ExchangeServer:
    servers.exchange.list("BTC", "USDT", rows(date(2017, 8, 17), TODAY, 50_000))
    servers.exchange.list("ETH", "USDT", rows(date(2025, 9, 1), TODAY, 3_000))
    servers.exchange.list("ETH", "USDC", rows(date(2025, 9, 1), TODAY, 3_001))
    servers.exchange.list("OLD", "USD", rows(date(2018, 1, 1), date(2018, 6, 1), 1))
    servers.exchange.list("ETH", "BTC", rows(date(2025, 9, 1), TODAY, 0.05))
    return servers.exchange


@pytest.fixture
def exchange(server: ExchangeServer, sessions: VendorSessions) -> PublicExchange:
    return PublicExchange("binance", sessions.exchange)


def eth(exchange: PublicExchange, since: date | None = None) -> RawBars:
    return exchange.rows("ETH", "ETH", since)


def klines(*candles: list[Any]) -> Reply:
    """An answer of candles as they stand here."""
    return as_json([[*candle, 0, "0", 1, "0", "0", "0"] for candle in candles])


def stamp(day: date) -> int:
    return int((np.datetime64(day, "D") - np.datetime64("1970-01-01", "D")).astype(int)) * 86_400_000


class TestListing:
    def test_the_first_quote_currency_that_is_there_is_taken(self, exchange: PublicExchange) -> None:
        assert exchange.pair("ETH") == "ETH/USDT"
        assert exchange.pair("OLD") == "OLD/USD"

    def test_the_order_of_quotes_can_be_chosen(self, server: ExchangeServer, sessions: VendorSessions) -> None:
        assert PublicExchange("binance", sessions.exchange, quotes=("USDC", "USDT")).pair("ETH") == "ETH/USDC"

    def test_what_is_not_there_is_not_listed(self, exchange: PublicExchange) -> None:
        assert exchange.lists("BTC") and not exchange.lists("SOL") and not exchange.lists("USDT")
        with pytest.raises(NotListed, match="binance: SOL is not listed; expected a spot pair in USDT or USD or USDC"):
            exchange.rows("SOL", "SOL", None)

    def test_a_market_is_listed_by_one_question(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        exchange.lists("ETH")
        exchange.pair("BTC")
        assert [asked.path for asked in server.asked] == [INFO]

    def test_a_venue_that_is_unknown_is_refused(self, sessions: VendorSessions) -> None:
        with pytest.raises(ConfigError, match="did you mean 'binance'"):
            PublicExchange("binanse", sessions.exchange)


class TestRows:
    def test_candles_of_all_pages_are_read(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        fetched = exchange.rows("BTC", "BTC", None)
        made = server.pairs["BTCUSDT"].rows
        assert fetched.dates.tolist() == list(made)
        assert len(made) == 3026
        for name in ("open", "high", "low", "close"):
            assert getattr(fetched, name).tolist() == [getattr(row, name) for row in made.values()]
        assert (fetched.symbol, fetched.source) == ("BTC", "binance BTC/USDT")

    def test_volume_is_in_the_quote_currency(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        row = server.pairs["ETHUSDT"].rows[TODAY]
        assert row.volume is not None and row.close is not None
        assert eth(exchange).volume[-1] == row.volume * row.close

    def test_only_what_is_needed_is_asked_for(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        fetched = eth(exchange, date(2025, 11, 25))
        assert fetched.dates.tolist() == [date(2025, 11, day) for day in (25, 26, 27, 28)]
        assert [asked.path for asked in server.asked] == [INFO, KLINES]

    def test_the_candle_that_is_still_forming_is_handed_on(self, exchange: PublicExchange) -> None:
        assert eth(exchange).dates[-1] == np.datetime64(TODAY)

    def test_a_day_that_is_missing_stays_missing(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        del server.pairs["ETHUSDT"].rows[date(2025, 10, 1)]
        assert eth(exchange).dates.tolist() == list(server.pairs["ETHUSDT"].rows)

    def test_a_coin_listed_late_is_found_behind_empty_pages(self, exchange: PublicExchange) -> None:
        assert eth(exchange).dates[0] == np.datetime64("2025-09-01")

    def test_a_coin_that_was_delisted_ends_where_it_ended(self, exchange: PublicExchange) -> None:
        assert exchange.rows("OLD", "OLD", None).dates[-1] == np.datetime64("2018-06-01")

    def test_nothing_in_the_time_asked_for_is_told(self, exchange: PublicExchange) -> None:
        with pytest.raises(NotListed, match="binance OLD/USD: has no candle"):
            exchange.rows("OLD", "OLD", date(2025, 1, 1))

    def test_a_changed_past_value_is_read_as_it_is_now(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        eth(exchange)
        server.pairs["ETHUSDT"].rows[date(2025, 10, 1)] = Row(1, 1, 1, 1, 1)
        assert 1 in eth(exchange).close

    def test_a_price_of_zero_is_unknown(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        server.pairs["ETHUSDT"].rows[TODAY] = Row(0, 3, 0, 2, 5)
        fetched = eth(exchange)
        assert np.isnan([fetched.open[-1], fetched.low[-1]]).all()
        assert (fetched.high[-1], fetched.close[-1], fetched.volume[-1]) == (3, 2, 10)

    def test_a_candle_without_a_close_is_no_row(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        server.pairs["ETHUSDT"].rows[TODAY] = Row(0, 0, 0, 0, 0)
        assert eth(exchange).dates[-1] == np.datetime64("2025-11-27")
        with pytest.raises(NotListed, match="no candle with a close"):
            eth(exchange, TODAY)


class TestPages:
    def test_pages_overlap_by_a_day_that_must_agree(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        exchange.lists("BTC")
        original = server.answer
        calls = []

        def second_page_differs(asked: Any) -> Reply:
            calls.append(asked)
            if len(calls) == 2:
                first = int(asked.query["startTime"])
                return klines([first, "1", "1", "1", "1", "1"])
            return original(asked)

        server.answer = second_page_differs  # type: ignore[method-assign]
        with pytest.raises(DataError, match="two candles of one finished day differ; was 2020-05-12"):
            exchange.rows("BTC", "BTC", None)

    def test_the_forming_candle_may_change_between_pages(
        self, exchange: PublicExchange, server: ExchangeServer
    ) -> None:
        server.fail(klines(*[[stamp(TODAY), *["10"] * 5], [stamp(TODAY), *["11"] * 5]]), path=KLINES)
        assert eth(exchange, TODAY).close.tolist() == [11]

    def test_candles_out_of_order_and_twice_come_in_order_and_once(
        self, exchange: PublicExchange, server: ExchangeServer
    ) -> None:
        one, two = [stamp(date(2025, 11, 26)), *["10"] * 5], [stamp(date(2025, 11, 27)), *["11"] * 5]
        server.fail(klines(two, one, two, one), path=KLINES)
        fetched = eth(exchange, date(2025, 11, 26))
        assert fetched.dates.tolist() == [date(2025, 11, 26), date(2025, 11, 27)]
        assert fetched.close.tolist() == [10, 11]

    def test_two_candles_of_one_day_that_differ_are_a_fault(
        self, exchange: PublicExchange, server: ExchangeServer
    ) -> None:
        day = stamp(date(2025, 11, 26))
        server.fail(klines([day, *["10"] * 5], [day, *["11"] * 5]), path=KLINES)
        with pytest.raises(DataError, match="differ; was 2025-11-26"):
            eth(exchange, date(2025, 11, 26))

    @settings(max_examples=20)  # ccxt itself sleeps between two questions
    @given(st.lists(st.integers(0, 3100), max_size=40), st.integers(0, 3100))
    def test_whatever_a_venue_answers_the_paging_ends(self, days: list[int], since: int) -> None:
        """The same rows for every question, in any order: at most one question a page of the time asked for."""
        first = date(2017, 8, 17)
        answer = [[stamp(first + timedelta(days=day)), *["10"] * 5] for day in days]
        asked = []

        class SamePage(BaseAdapter):
            def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
                assert request.url is not None
                asked.append(request.url)
                listing = ExchangeServer.answer(books, _asked(request.url))
                return _response(request, listing if "klines" not in request.url else klines(*answer))

            def close(self) -> None:
                """Nothing is open."""

        host = VENUES["binance"].host
        with ExchangeServer() as books, PublicSession(RetryPolicy(FakeClock()), [host], adapter=SamePage()) as session:
            books.list("BTC", "USDT", {})
            try:
                fetched = PublicExchange("binance", session).rows("BTC", "BTC", first + timedelta(days=since))
            except DataError:
                fetched = None
        assert len(asked) <= 5
        wanted = sorted({first + timedelta(days=day) for day in days if day >= since})
        assert fetched is None or fetched.dates.tolist() == wanted


class TestBrokenCandles:
    @pytest.mark.parametrize(
        "candle",
        [
            [stamp(TODAY), None, "1", "1", "1", "1"],
            [stamp(TODAY), "1", "1", "1", None, "1"],
            [stamp(TODAY), "1", "1", "1", "1", None],
            [stamp(TODAY), "1", "1", "1", "-1", "1"],
            [stamp(TODAY), "1", "1", "1", "nan", "1"],
            [stamp(TODAY), "1", "1", "1", "one", "1"],
            [stamp(TODAY) + 3_600_000, "1", "1", "1", "1", "1"],
            [stamp(TODAY) + 40 * 86_400_000, "1", "1", "1", "1", "1"],
        ],
    )
    def test_a_candle_that_cannot_be_believed_is_refused(
        self, exchange: PublicExchange, server: ExchangeServer, candle: list[Any]
    ) -> None:
        server.fail(klines(candle), path=KLINES)
        with pytest.raises(DataError, match="binance ETH/USDT"):
            eth(exchange, TODAY)

    @pytest.mark.parametrize(
        "reply",
        [
            html(),
            cut_off(b"[[1764288000000, "),
            Reply(200, b""),
            as_json({}),
            as_json({"code": 0}),
            as_json("x"),
            as_json([[]]),
            as_json([1, 2]),
        ],
    )
    def test_an_answer_of_another_shape_is_told(
        self, exchange: PublicExchange, server: ExchangeServer, reply: Reply
    ) -> None:
        server.fail(reply, path=KLINES)
        with pytest.raises(DataError):
            eth(exchange, TODAY)

    @pytest.mark.parametrize(
        "reply", [html(), cut_off(b'{"symbols": ['), as_json({}), as_json({"symbols": []}), as_json([])]
    )
    def test_a_venue_without_markets_is_no_venue(
        self, exchange: PublicExchange, server: ExchangeServer, reply: Reply
    ) -> None:
        server.fail(reply, path=INFO)
        with pytest.raises(Unreachable, match="binance"):
            exchange.lists("ETH")
        assert exchange.lists("ETH")


class TestQuestion:
    """An answer about another pair or interval is refused with both values."""

    def test_a_ticker_of_another_pair_is_refused(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        other = {"symbol": "BTCUSDT", "bidPrice": "1", "bidQty": "1", "askPrice": "2", "askQty": "1", "lastPrice": "1"}
        server.fail(as_json(other), path="/api/v3/ticker/24hr")
        with pytest.raises(WrongAnswer, match=r"binance ETH/USDT: .* another pair; expected ETHUSDT, was BTCUSDT"):
            exchange.ticker("ETH")

    @pytest.mark.parametrize(("length", "was"), [(7, "7 days"), (1 / 24, "0.0416667 days"), (30, "30 days")])
    def test_candles_that_state_another_length_are_refused(
        self, exchange: PublicExchange, server: ExchangeServer, length: float, was: str
    ) -> None:
        opens = stamp(date(2025, 11, 24))
        row = [opens, *["10"] * 5, opens + int(length * 86_400_000) - 1, "0", 1, "0", "0", "0"]
        server.fail(as_json([row]), path=KLINES)
        with pytest.raises(WrongAnswer, match=f"another interval .*; expected 1 day, was {was}"):
            eth(exchange, date(2025, 11, 24))

    def test_candles_a_week_apart_are_refused(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        weeks = [[stamp(date(2025, 11, day)), *["10"] * 5] for day in (10, 17, 24)]
        server.fail(klines(*weeks), path=KLINES)
        with pytest.raises(WrongAnswer, match="expected 1 day, was at least 7 days"):
            eth(exchange, date(2025, 11, 10))

    def test_one_candle_of_another_length_is_an_outage_of_the_venue(
        self, exchange: PublicExchange, server: ExchangeServer
    ) -> None:
        opens = [stamp(date(2025, 11, day)) for day in (26, 27)]
        ends = [opens[0] + 3_600_000 - 1, opens[1] + 86_400_000 - 1]
        rows = [[at, *["10"] * 5, end, "0", 1, "0", "0", "0"] for at, end in zip(opens, ends, strict=True)]
        server.fail(as_json(rows), path=KLINES)
        assert len(eth(exchange, date(2025, 11, 26))) == 2


class TestRules:
    def test_rules_are_exact(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        server.pairs["ETHUSDT"].step = "0.00001000"
        server.pairs["ETHUSDT"].tick = "0.00000001"
        rules = exchange.rules("ETH")
        assert (str(rules.step), str(rules.tick), str(rules.min_notional)) == ("0.00001", "1E-8", "5")
        assert (rules.symbol, rules.venue, rules.pair, rules.active) == ("ETH", "binance", "ETH/USDT", True)

    @pytest.mark.parametrize("step", ["0.00100000", "0.10000000", "1.00000000", "10.00000000", "1000.00000000"])
    def test_any_power_of_ten_is_told_as_it_is(
        self, exchange: PublicExchange, server: ExchangeServer, step: str
    ) -> None:
        server.pairs["ETHUSDT"].step = step
        assert exchange.rules("ETH").step == Decimal(step)

    def test_rules_make_an_instrument(self, exchange: PublicExchange) -> None:
        rules = exchange.rules("ETH")
        assert rules.min_notional is not None
        eth = Instrument("ETH", rules.step, rules.tick, rules.min_notional, Decimal("0.001"), Decimal("0.001"))
        assert eth.quantity(Decimal("1.23456789")) == Decimal("1.2345")

    def test_a_halted_market_is_listed_and_not_active(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        server.pairs["ETHUSDT"].status = "BREAK"
        assert exchange.lists("ETH")
        assert exchange.rules("ETH").active is False
        assert len(eth(exchange))

    @given(st.integers(0, 12), st.sampled_from([1, 2, 5, 25]))
    def test_a_tick_size_has_no_dust(self, places: int, digit: int) -> None:
        exact = Decimal(digit).scaleb(-places)
        assert increment(float(exact), ccxt.TICK_SIZE, None, "x") == exact

    @given(st.integers(-4, 12))
    def test_decimal_places_are_counted(self, places: int) -> None:
        assert increment(places, ccxt.DECIMAL_PLACES, None, "x") == Decimal(10) ** -places

    @pytest.mark.parametrize(
        ("price", "tick"),
        [(64321.0, "1"), (3210.5, "0.1"), (1.0, "0.0001"), (0.00012345, "0.00000001"), (123456, "10")],
    )
    def test_significant_digits_make_a_tick_near_a_price(self, price: float, tick: str) -> None:
        assert increment(5, ccxt.SIGNIFICANT_DIGITS, price, "x") == Decimal(tick)

    @pytest.mark.parametrize(
        ("precision", "mode"), [(None, 4), (0.0, 4), (-1.0, 4), (float("nan"), 4), ("8", 2), (8, 9)]
    )
    def test_a_precision_that_is_none_is_refused(self, precision: Any, mode: int) -> None:
        with pytest.raises(DataError):
            increment(precision, mode, None, "x")


class TestPrices:
    def test_a_ticker_is_exact(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        ticker = exchange.ticker("ETH")
        assert (ticker.bid, ticker.ask, ticker.last) == (Decimal("99.99"), Decimal("100.01"), Decimal("100.0"))
        assert ticker.pair == "ETH/USDT" and ticker.at.tzinfo is not None

    def test_a_book_is_exact_and_in_order(self, exchange: PublicExchange, clock: FakeClock) -> None:
        book = exchange.book("ETH", depth=1)
        assert book.bids == ((Decimal("99.99"), Decimal("3.5")),)
        assert book.asks == ((Decimal("100.01"), Decimal("2.25")),)
        assert book.at == clock.now()
        assert len(exchange.book("ETH").bids) == 2

    def test_a_book_out_of_a_cache_is_as_old_as_the_cache_says(
        self, exchange: PublicExchange, server: ExchangeServer, clock: FakeClock
    ) -> None:
        server.date = clock.now()
        exchange.lists("ETH")
        clock.sleep(1)  # longer than the pause between two requests
        server.date = clock.now()
        body = b'{"lastUpdateId": 1, "bids": [["99", "1"]], "asks": [["100", "1"]]}'
        server.fail(Reply(200, body, {"Age": "40"}), path="/api/v3/depth")
        assert exchange.book("ETH").at == clock.now() - timedelta(seconds=40)

    def test_a_ticker_from_the_future_is_as_new_as_the_question(
        self, exchange: PublicExchange, server: ExchangeServer, clock: FakeClock
    ) -> None:
        server.date = clock.now() + timedelta(hours=1)
        assert exchange.ticker("ETH").at == clock.now()

    @pytest.mark.parametrize(("bids", "asks"), [([], [("1", "1")]), ([("1", "1")], []), ([("2", "1")], [("1", "1")])])
    def test_an_empty_or_crossed_book_is_refused(
        self, exchange: PublicExchange, server: ExchangeServer, bids: Any, asks: Any
    ) -> None:
        server.pairs["ETHUSDT"].bids, server.pairs["ETHUSDT"].asks = bids, asks
        with pytest.raises(DataError, match="binance ETH/USDT"):
            exchange.book("ETH")
        with pytest.raises(DataError, match="binance ETH/USDT"):
            exchange.ticker("ETH")

    @pytest.mark.parametrize("last", ["0.00", "", "abc"])
    def test_a_ticker_without_a_price_is_refused(
        self, exchange: PublicExchange, server: ExchangeServer, last: str
    ) -> None:
        server.pairs["ETHUSDT"].last = last
        with pytest.raises(DataError, match="binance ETH/USDT"):
            exchange.ticker("ETH")

    @pytest.mark.parametrize("path", ["/api/v3/depth", "/api/v3/ticker/24hr"])
    def test_a_page_with_status_200_is_refused(
        self, exchange: PublicExchange, server: ExchangeServer, path: str
    ) -> None:
        server.fail(html(), path=path)
        with pytest.raises(DataError):
            exchange.book("ETH") if "depth" in path else exchange.ticker("ETH")


class TestFaults:
    def test_faults_that_pass_are_survived(self, exchange: PublicExchange, server: ExchangeServer) -> None:
        for reply in (status(500), dropped(), interrupted(), status(429), status(429, retry_after="3"), status(503)):
            server.fail(reply, path=KLINES)
            assert len(eth(exchange)) == 89

    @pytest.mark.parametrize(
        ("replies", "kind"),
        [
            ([status(451)], Blocked),
            ([status(403, body="Service unavailable from a restricted location")], Blocked),
            ([status(418)], RateLimited),
            ([status(418, retry_after="600")], RateLimited),
            ([status(429, retry_after="600")], RateLimited),
            ([status(429)] * 4, RateLimited),
            ([status(500)] * 4, Unreachable),
            ([dropped()] * 4, Unreachable),
            ([html(403)], Unreachable),
            ([as_json({"code": -1121, "msg": "Invalid symbol."}, 400)], NotListed),
            ([as_json({"code": -1100, "msg": "Illegal characters found in a parameter."}, 400)], Refused),
            ([html(404)], Unreachable),
            ([html(400)], Unreachable),
            ([as_json({"code": -1003, "msg": "Too much request weight used"}, 400)], RateLimited),
            ([as_json({"code": -1001, "msg": "Internal error"}, 400)], Unreachable),
            ([as_json({"code": -2015, "msg": "Invalid API-key, IP, or permissions."}, 401)], Refused),
            ([Reply(302, b"", {"Location": "https://example.com/"})], Unreachable),
        ],
    )
    def test_faults_that_stay_are_told_apart(
        self, exchange: PublicExchange, server: ExchangeServer, replies: list[Reply], kind: type[DataError]
    ) -> None:
        exchange.lists("ETH")
        server.fail(*replies, path=KLINES)
        with pytest.raises(kind) as caught:
            eth(exchange)
        assert caught.value.exit_code == 3
        assert not any(part in str(caught.value) for part in ("?", "https://", "symbol=", "startTime"))
        assert caught.value.__suppress_context__ or caught.value.__context__ is None

    def test_a_refusal_names_the_venues_code_and_is_asked_once(
        self, exchange: PublicExchange, server: ExchangeServer
    ) -> None:
        exchange.lists("ETH")
        server.fail(as_json({"code": -1100, "msg": "Illegal characters"}, 400), path=KLINES)
        with pytest.raises(Refused, match="binance ETH/USDT: refused the request; was BadRequest -1100"):
            eth(exchange)
        assert [asked.path for asked in server.asked] == [INFO, KLINES]

    def test_a_slow_drip_ends(self, server: ExchangeServer, servers: Servers, clock: FakeClock) -> None:
        server.fail(dripping(0.02))
        with (
            loopback_sessions(servers.urls, clock, tries=1, deadline=0.1) as sessions,
            pytest.raises(Unreachable, match="1 try"),
        ):
            PublicExchange("binance", sessions.exchange).lists("ETH")

    def test_a_session_for_other_hosts_is_of_no_use(self, servers: Servers, clock: FakeClock) -> None:
        with (
            PublicSession(RetryPolicy(clock), ["example.com"], adapter=LoopbackAdapter(servers.urls)) as session,
            pytest.raises(NotPublic),
        ):
            PublicExchange("binance", session).lists("ETH")

    def test_the_library_itself_is_not_handed_out(self, exchange: PublicExchange) -> None:
        public = [name for name in dir(exchange) if not name.startswith("_")]
        assert public == ["book", "lists", "pair", "rows", "rules", "ticker", "venue"]


CALLS: dict[str, Callable[[PublicExchange], object]] = {
    "lists": lambda exchange: exchange.lists("ETH"),
    "rows": lambda exchange: exchange.rows("ETH", "ETH", date(2025, 11, 1)),
    "ticker": lambda exchange: exchange.ticker("ETH"),
    "book": lambda exchange: exchange.book("ETH", 5),
}


class TestVenues:
    """Whatever a venue's class in ccxt is asked for here, it asks its one pinned host, without a credential."""

    @pytest.fixture
    def recorded(self, clock: FakeClock) -> tuple[PublicSession, list[requests.PreparedRequest]]:
        seen: list[requests.PreparedRequest] = []

        class Recorder(BaseAdapter):
            def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
                seen.append(request)
                return _response(request, as_json({}))

            def close(self) -> None:
                """Nothing is open."""

        hosts = [venue.host for venue in VENUES.values()]
        return PublicSession(RetryPolicy(clock, tries=1), hosts, adapter=Recorder()), seen

    @pytest.mark.parametrize("venue", VENUES)
    @pytest.mark.parametrize("call", CALLS)
    def test_only_the_pinned_host_is_asked(
        self, recorded: tuple[PublicSession, list[requests.PreparedRequest]], venue: str, call: str
    ) -> None:
        session, seen = recorded
        exchange = PublicExchange(venue, session)
        if call != "lists":
            market = {
                "id": "ETHUSDT",
                "symbol": "ETH/USDT",
                "base": "ETH",
                "quote": "USDT",
                "spot": True,
                "type": "spot",
            }
            others = dict.fromkeys(("contract", "option", "swap", "inverse", "linear", "future"), False)
            exchange._client.set_markets([exchange._client.safe_market_structure(market | others)])
            exchange._markets = exchange._client.markets
        with pytest.raises(DataError):
            CALLS[call](exchange)
        assert {str(request.url).split("/")[2] for request in seen} == {VENUES[venue].host}
        assert len(seen) <= 3


def _asked(url: str) -> Asked:
    parts = urlsplit(url)
    return Asked("GET", parts.path, dict(parse_qsl(parts.query)), {})


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url = reply.status, str(request.url)
    response.headers.update(reply.headers)
    response.raw = urllib3.HTTPResponse(io.BytesIO(reply.body), preload_content=False)
    response.request = request
    return response


def test_the_way_in_which_the_library_rounds_stays_with_the_library(exchange: PublicExchange) -> None:
    exchange.ticker("ETH")

    def rounds() -> object:
        ccxt.decimal_to_precision("1.25", ccxt.ROUND, 1, ccxt.DECIMAL_PLACES)
        return exchange._client.fetch_time()

    before = getcontext().rounding
    exchange._call("here", rounds)
    assert getcontext().rounding == before == ROUND_HALF_EVEN
