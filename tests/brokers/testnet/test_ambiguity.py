"""Where nobody knows whether an order stands, none is sent twice, none is lost, and none after it is sent before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.brokers.simulated import SimulatedBroker
from bot.brokers.testnet.broker import TestnetBroker
from bot.brokers.testnet.client import TestnetExchange, open_testnet
from bot.brokers.testnet.guard import Loopback
from bot.brokers.testnet.pricing import AsTraded
from bot.core.errors import KeysRefused
from bot.core.events import ConfigPeriod, VenueTrade
from bot.core.instrument import to_decimal
from bot.core.moments import midnight
from bot.core.orders import Fill, OrderResult, OrderStatus, Side
from bot.core.run_plan import RunPlan
from bot.infra.clock import SystemClock
from bot.infra.vendor_errors import RateLimited
from bot.ledger.decode import decode
from bot.ledger.writer import LedgerWriter
from bot.paper.forward_trader import ForwardTrader
from bot.paper.tick_result import TickResult
from bot.services.local_exchange import QUOTE
from bot.venue.http.injected_faults import InjectedFault, InjectedKind
from bot.venue.http.rest import IncomingRequest, Reply
from bot.venue.http.server import VenueServer
from bot.venue.http.weights import RequestLimits
from bot.venue.matching.exchange import KEY, SECRET
from tests.brokers.testnet.known_venue import CASH, FIRST, Wire, exchange, plan
from tests.clocks import FakeClock

D = Decimal
HALVES = {"BTC": D("0.3"), "ETH": D("0.2")}
ORDER = {"method": "POST", "path": "order"}


class Stopped(BaseException):
    """The process ends here."""


class LoggedVenue(VenueServer):
    """A venue that keeps when it was asked what, and how it answered."""

    def answer(self, asked: IncomingRequest) -> tuple[Reply | None, InjectedKind | None]:
        answer, kind = super().answer(asked)
        self.log.append((self.exchange.clock.server_time(), f"{asked.method} {asked.path.rpartition('/')[2]}", answer))
        return answer, kind

    def __init__(self, *given: object, **named: object) -> None:
        self.log: list[tuple[datetime, str, Reply | None]] = []
        super().__init__(*given, **named)  # type: ignore[arg-type]


@dataclass
class Trading:
    """A venue, and a ledger that a new process takes up each time."""

    server: LoggedVenue
    machine: FakeClock
    path: Path
    plan: RunPlan = field(default_factory=lambda: plan({0: {}, 1: HALVES}))
    day: int = 1

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    def client(self) -> TestnetExchange:
        """The connection of a new process."""
        return open_testnet(Loopback(self.port), Wire(self.server.exchange.clock), {})  # type: ignore[arg-type]

    @contextmanager
    def desk(
        self, client: TestnetExchange | None = None, step_hook: Callable[[str], None] = lambda step: None
    ) -> Iterator[ForwardTrader]:
        prices = AsTraded(lambda symbol, day: to_decimal(100.0), QUOTE)
        broker = TestnetBroker(client or self.client(), QUOTE, prices, SimulatedBroker())
        with LedgerWriter.open(self.path) as journal:
            if not journal.rows:
                journal.append([ConfigPeriod(midnight(FIRST), 1, "new", "known", "config", "0", "testnet", CASH)])
            late = timedelta(days=1)
            yield ForwardTrader(journal, lambda first, day: self.plan, broker, FIRST, late, step_hook=step_hook)

    def tick(
        self, client: TestnetExchange | None = None, step_hook: Callable[[str], None] = lambda step: None
    ) -> TickResult:
        """A tick of a new process, perhaps with a connection that was there before."""
        with self.desk(client, step_hook) as desk:
            return desk.tick(midnight(FIRST + timedelta(days=self.day)))

    def stopped_at(self, step: str) -> None:
        """A tick whose process ends at a step."""

        def step_hook(name: str) -> None:
            if name == step:
                raise Stopped

        with pytest.raises(Stopped):
            self.tick(step_hook=step_hook)

    def next_day(self) -> None:
        self.day += 1
        self.server.exchange.clock.move_to(midnight(FIRST + timedelta(days=self.day)))  # type: ignore[attr-defined]

    def script(self, *faults: InjectedFault) -> None:
        with self.server.lock:
            self.server.faults.script(*faults)

    def results(self) -> list[tuple[str, OrderStatus, str]]:
        """How each order ended, by the ledger."""
        with LedgerWriter.open(self.path) as journal:
            events = [decode(row) for row in journal.rows]
        ended = [event for event in events if isinstance(event, OrderResult)]
        return [(event.symbol, event.status, event.end_text) for event in ended]

    def assert_each_order_is_there_once(self, *coins: str) -> None:
        """Both coins were bought once, on the venue and in the ledger, and the account is the ledger's."""
        orders = self.server.exchange.account(KEY).orders.values()
        assert [order.request.pair for order in orders] == [f"{coin}{QUOTE}" for coin in coins]
        assert len({order.request.client_id for order in orders}) == len(coins)
        with self.desk() as desk:
            desk.tick(midnight(FIRST + timedelta(days=self.day)))
            held = {QUOTE: desk.portfolio.cash, **desk.portfolio.holdings}
        balances = self.server.exchange.account(KEY).balances.items()
        assert held == {asset: balance.free for asset, balance in balances if balance.free}
        with LedgerWriter.open(self.path) as journal:
            fills = [event for event in map(decode, journal.rows) if isinstance(event, Fill)]
        assert [fill.order_id for fill in fills] == [order.request.client_id for order in orders for _ in order.trades]


