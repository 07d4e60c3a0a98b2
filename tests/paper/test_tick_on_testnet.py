"""Ticks with orders to a testnet whose prices are made up: the book counts at public prices, the account is watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

import pytest

from bot.brokers.testnet.broker import NOT_IN_ACCOUNT, NOT_LISTED
from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AT_LAST_CLOSE
from bot.core.errors import ConfigError, DataError, LedgerError, TestnetUnavailable
from bot.core.events import BalanceDifference, ConfigPeriod, VenueTrade
from bot.core.moments import midnight
from bot.core.orders import Fill, OrderEnd, OrderResult, Side
from bot.infra.vendor_errors import Blocked, RateLimited, Unreachable, WrongClock
from bot.ledger.decode import decode
from bot.ledger.writer import LedgerWriter
from bot.paper import ledgers
from bot.paper.tick import tick as paper_tick
from bot.paper.tick_result import TickResult
from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.server import VenueServer
from bot.venue.matching.clocks import DrivenClock
from bot.venue.matching.exchange import KEY, AccountTerms, Exchange
from bot.venue.matching.pair import Pair
from bot.venue.matching.price_path import PricePath
from tests.markets import series_of, with_series
from tests.paper.test_tick import FIRST_TICK, at, world
from tests.servers.loopback import dropped
from tests.servers.world import World
from tests.venue.world import instrument

__all__ = ["world"]
D = Decimal
FICTIONAL, STEP = 5000.0, D("0.001")
PUBLIC = [D("100.01"), D("100.02")]
_T = TypeVar("_T")


@dataclass
class Trading:
    """Vendors, a testnet, and the ledger that trades on it."""

    world: World
    server: VenueServer

    def tick(self) -> TickResult:
        """One tick of a new process."""
        testnet = open_testnet(Loopback(int(self.server.url.rpartition(":")[2])), self.world.clock, {})
        with self.world.sessions(tries=1) as sessions:
            return paper_tick(self.world.config, "paper", sessions, self.world.clock, testnet)

    def to_day(self, number: int) -> None:
        """Go so many days beyond the first tick."""
        now = FIRST_TICK + timedelta(days=number)
        at(self.world, now)
        self.clock.move_to(now)

    @property
    def clock(self) -> DrivenClock:
        assert isinstance(self.server.exchange.clock, DrivenClock)
        return self.server.exchange.clock

    def change(self, asset: str, amount: str) -> None:
        """Somebody changes a balance."""
        self.server.exchange.account(KEY).balances[asset].receive(D(amount))

    def events(self, kind: type[_T]) -> list[_T]:
        """What the ledger says, of a kind."""
        with LedgerWriter.open(ledgers.ledger_path(self.world.config, "paper")) as journal:
            return [event for event in map(decode, journal.rows) if isinstance(event, kind)]

    def status(self) -> ledgers.LedgerStatus:
        """Where the ledger stands."""
        return ledgers.status_of(self.world.config, "paper")


@pytest.fixture
def trading(world: World) -> Iterator[Trading]:
    """A testnet on which ETH costs fifty times its public price."""
    days = [str(date(2025, 11, 1) + timedelta(days=i)) for i in range(60)]
    listed = [series_of(s, dict.fromkeys(days, FICTIONAL), volumes=dict.fromkeys(days, 1e9)) for s in ("BTC", "ETH")]
    clock = DrivenClock(world.clock, midnight(FIRST_TICK.date()))
    clock.move_to(FIRST_TICK)
    exchange = Exchange(
        PricePath(with_series(listed), ["BTC", "ETH"]),
        [Pair(instrument(s)) for s in ("BTC", "ETH")],
        clock,
        AccountTerms(cash=D(10**6)),
    )
    with VenueServer(exchange) as server:
        yield Trading(world, server)


def test_the_order_goes_to_the_testnet_and_the_book_counts_it_at_public_prices(trading: Trading) -> None:
    (order,) = trading.tick().carried_out
    fills, trades = trading.events(Fill), trading.events(VenueTrade)
    assert [fill.price for fill in fills] == PUBLIC[: len(fills)]
    assert all(abs(trade.price / D(FICTIONAL) - 1) < D("0.01") for trade in trades)
    assert (
        sum(trade.quantity for trade in trades) == sum(fill.quantity for fill in fills) == order.quantity // STEP * STEP
    )
    status = trading.status()
    there = trading.server.exchange.account(KEY).balances
    assert status.broker == "binance on the loopback"
    assert status.holdings == {"ETH": str(there["ETH"].free.normalize())}
    assert D(status.testnet["USDT"]) == there["USDT"].free - 10**6
    assert D(status.cash) > 4000


def test_a_round_trip_leaves_account_and_ledger_agreed(trading: Trading) -> None:
    trading.tick()
    ledgers.set_trading_state(trading.world.config, "paper", ledgers.TradingState.FLAT, trading.world.clock)
    trading.to_day(1)
    trading.tick()
    trading.to_day(2)
    trading.tick()
    assert {fill.side for fill in trading.events(Fill)} == {Side.BUY, Side.SELL}
    assert trading.events(BalanceDifference) == []
    assert D(trading.status().cash) > D("9900")


def test_a_difference_that_nothing_explains_ends_new_risk_until_it_is_acknowledged(trading: Trading) -> None:
    pair = trading.world.servers.exchange.pairs["ETHUSDT"]
    asks, pair.asks = pair.asks, [("103.00", "500")]
    trading.tick()
    pair.asks = asks
    trading.change("USDT", "-50")
    trading.to_day(1)
    trading.tick()
    assert trading.status().unknown == ("USDT",)
    assert trading.events(Fill) == []
    (seen,) = ledgers.acknowledge(trading.world.config, "paper", trading.world.clock)
    assert (seen.recorded - seen.found, seen.asset) == (50, "USDT")
    trading.to_day(2)
    trading.tick()
    assert trading.status().unknown == ()
    assert len(trading.events(Fill)) > 0


def test_a_wipe_begins_an_epoch_and_is_no_loss(trading: Trading) -> None:
    trading.tick()
    trading.to_day(1)
    trading.tick()
    before = trading.status()
    trading.server.exchange.wipe()
    trading.tick()
    after = trading.status()
    assert [epoch.why for epoch in trading.events(ConfigPeriod)] == ["new", "the testnet account was wiped"]
    assert (after.equity, after.holdings, after.cash) == (before.equity, before.holdings, before.cash)
    assert after.testnet == {}
    assert trading.events(BalanceDifference) == []


def test_an_order_of_which_nobody_knows_is_left_open_and_found_by_the_next_tick(trading: Trading) -> None:
    faults = trading.server.faults
    faults.script(
        InjectedFault(InjectedKind.DROP, "POST", "order", accepted=True),
        *[InjectedFault(InjectedKind.DROP, "GET", "order")] * 3,
    )
    (order,) = trading.tick().left_open
    assert trading.events(Fill) == []
    trading.to_day(0)
    assert [done.order_id for done in trading.tick().carried_out] == [order.order_id]
    assert sum(fill.quantity for fill in trading.events(Fill)) == order.quantity // STEP * STEP
    assert len(trading.server.exchange.account(KEY).orders) == 1


def test_an_order_that_the_testnet_refuses_is_told_and_tried_again_the_next_day(trading: Trading) -> None:
    trading.server.exchange.halt("ETHUSDT")
    trading.tick()
    (result,) = trading.events(OrderResult)
    assert result.end is OrderEnd.MARKET_HALTED
    trading.server.exchange.halt("ETHUSDT", halted=False)
    trading.to_day(1)
    trading.tick()
    assert len(trading.events(Fill)) > 0


def test_what_the_testnet_does_not_list_is_simulated_and_marked(trading: Trading) -> None:
    trading.server.exchange.market.delisted.add("ETHUSDT")
    trading.tick()
    fills = trading.events(Fill)
    assert fills
    assert all(fill.reason.endswith(NOT_LISTED) for fill in fills)
    assert trading.events(VenueTrade) == []


def test_a_ledger_keeps_the_broker_that_it_began_with(trading: Trading) -> None:
    trading.tick()
    with trading.world.sessions() as sessions, pytest.raises(ConfigError, match="trades with another broker"):
        paper_tick(trading.world.config, "paper", sessions, trading.world.clock)


def test_a_replay_is_over_and_is_not_ticked(trading: Trading) -> None:
    epoch = ConfigPeriod(midnight(date(2025, 11, 1)), 1, "replay", "key", "hash", "0", "simulated", D(1))
    with ledgers.open_ledger(trading.world.config, "paper", trading.world.clock) as journal:
        journal.append([epoch])
    with trading.world.sessions() as sessions, pytest.raises(LedgerError, match="is a finished replay"):
        paper_tick(trading.world.config, "paper", sessions, trading.world.clock)


def lost(trading: Trading, accepted: bool) -> None:
    """The next order is lost on the way there or back, and so is every answer about it."""
    trading.server.faults.script(
        InjectedFault(InjectedKind.DROP, "POST", "order", accepted=accepted),
        *[InjectedFault(InjectedKind.DROP, "GET", "order")] * 3,
    )


def book_and_account(trading: Trading) -> tuple[str, str]:
    """How much ETH the book and the account have."""
    free = trading.server.exchange.account(KEY).balances["ETH"].free
    return trading.status().holdings.get("ETH", "0"), f"{free.normalize():f}"


def test_what_a_wipe_took_is_still_sold_aside_and_marked(trading: Trading) -> None:
    trading.tick()
    trading.server.exchange.wipe()
    ledgers.set_trading_state(trading.world.config, "paper", ledgers.TradingState.FLAT, trading.world.clock)
    trading.to_day(1)
    trading.tick()
    assert D(trading.status().holdings["ETH"]) < STEP  # dust: the venue kept its fee of the coin
    assert all(fill.reason.endswith(NOT_IN_ACCOUNT) for fill in trading.events(Fill) if fill.side is Side.SELL)


def test_a_wipe_is_seen_although_an_order_was_sent_between(trading: Trading) -> None:
    trading.tick()
    ledgers.set_trading_state(trading.world.config, "paper", ledgers.TradingState.FLAT, trading.world.clock)
    trading.to_day(1)
    trading.tick()
    ledgers.set_trading_state(trading.world.config, "paper", ledgers.TradingState.ON, trading.world.clock)
    trading.to_day(2)
    lost(trading, accepted=False)
    assert trading.tick().left_open
    trading.server.exchange.wipe()
    trading.tick()
    trading.tick()
    assert [epoch.why for epoch in trading.events(ConfigPeriod)] == ["new", "the testnet account was wiped"]
    assert trading.events(BalanceDifference) == []


def test_a_buy_that_was_not_sent_is_not_sent_after_the_user_forbade_it(trading: Trading) -> None:
    lost(trading, accepted=False)
    assert trading.tick().left_open
    ledgers.set_trading_state(trading.world.config, "paper", ledgers.TradingState.REDUCE_ONLY, trading.world.clock)
    trading.tick()
    (result,) = trading.events(OrderResult)
    assert result.end is OrderEnd.REDUCE_ONLY_OVERRIDE
    assert not trading.server.exchange.account(KEY).orders


def test_a_buy_that_was_lost_on_its_way_back_is_counted_whole_on_a_thinner_book(trading: Trading) -> None:
    lost(trading, accepted=True)
    trading.tick()
    trading.world.servers.exchange.pairs["ETHUSDT"].asks = [("100.01", "0.5"), ("100.02", "0.5")]
    trading.tick()
    book, account = book_and_account(trading)
    assert book == account
    assert D(book) > 1


def test_a_buy_that_was_found_when_there_is_no_quote_is_counted_at_the_last_close(trading: Trading) -> None:
    lost(trading, accepted=True)
    trading.tick()
    trading.world.servers.exchange.pairs["ETHUSDT"].asks = [("103.00", "500")]
    trading.tick()
    assert {fill.reason.rpartition(";")[2] for fill in trading.events(Fill)} == {AT_LAST_CLOSE}
    book, account = book_and_account(trading)
    assert book == account


def test_a_fee_that_the_venue_kept_of_the_coin_is_charged_once(trading: Trading) -> None:
    trading.world.servers.exchange.pairs["ETHUSDT"].asks = [("100.01", "0.6"), ("100.02", "0.6"), ("100.03", "50")]
    trading.tick()
    fills = trading.events(Fill)
    assert len(fills) == 3
    assert [fill.fee for fill in fills if not fill.fee_in_kind] == [0, 0]
    assert fills[-1].fee_in_kind == sum(trade.fee for trade in trading.events(VenueTrade))


def test_the_ledger_keeps_the_code_and_the_words_of_a_refusal(trading: Trading) -> None:
    trading.server.faults.script(InjectedFault(InjectedKind.ERROR, "POST", "order", code=-1013, status=400))
    trading.tick()
    (result,) = trading.events(OrderResult)
    assert "rejected (-1013 " in result.full_reason


@pytest.mark.parametrize(
    ("problem", "advice"),
    [
        (Blocked("refuses this country", where="testnet.binance.vision", was="HTTP 451"), "closed to your country"),
        (WrongClock("refuses the time of requests", was="-1021"), "set this machine's clock"),
        (Unreachable("gave no valid response"), "tick again in some minutes"),
        (RateLimited("too many requests"), "wait for the pause to end"),
    ],
)
def test_a_testnet_that_is_unavailable_ends_a_tick_with_code_4_and_fitting_advice(
    trading: Trading, problem: DataError, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object, *arguments: object) -> None:
        raise problem

    monkeypatch.setattr(TestnetExchange, "balances", fails)
    with pytest.raises(TestnetUnavailable, match=advice) as caught:
        trading.tick()
    assert caught.value.exit_code == 4
    assert caught.value.was == problem.was
    assert trading.status().holdings == {}


def test_without_a_public_quote_an_order_to_the_testnet_waits_and_is_sent_later_that_day(trading: Trading) -> None:
    trading.world.servers.exchange.fail(*[dropped()] * 50, path="/api/v3/depth")
    ticked = trading.tick()
    assert [one.order.symbol for one in ticked.waiting] == ["ETH"]
    assert ticked.left_open == ()
    assert trading.server.exchange.account(KEY).balances["USDT"].free == 10**6
    trading.world.servers.exchange.faults.clear()
    assert len(trading.tick().carried_out) == 1
    assert trading.events(VenueTrade)
    assert trading.events(BalanceDifference) == []


def test_a_strategy_with_stops_is_refused_before_the_ledger_begins(trading: Trading) -> None:
    file = trading.world.config.strategy.file
    assert file is not None
    file.write_text(file.read_text().replace("Trade.BAND)", "Trade.BAND, stops={'ETH': 90})"))
    with pytest.raises(ConfigError, match=r"the broker binance .* gets market orders only; was a stop of ETH at 90"):
        trading.tick()
    assert trading.events(ConfigPeriod) == []
