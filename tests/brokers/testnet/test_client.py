"""The testnet exchange tells what certainly happened from what may have, and sends nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bot.brokers.testnet.client import TestnetExchange, keep_bans, open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.reports import AssetBalance, VenueStatus
from bot.core.errors import BotError, KeysRefused, OrderRejected, OutcomeUnknown
from bot.core.orders import Side
from bot.infra.vendor_errors import NotListed, RateLimited, Unreachable, WrongClock
from tests.clocks import FakeClock
from tests.servers.loopback import Reply, as_json, dropped, html, interrupted, status
from tests.servers.testnet import TestnetServer

PAIR, ONE = "ETH/USDT", Decimal("1.5")
ORDER = "/api/v3/order"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2025, 11, 28, 19, 0, tzinfo=UTC))


@pytest.fixture
def server(clock: FakeClock) -> Iterator[TestnetServer]:
    with TestnetServer() as server:
        server.date = clock.now()
        yield server


@pytest.fixture
def exchange(server: TestnetServer, clock: FakeClock) -> TestnetExchange:
    return open_testnet(Loopback(server.port), clock, {})


def posts(server: TestnetServer) -> int:
    return sum(asked.method == "POST" for asked in server.asked)


class TestOrders:
    def test_a_market_order_is_told_with_its_fills(self, exchange: TestnetExchange, server: TestnetServer) -> None:
        report = exchange.submit("r-abc", PAIR, Side.BUY, ONE)
        assert (report.status, report.filled, report.quantity) == (VenueStatus.FILLED, ONE, ONE)
        assert (report.client_order_id, report.venue_order_id, report.pair) == ("r-abc", "7", PAIR)
        assert [(fill.price, fill.quantity, fill.fee, fill.fee_asset) for fill in report.fills] == [
            (Decimal("99.5"), Decimal("0.3750"), Decimal("0.001"), "USDT"),
            (Decimal("100.5"), Decimal("1.1250"), Decimal("0.0002"), "BNB"),
        ]
        sent = server.orders["r-abc"].fields
        assert (sent["quantity"], sent["side"], sent["type"], sent["recvWindow"]) == ("1.5", "BUY", "MARKET", "10000")

    def test_an_order_is_found_as_it_was_told(self, exchange: TestnetExchange) -> None:
        told = exchange.submit("r-abc", PAIR, Side.SELL, ONE)
        assert exchange.find("r-abc", PAIR) == told
        assert exchange.trades(PAIR) == told.fills

    def test_an_order_that_does_not_exist_is_none(self, exchange: TestnetExchange) -> None:
        assert exchange.find("r-none", PAIR) is None

    def test_a_partial_fill_stays_open_until_it_is_canceled(
        self, exchange: TestnetExchange, server: TestnetServer
    ) -> None:
        server.account.filled_share = Decimal("0.5")
        report = exchange.submit("r-half", PAIR, Side.BUY, ONE)
        assert (report.status, report.filled) == (VenueStatus.PARTIAL, Decimal("0.75"))
        ended = exchange.cancel("r-half", PAIR)
        assert (ended.status, ended.filled, len(ended.fills)) == (VenueStatus.CANCELED, Decimal("0.75"), 2)
        assert exchange.find("r-half", PAIR) == ended

    def test_canceling_what_has_ended_tells_how(self, exchange: TestnetExchange) -> None:
        exchange.submit("r-abc", PAIR, Side.BUY, ONE)
        assert exchange.cancel("r-abc", PAIR).status is VenueStatus.FILLED
        with pytest.raises(OrderRejected, match="no such order"):
            exchange.cancel("r-none", PAIR)

    @pytest.mark.parametrize("quantity", ["0", "-1", "0.00005", "1.00001", "NaN", "Infinity"])
    def test_a_quantity_that_is_not_in_whole_steps_is_never_sent(
        self, exchange: TestnetExchange, server: TestnetServer, quantity: str
    ) -> None:
        with pytest.raises(OrderRejected, match="whole steps"):
            exchange.submit("r-abc", PAIR, Side.BUY, Decimal(quantity))
        assert posts(server) == 0

    @pytest.mark.parametrize("name", ["", "A", "a" * 27, "r_1", "r 1", "r&side=SELL", "é"])
    def test_a_client_id_of_another_kind_is_never_sent(
        self, exchange: TestnetExchange, server: TestnetServer, name: str
    ) -> None:
        with pytest.raises(OrderRejected, match="client order id"):
            exchange.submit(name, PAIR, Side.BUY, ONE)
        assert posts(server) == 0

    def test_large_and_small_quantities_are_plain_texts(self, exchange: TestnetExchange, server: TestnetServer) -> None:
        exchange.submit("r-1", PAIR, Side.BUY, Decimal("1E-4"))
        exchange.submit("r-2", PAIR, Side.BUY, Decimal("1E+2"))
        assert [order.fields["quantity"] for order in server.orders.values()] == ["0.0001", "100"]


class TestWhatIsCertain:
    def test_a_refusal_is_told_with_code_and_text(self, exchange: TestnetExchange, server: TestnetServer) -> None:
        with pytest.raises(OrderRejected, match="-2010 Account has insufficient balance") as caught:
            exchange.submit("r-big", PAIR, Side.BUY, Decimal(5000))
        assert (caught.value.code, caught.value.exit_code, posts(server)) == ("-2010", 4, 1)

    UNKNOWN: ClassVar[dict[str, Reply]] = {
        "dropped": dropped(),
        "interrupted": interrupted(),
        "500": status(500),
        "502": html(502),
        "503": as_json({"code": -1000, "msg": "Unknown error, please check your request or try again later."}, 503),
        "504": status(504),
        "-1006": as_json({"code": -1006, "msg": "An unexpected response was received."}, 400),
        "-1007": as_json({"code": -1007, "msg": "Timeout waiting for response; status unknown."}, 400),
        "html with 200": html(),
        "403 html": html(403),
        "nothing": as_json({}),
        "a list": as_json([]),
        "null": as_json(None),
        "no id": as_json({"symbol": "ETHUSDT", "clientOrderId": "r-x", "status": "NEW", "transactTime": 5}),
        "another order": as_json(
            {
                "symbol": "ETHUSDT",
                "clientOrderId": "r-y",
                "orderId": 1,
                "status": "NEW",
                "transactTime": 5,
                "fills": [],
                "origQty": "1.5",
                "executedQty": "0",
                "side": "BUY",
            }
        ),
        "a status of its own": as_json(
            {
                "symbol": "ETHUSDT",
                "clientOrderId": "r-x",
                "orderId": 1,
                "status": "MAYBE",
                "transactTime": 5,
                "origQty": "1.5",
                "executedQty": "0",
                "side": "BUY",
                "fills": [],
            }
        ),
        "a redirect": Reply(307, b"", {"Location": "https://api.binance.com/api/v3/order"}),
        "a duplicate": as_json({"code": -2010, "msg": "Duplicate order sent."}, 400),
    }

    @pytest.mark.parametrize("what", UNKNOWN)
    def test_what_may_have_been_obeyed_is_unknown_and_not_sent_again(
        self, exchange: TestnetExchange, server: TestnetServer, what: str
    ) -> None:
        server.fail(self.UNKNOWN[what], path=ORDER)
        with pytest.raises(OutcomeUnknown, match="look the order up") as caught:
            exchange.submit("r-x", PAIR, Side.BUY, ONE)
        assert (posts(server), caught.value.exit_code) == (1, 4)
        assert exchange.find("r-x", PAIR) is None

    def test_an_order_that_was_accepted_and_dropped_is_found(
        self, exchange: TestnetExchange, server: TestnetServer
    ) -> None:
        server.drop_after_acceptance = True
        with pytest.raises(OutcomeUnknown):
            exchange.submit("r-x", PAIR, Side.BUY, ONE)
        found = exchange.find("r-x", PAIR)
        assert found is not None and found.filled == ONE

    def test_a_duplicate_of_an_open_order_is_unknown_not_refused(
        self, exchange: TestnetExchange, server: TestnetServer
    ) -> None:
        server.account.filled_share = Decimal(0)
        exchange.submit("r-x", PAIR, Side.BUY, ONE)
        with pytest.raises(OutcomeUnknown, match="Duplicate"):
            exchange.submit("r-x", PAIR, Side.BUY, ONE)

    def test_a_cancel_without_an_answer_is_unknown(self, exchange: TestnetExchange, server: TestnetServer) -> None:
        server.account.filled_share = Decimal(0)
        exchange.submit("r-x", PAIR, Side.BUY, ONE)
        server.fail(dropped(), path=ORDER)
        with pytest.raises(OutcomeUnknown):
            exchange.cancel("r-x", PAIR)
        assert sum(asked.method == "DELETE" for asked in server.asked) == 1

    @pytest.mark.parametrize("reply", [html(), status(500), dropped(), as_json({"symbol": "ETHUSDT"}), html(404)])
    def test_nothing_is_said_not_to_exist_on_a_bad_answer(
        self, exchange: TestnetExchange, server: TestnetServer, reply: Reply
    ) -> None:
        exchange.pairs()
        server.fail(reply, reply, reply, path=ORDER)
        with pytest.raises(Unreachable):
            exchange.find("r-x", PAIR)
        assert len(server.asked) == 4

    def test_questions_survive_a_fault_that_passes(self, exchange: TestnetExchange, server: TestnetServer) -> None:
        server.fail(status(500), html(), path="/api/v3/account")
        assert AssetBalance("ETH", Decimal("0.5"), Decimal("0.1")) in exchange.balances()

    def test_an_account_without_any_asset_is_not_believed(
        self, exchange: TestnetExchange, server: TestnetServer
    ) -> None:
        server.account.balances = {}
        with pytest.raises(Unreachable, match="no asset"):
            exchange.balances()

    def test_fills_that_are_not_all_there_yet_are_asked_for_again(
        self, exchange: TestnetExchange, server: TestnetServer
    ) -> None:
        exchange.submit("r-x", PAIR, Side.BUY, ONE)
        server.fail(as_json([]), path="/api/v3/myTrades")
        assert len(exchange.find("r-x", PAIR).fills) == 2  # type: ignore[union-attr]


class TestTimeLimitsAndKeys:
    @pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(hours=-2), timedelta(days=-900)])
    def test_a_clock_that_is_off_is_mended_by_one_comparison(
        self, exchange: TestnetExchange, server: TestnetServer, ahead: timedelta
    ) -> None:
        server.account.clock_ahead = ahead
        assert exchange.submit("r-x", PAIR, Side.BUY, ONE).status is VenueStatus.FILLED
        assert exchange.balances()
        assert [asked.path for asked in server.asked].count("/api/v3/time") == 1
        assert len(server.orders) == 1

    def test_a_clock_that_cannot_be_mended_ends_no_order(
        self, exchange: TestnetExchange, server: TestnetServer
    ) -> None:
        server.account.refusal = (-1021, "Timestamp for this request is outside of the recvWindow.")
        with pytest.raises(WrongClock, match="-1021"):
            exchange.submit("r-x", PAIR, Side.BUY, ONE)
        assert posts(server) == 2

    @pytest.mark.parametrize("code", [429, 418])
    def test_nothing_is_sent_while_the_venue_wants_to_be_left_alone(
        self, exchange: TestnetExchange, server: TestnetServer, clock: FakeClock, code: int
    ) -> None:
        exchange.pairs()
        server.fail(status(code, retry_after="120"), path=ORDER)
        with pytest.raises(RateLimited):
            exchange.submit("r-x", PAIR, Side.BUY, ONE)
        before = len(server.asked)
        calls: list[Callable[[], Any]] = [
            lambda: exchange.submit("r-x", PAIR, Side.BUY, ONE),
            exchange.balances,
            exchange.server_time,
            lambda: exchange.find("r-x", PAIR),
            lambda: exchange.cancel("r-x", PAIR),
        ]
        for call in calls:
            with pytest.raises(RateLimited):
                call()
        assert len(server.asked) == before
        clock.sleep(121)
        server.date = clock.now()
        assert exchange.submit("r-x", PAIR, Side.BUY, ONE).filled == ONE

    def test_a_revoked_key_is_tried_a_few_times_and_then_left_alone(
        self, exchange: TestnetExchange, server: TestnetServer, clock: FakeClock
    ) -> None:
        exchange.submit("r-x", PAIR, Side.BUY, ONE)
        server.account.refusal = (-2015, "Invalid API-key, IP, or permissions for action.")
        before = len(server.asked)
        for _ in range(10):
            with pytest.raises(KeysRefused):
                exchange.submit("r-y", PAIR, Side.BUY, ONE)
            with pytest.raises(KeysRefused):
                exchange.balances()
        assert len(server.asked) - before == 3
        server.account.refusal = None
        clock.sleep(3601)
        server.date = clock.now()
        assert exchange.balances()

    def test_a_ban_and_refused_keys_are_known_to_the_next_process(
        self, server: TestnetServer, clock: FakeClock, tmp_path: Path
    ) -> None:
        def next_process() -> TestnetExchange:
            exchange = open_testnet(Loopback(server.port), clock, {})
            keep_bans(exchange, tmp_path / "bans.json")
            return exchange

        server.account.refusal = (-2015, "Invalid API-key, IP, or permissions for action.")
        for _ in range(3):
            with pytest.raises(KeysRefused):
                next_process().balances()
        before = len(server.asked)
        with pytest.raises(KeysRefused, match="paused"):
            next_process().balances()
        assert len(server.asked) == before
        server.account.refusal = None
        clock.sleep(3601)
        server.date = clock.now()
        assert next_process().balances()
        server.fail(status(418, retry_after="86400"))
        with pytest.raises(RateLimited):
            next_process().server_time()
        before = len(server.asked)
        clock.sleep(86_000)
        with pytest.raises(RateLimited):
            next_process().server_time()
        assert len(server.asked) == before

    def test_the_venue_is_asked_for_the_time(self, exchange: TestnetExchange, clock: FakeClock) -> None:
        assert exchange.server_time() == clock.now()


class TestRules:
    def test_rules_and_pairs_are_exact(self, exchange: TestnetExchange, server: TestnetServer) -> None:
        rules = exchange.rules("ETH")
        assert exchange.pairs() == (PAIR,)
        assert (rules.step, rules.tick, rules.min_notional) == (Decimal("0.0001"), Decimal("0.01"), Decimal(5))
        assert (rules.symbol, rules.venue, rules.pair, rules.active) == ("ETH", "binance on the loopback", PAIR, True)
        assert len(server.asked) == 1

    def test_what_is_not_listed_is_told(self, exchange: TestnetExchange) -> None:
        with pytest.raises(NotListed):
            exchange.rules("DOGE")
        with pytest.raises(NotListed):
            exchange.submit("r-x", "DOGE/USDT", Side.BUY, ONE)


def test_no_error_of_the_exchange_carries_a_request(exchange: TestnetExchange, server: TestnetServer) -> None:
    server.fail(dropped(), path=ORDER)
    with pytest.raises(BotError) as caught:
        exchange.submit("r-x", PAIR, Side.BUY, ONE)
    seen: BaseException | None = caught.value
    while seen is not None:
        assert isinstance(seen, BotError)
        assert not hasattr(seen, "request")
        seen = seen.__cause__ or seen.__context__


def test_an_order_that_can_neither_end_nor_be_canceled_is_unknown_until_it_can(
    exchange: TestnetExchange, server: TestnetServer
) -> None:
    server.account.filled_share, server.account.cancels = Decimal("0.5"), False
    report = exchange.submit("r-half", PAIR, Side.BUY, ONE)
    with pytest.raises(OutcomeUnknown, match="was partial"):
        exchange.wait_until_ended(report)
    server.account.cancels = True
    ended = exchange.wait_until_ended(report)
    assert (ended.status, ended.filled) == (VenueStatus.CANCELED, Decimal("0.75"))