@pytest.fixture
def trading(tmp_path: Path) -> Iterator[Trading]:
    """A venue on the second day, on which two orders are due."""
    machine = FakeClock()
    with LoggedVenue(exchange(machine)) as server:
        made = Trading(server, machine, tmp_path / "ledger.sqlite3", day=0)
        made.tick()
        made.next_day()
        yield made
        assert server.problems == []


@pytest.mark.parametrize(
    "fault",
    [
        InjectedFault(InjectedKind.DROP, **ORDER),
        InjectedFault(InjectedKind.DROP, accepted=True, **ORDER),
        InjectedFault(InjectedKind.ERROR, code=-1000, accepted=True, **ORDER),
        InjectedFault(InjectedKind.ERROR, code=-1006, accepted=True, **ORDER),
        InjectedFault(InjectedKind.ERROR, code=-1007, accepted=True, **ORDER),
        InjectedFault(InjectedKind.ERROR, code=-1007, **ORDER),
        InjectedFault(InjectedKind.TRUNCATED, **ORDER),
        InjectedFault(InjectedKind.EMPTY, accepted=True, **ORDER),
        InjectedFault(InjectedKind.DUPLICATE, **ORDER),
        InjectedFault(InjectedKind.ERROR, code=-1021, **ORDER),
    ],
    ids=lambda fault: f"{fault.kind} {fault.code if fault.kind is InjectedKind.ERROR else ''} {fault.accepted}",
)
def test_an_order_of_which_nobody_knows_is_looked_up_at_once_and_the_day_is_done(
    trading: Trading, fault: InjectedFault
) -> None:
    trading.script(fault)
    ticked = trading.tick()
    assert (len(ticked.carried_out), ticked.left_open) == (2, ())
    trading.assert_each_order_is_there_once("BTC", "ETH")


def test_the_ledger_keeps_the_venues_own_id_of_an_order(trading: Trading) -> None:
    trading.tick()
    numbers = {order.request.client_id: str(order.id) for order in trading.server.exchange.account(KEY).orders.values()}
    with LedgerWriter.open(trading.path) as journal:
        trades = [event for event in map(decode, journal.rows) if isinstance(event, VenueTrade)]
    assert {trade.order_id: trade.venue_order_id for trade in trades} == numbers


def test_the_venue_takes_a_client_id_again_after_a_fill_so_a_restart_looks_before_it_sends(trading: Trading) -> None:
    trading.stopped_at("order done")
    assert len(trading.server.exchange.account(KEY).orders) == 1
    trading.tick()
    trading.assert_each_order_is_there_once("BTC", "ETH")
    client, name = trading.client(), next(iter(trading.server.exchange.account(KEY).orders.values())).request.client_id
    client.submit(name, "BTC/USDT", Side.BUY, D("0.1"))
    names = [order.request.client_id for order in trading.server.exchange.account(KEY).orders.values()]
    assert names.count(name) == 2, "were it refused, nothing would be proved"


