"""Whatever is placed, cancelled and met: nothing falls below zero, and every coin and cent can be accounted for."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, localcontext

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.core.orders import Side
from bot.venue.matching.book_shape import DeepBook
from bot.venue.matching.commission import CommissionMode
from bot.venue.matching.exchange import KEY, AccountTerms, Exchange
from bot.venue.matching.order import OrderRequest, OrderType, SelfTradeMode, TimeInForce, VenueOrderStatus
from bot.venue.matching.pair_filters import NO_BOUNDS, PairFilters, PriceBand
from bot.venue.matching.refusal import Refusal
from tests.venue.world import PAIR, D, KnownBook, exchange, limit

SIDES = st.sampled_from(list(Side))
QUANTITIES = st.integers(1, 60_000).map(lambda lots: D(lots) / 1000)
PRICES = st.integers(7000, 13_000).map(lambda ticks: D(ticks) / 100)
NARROW = PairFilters(
    min_quantity=D("0.5"),
    max_quantity=D(50),
    max_market_quantity=D(3),
    bid_band=PriceBand(D("0.9"), D("1.1")),
    ask_band=PriceBand(D("0.95"), D("1.2")),
    bid_range=PriceBand(D("0.999"), D("1.0015")),
    ask_range=PriceBand(D("0.9985"), D("1.001")),
)
SECONDS = st.sampled_from([0.5, 60.0, 3600.0, 20_000.0, 86_400.0, 200_000.0])


class Trading(RuleBasedStateMachine):
    """One account, placing and cancelling what comes to its mind, while time goes by."""

    @initialize(mode=st.sampled_from(CommissionMode), deep=st.booleans(), bound=st.sampled_from([None, D(3)]))
    def open(self, mode: CommissionMode, deep: bool, bound: Decimal | None) -> None:
        self.venue = exchange(DeepBook() if deep else KnownBook(bound), AccountTerms(commission=mode, bnb=D("0.0005")))
        self.number = 0

    def place(self, request: OrderRequest) -> None:
        before = self.totals()
        try:
            order = self.venue.place(KEY, request)
        except Refusal:
            assert self.totals() == before
            return
        assert order.executed <= order.quantity
        price, band = self.venue.market.price(PAIR), self.venue.market.listing(PAIR).filters.price_range(request.side)
        assert price is not None
        assert band is None or all(band.contains(trade.price, price) for trade in order.trades)
        assert all(
            not (trade.price > (request.price or trade.price)) for trade in order.trades if request.side == "buy"
        )

    def client_id(self) -> str:
        self.number += 1
        return f"c{self.number % 7}"  # so that some are in use

    @rule(side=SIDES, quantity=QUANTITIES)
    def place_market(self, side: Side, quantity: Decimal) -> None:
        self.place(OrderRequest(PAIR, side, OrderType.MARKET, quantity, self.client_id()))

    @rule(side=SIDES, amount=QUANTITIES)
    def place_by_amount(self, side: Side, amount: Decimal) -> None:
        self.place(OrderRequest(PAIR, side, OrderType.MARKET, None, self.client_id(), None, amount * 30))

    @rule(
        side=SIDES,
        quantity=QUANTITIES,
        price=PRICES,
        in_force=st.sampled_from(list(TimeInForce)),
        mode=st.sampled_from(SelfTradeMode),
    )
    def place_limit(
        self, side: Side, quantity: Decimal, price: Decimal, in_force: TimeInForce, mode: SelfTradeMode
    ) -> None:
        self.place(OrderRequest(PAIR, side, OrderType.LIMIT, quantity, self.client_id(), price, None, in_force, mode))

    @rule(pick=st.integers(0, 50))
    def cancel(self, pick: int) -> None:
        orders = list(self.venue.account(KEY).orders.values())
        if not orders:
            return
        order = orders[pick % len(orders)]
        was_open = order.status.is_open
        try:
            self.venue.cancel(KEY, PAIR, order.id, None)
            assert was_open
        except Refusal:
            assert not was_open

    @rule(seconds=SECONDS)
    def let_time_go_by(self, seconds: float) -> None:
        self.venue.clock.sleep(seconds)

    @rule(halted=st.booleans())
    def halt(self, halted: bool) -> None:
        self.venue.halt(PAIR, halted)

    @rule(only=st.booleans())
    def limit_to_cancels(self, only: bool) -> None:
        self.venue.limit_to_cancels(PAIR, only)

    @rule(filters=st.sampled_from([NO_BOUNDS, NARROW]))
    def change_filters(self, filters: PairFilters) -> None:
        self.venue.market.set_filters(PAIR, filters)

    @rule()
    def wipe(self) -> None:
        self.venue.wipe()

    def totals(self) -> dict[str, Decimal]:
        balances = self.venue.account(KEY).balances
        return {asset: total for asset, held in balances.items() if (total := held.free + held.locked)}

    @invariant()
    def nothing_is_below_zero(self) -> None:
        for held in self.venue.account(KEY).balances.values():
            assert held.free >= 0
            assert held.locked >= 0

    @invariant()
    def what_is_locked_is_what_open_orders_hold(self) -> None:
        account, held = self.venue.account(KEY), defaultdict(Decimal)
        for order in account.open.values():
            left = order.quantity - sum(trade.quantity for trade in order.trades)
            assert left > 0
            if order.request.side is Side.SELL:
                held["ETH"] += left
            else:
                on_top = D("1.001") if self.venue.terms.commission is CommissionMode.QUOTE else 1
                held["USDT"] += left * (order.request.price or 0) * on_top
        assert {asset: balance.locked for asset, balance in account.balances.items() if balance.locked} == held

    @invariant()
    def cash_and_coins_change_by_trades_and_commissions_alone(self) -> None:
        with localcontext(prec=60):
            account, terms = self.venue.account(KEY), self.venue.terms
            owed = defaultdict(Decimal, USDT=terms.cash, BNB=terms.bnb)
            for trade in account.trades:
                sign = 1 if trade.side is Side.BUY else -1
                owed["ETH"] += sign * trade.quantity
                owed["USDT"] -= sign * trade.quantity * trade.price
                owed[trade.commission_asset] -= trade.commission
            assert self.totals() == {asset: total for asset, total in owed.items() if total}

    @invariant()
    def every_order_says_what_its_trades_say(self) -> None:
        for order in self.venue.account(KEY).orders.values():
            assert order.executed == sum(trade.quantity for trade in order.trades)
            assert (order.status is VenueOrderStatus.FILLED) == (order.executed == order.quantity)
            assert (order.status is VenueOrderStatus.EXPIRED) == (order.expiry is not None)
            is_prevented = order.status is VenueOrderStatus.EXPIRED_IN_MATCH
            assert order.prevented == (order.quantity - order.executed if is_prevented else 0)


TestTrading = Trading.TestCase
TestTrading.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def fills(venue: Exchange) -> list[tuple[object, ...]]:
    return [(t.order_id, t.at, t.price, t.quantity) for t in venue.account(KEY).trades]


@given(steps=st.lists(st.integers(1, 150_000), min_size=1, max_size=8), prices=st.lists(PRICES, min_size=1, max_size=5))
def test_in_how_many_steps_the_clock_is_moved_changes_no_fill(steps: list[int], prices: list[Decimal]) -> None:
    in_steps, at_once = exchange(KnownBook(D("0.7"))), exchange(KnownBook(D("0.7")))
    for venue in (in_steps, at_once):
        for number, price in enumerate(prices):
            venue.place(KEY, limit(Side.BUY, "0.5", str(price), f"c{number}"))
    for seconds in steps:
        in_steps.clock.sleep(seconds)
        in_steps.catch_up()
    at_once.clock.sleep(sum(steps))
    assert fills(in_steps) == fills(at_once)