def test_while_one_order_may_stand_those_after_it_are_not_sent_after_a_restart_either(trading: Trading) -> None:
    trading.stopped_at("before orders")
    trading.script(*[InjectedFault(InjectedKind.DROP, **ORDER)] * 4)
    for _ in range(2):
        assert [order.symbol for order in trading.tick().left_open] == ["BTC", "ETH"]
    assert trading.server.exchange.account(KEY).orders == {}
    assert {path for _, path, _ in trading.server.log if path.startswith("POST")} == {"POST order"}
    trading.tick()
    trading.assert_each_order_is_there_once("BTC", "ETH")


def test_an_order_that_comes_into_being_after_it_was_not_there_is_not_sent_again(trading: Trading) -> None:
    trading.stopped_at("before orders")
    with LedgerWriter.open(trading.path) as journal:
        order = next(row for row in journal.rows if row.kind == "order").body
    trading.script(InjectedFault(InjectedKind.DELAY, seconds=0.1, **ORDER))
    quantity, first = D(order["quantity"]), trading.client()
    ended = threading.Thread(target=first.submit, args=(order["order_id"], "BTC/USDT", Side.BUY, quantity))
    ended.start()  # the process before: it is gone before its order arrives
    while trading.server.faults.scripted:
        pass
    late = Loopback(trading.port, timedelta(seconds=0.4))
    real = Waiting(trading.server.exchange.clock.server_time())
    trading.tick(open_testnet(late, real, {}))
    ended.join()
    trading.assert_each_order_is_there_once("BTC", "ETH")


class Waiting(SystemClock):
    """A clock that stands at a moment but for the seconds that go by, and really waits."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead


def test_a_revoked_key_is_tried_a_few_times_and_a_later_tick_with_a_valid_one_finishes_the_day(
    trading: Trading,
) -> None:
    client = trading.client()
    client.balances()
    trading.server.rest.secrets = {}
    trading.server.log.clear()
    for _ in range(8):
        with pytest.raises(KeysRefused):
            trading.tick(client)
    assert len([path for _, path, _ in trading.server.log if path != "GET exchangeInfo"]) == 3
    assert trading.server.exchange.account(KEY).orders == {}
    trading.server.rest.secrets = {KEY: SECRET}
    assert len(trading.tick().carried_out) == 2
    trading.assert_each_order_is_there_once("BTC", "ETH")


def test_no_request_is_sent_while_the_venue_wants_to_be_left_alone(trading: Trading) -> None:
    client, weights = trading.client(), trading.server.rest.metered.weights
    client.pairs()
    with trading.server.lock:
        weights.limits = RequestLimits(weight=weights.used, tolerated=3)
    refused = 0
    for _ in range(120):
        try:
            trading.tick(client)
        except RateLimited:
            refused += 1
        with trading.server.lock:
            if len(asked_too_often(trading)) == 1 and not weights._bans:  # somebody else at our address goes on
                for _ in range(4):
                    with pytest.raises(Exception, match="weight"):
                        weights.charge(1, trading.server.exchange.clock.server_time())
                weights.limits = RequestLimits()
        trading.machine.sleep(5)
    turned_away = asked_too_often(trading)
    assert [answer.status for _, answer in turned_away] == [429, 418]
    for at, answer in turned_away:
        until = at + timedelta(seconds=int(answer.headers["Retry-After"]))
        assert not [path for asked_at, path, _ in trading.server.log if at < asked_at < until]
    assert refused > 20
    trading.assert_each_order_is_there_once("BTC", "ETH")


def asked_too_often(trading: Trading) -> list[tuple[datetime, Reply]]:
    """When the venue turned us away, and how."""
    return [(at, answer) for at, _, answer in trading.server.log if answer and answer.status in (418, 429)]


def test_a_halted_coin_is_not_bought_and_tried_again_the_next_day(trading: Trading) -> None:
    client = trading.client()
    client.pairs()
    trading.server.exchange.halt("BTCUSDT")
    trading.tick(client)  # it was still traded when this client asked
    trading.next_day()
    trading.tick()
    trading.server.exchange.halt("BTCUSDT", halted=False)
    trading.next_day()
    trading.tick()
    bitcoin = [(status, why) for symbol, status, why in trading.results() if symbol == "BTC"]
    assert [status for status, _ in bitcoin] == [OrderStatus.UNFILLED, OrderStatus.UNFILLED, OrderStatus.FILLED]
    assert bitcoin[0][1].startswith("rejected")
    assert bitcoin[1][1] == "market_halted"
    trading.assert_each_order_is_there_once("ETH", "BTC")
