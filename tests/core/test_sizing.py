"""From weights to orders: `cycle` keeps every rule of the venue, the cash and the user, whatever is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.cycle import Overrides, Plan, Quote, SizingRules, TradingRules, cycle
from bot.core.decision import Decision, Trade
from bot.core.instrument import Instrument, to_decimal
from bot.core.orders import OrderEnd, OrderResult, OrderStatus, Side, order_id
from bot.core.portfolio import Portfolio

AT = datetime(2024, 3, 1, tzinfo=UTC)
D = Decimal
SIZING = SizingRules(band=D("0.02"), relative_band=D("0.20"), volume_share=D("0.01"))
NO_LIMIT = float("nan")


def instrument(symbol: str, step: str = "0.0001", minimum: str = "5", slippage: str = "0.001") -> Instrument:
    return Instrument(symbol, D(step), D("0.01"), D(minimum), fee=D("0.001"), slippage=D(slippage))


def planned(
    weights: Mapping[str, str],
    cash: str = "10000",
    holdings: Mapping[str, str] | None = None,
    prices: Mapping[str, float] | None = None,
    *,
    trade: Trade = Trade.NOW,
    reduce_only: bool = False,
    overrides: Overrides | None = None,
    volumes: Mapping[str, float] | None = None,
    volatility: float = NO_LIMIT,
    stale: tuple[str, ...] = (),
    quarantined: tuple[str, ...] = (),
    unfinished: tuple[str, ...] = (),
    instruments: Mapping[str, Instrument] | None = None,
) -> Plan:
    held = {symbol: D(quantity) for symbol, quantity in (holdings or {}).items()}
    prices = prices or {"ETH": 2000.0, "A": 1.0, "B": 10.0}
    symbols = {*weights, *held}
    quotes = {
        s: Quote(prices[s], s not in stale, (volumes or {}).get(s, NO_LIMIT), s in quarantined, volatility)
        for s in symbols
    }
    rules = TradingRules(
        {s: instrument(s) for s in symbols} | dict(instruments or {}),
        SIZING,
        overrides or Overrides(),
        "key",
        impact=1.0,
    )
    decision = Decision(
        AT, "ETH", "ETH", {s: D(w) for s, w in weights.items()}, ("why",), trade, reduce_only=reduce_only
    )
    return cycle(decision, Portfolio(D(cash), held), quotes, rules, frozenset(unfinished), D(1))


def orders(plan: Plan) -> list[tuple[str, str, Decimal]]:
    return [(order.side.value, order.symbol, order.quantity) for order in plan.orders]


def skipped(plan: Plan) -> list[tuple[str, str]]:
    return [(result.symbol, result.full_reason) for result in plan.skipped]


class TestByHand:
    def test_a_weight_becomes_a_quantity_at_the_last_close(self) -> None:
        assert orders(planned({"ETH": "0.49"})) == [("buy", "ETH", D("2.45"))]  # 4900 / 2000

    def test_a_purchase_of_less_than_one_coin_is_one_order(self) -> None:
        plan = planned({"ETH": "0.1"})
        assert orders(plan) == [("buy", "ETH", D("0.5"))]  # 1000 / 2000
        assert plan.skipped == ()

    def test_a_sale_of_less_than_one_coin_is_one_order(self) -> None:
        plan = planned({"ETH": "0.3"}, cash="6000", holdings={"ETH": "2"})
        assert orders(plan) == [("sell", "ETH", D("0.5"))]  # of 10,000, 3000 / 2000 stay
        assert plan.skipped == ()

    def test_a_purchase_of_less_than_one_step_is_skipped_with_its_reason(self) -> None:
        """90% of 10,000 at 25,000 are 0.36 of a coin that is sold whole."""
        plan = planned({"A": "0.9"}, prices={"A": 25_000.0}, instruments={"A": instrument("A", step="1")})
        assert orders(plan) == []
        assert skipped(plan) == [("A", "why;under_one_step")]
        assert (plan.skipped[0].side, plan.skipped[0].quantity) == (Side.BUY, D("0.36"))

    def test_a_sale_of_less_than_one_step_is_skipped_with_its_reason(self) -> None:
        """Equity is 30,000: half of it are 0.6 coins, and 0.4 are too many; all of 0.5 coins cannot be sold either."""
        whole = {"A": instrument("A", step="1")}
        less = planned({"A": "0.5"}, cash="5000", holdings={"A": "1"}, prices={"A": 25_000.0}, instruments=whole)
        none = planned({}, cash="5000", holdings={"A": "0.5"}, prices={"A": 2.0}, instruments=whole)
        assert skipped(less) == skipped(none) == [("A", "why;under_one_step")]
        assert [less.skipped[0].quantity, none.skipped[0].quantity] == [D("0.4"), D("0.5")]

    def test_the_remainder_of_a_position_on_its_target_is_no_order(self) -> None:
        # (5000.00002 + 5000) / 2 - 5000 = 0.00001 is a tenth of a step
        assert planned({"A": "0.5"}, cash="5000.00002", holdings={"A": "5000"}) == Plan((), (), frozenset())

    def test_a_purchase_leaves_the_next_what_it_does_not_take(self) -> None:
        # A takes 6000 x 1.002 = 6012; (10000 - 6012) / (10 x 1.002) = 398.00399... of the 400 B
        plan = planned({"A": "0.6", "B": "0.4"})
        assert orders(plan) == [("buy", "A", D("6000")), ("buy", "B", D("398.0039"))]
        assert plan.unfinished == {"B"}

    def test_quantities_are_rounded_down_to_the_step(self) -> None:
        # 0.5 x 10000 / 3000 = 1.66666...
        assert orders(planned({"ETH": "0.5"}, prices={"ETH": 3000.0})) == [("buy", "ETH", D("1.6666"))]

    def test_a_barred_coin_is_sold_and_never_bought(self) -> None:
        held = {"A": "1000", "B": "500"}
        plan = planned({"A": "0.5", "B": "0.1"}, cash="4000", holdings=held, quarantined=("A", "B"))
        assert orders(plan) == [("sell", "B", D("400"))]  # of 10,000 in all
        assert skipped(plan) == [("A", "why;barred")]
        assert plan.unfinished == frozenset()

    def test_a_target_of_nothing_sells_everything(self) -> None:
        plan = planned({}, cash="0", holdings={"ETH": "4.7749"})
        assert orders(plan) == [("sell", "ETH", D("4.7749"))]

    def test_sells_come_before_buys(self) -> None:
        plan = planned({"A": "0.9"}, cash="100", holdings={"ETH": "5"})
        assert [order.side for order in plan.orders] == [Side.SELL, Side.BUY]

    def test_a_purchase_leaves_room_for_fee_and_slippage(self) -> None:
        # All of 10000 at 2000 x (1 + 0.001 + 0.001) = 2004 buys 4.99001996...
        plan = planned({"ETH": "1"})
        assert orders(plan) == [("buy", "ETH", D("4.9900"))]
        assert plan.unfinished == {"ETH"}

    def test_a_sale_pays_for_a_purchase_with_what_it_brings_after_its_costs(self) -> None:
        # 5 x 2000 x (1 - 0.002) = 9980 buy 9980 / 1.002 = 9960.07984... at 1
        plan = planned({"A": "1"}, cash="0", holdings={"ETH": "5"})
        assert orders(plan) == [("sell", "ETH", D("5")), ("buy", "A", D("9960.0798"))]
        assert plan.unfinished == {"A"}

    def test_a_sale_brings_less_by_its_market_impact(self) -> None:
        # 10,000 of a volume of 1,000,000: 0.05 x sqrt(0.01) = 0.005. 10,000 x (1 - 0.002 - 0.005) = 9930 buy
        # 9930 / 1.002 = 9910.17964... of A, whose volume is unknown.
        plan = planned({"A": "1"}, cash="0", holdings={"ETH": "5"}, volumes={"ETH": 1_000_000.0}, volatility=0.05)
        assert orders(plan) == [("sell", "ETH", D("5")), ("buy", "A", D("9910.1796"))]

    def test_cash_pays_for_the_impact_of_a_purchase(self) -> None:
        # 10,000 of a volume of 1,000,000 cost 1 + 0.002 + 0.005 each: 10,000 / 1.007 = 9930.48659...
        plan = planned({"A": "1"}, volumes={"A": 1_000_000.0}, volatility=0.05)
        assert orders(plan) == [("buy", "A", D("9930.4865"))]

    @pytest.mark.parametrize(("weights", "holdings"), [({"A": "0.5"}, {}), ({}, {"A": "5000"})])
    def test_a_coin_without_volume_is_unsellable_and_tried_again(
        self, weights: Mapping[str, str], holdings: Mapping[str, str]
    ) -> None:
        plan = planned(weights, holdings=holdings, volumes={"A": 0.0})
        assert skipped(plan) == [("A", "why;no_volume")]
        assert plan.unfinished == {"A"}

    def test_the_volume_limit_is_noted_where_it_cuts_an_order(self) -> None:
        assert planned({"A": "0.5"}, volumes={"A": 100_000.0}).capped == {"A"}
        assert planned({"A": "0.5"}, volumes={"A": 1_000_000.0}).capped == frozenset()

    def test_an_order_is_at_most_one_percent_of_the_median_volume(self) -> None:
        plan = planned({"A": "0.5"}, volumes={"A": 100_000.0})  # 1000 USD of it
        assert orders(plan) == [("buy", "A", D("1000"))]
        assert plan.unfinished == {"A"}

    def test_a_sale_too_is_at_most_one_percent_of_the_median_volume(self) -> None:
        plan = planned({}, holdings={"A": "5000"}, volumes={"A": 100_000.0})
        assert orders(plan) == [("sell", "A", D("1000"))]
        assert plan.unfinished == {"A"}

    def test_an_order_under_the_minimum_is_not_sent_and_says_so(self) -> None:
        plan = planned({"A": "0.00049"})  # 4.90
        assert plan.orders == ()
        (result,) = plan.skipped
        identity = order_id("key", AT.date(), "A", Side.BUY)
        expected = OrderResult(identity, AT, "A", Side.BUY, D("4.9"), OrderStatus.SKIPPED, "why", OrderEnd.MIN_NOTIONAL)
        assert result == expected

    def test_an_order_at_the_minimum_is_sent(self) -> None:
        assert orders(planned({"A": "0.0005"})) == [("buy", "A", D("5"))]

    def test_a_coin_without_a_price_of_today_gets_no_order_and_is_tried_again(self) -> None:
        plan = planned({"A": "0.5"}, stale=("A",))
        assert plan.orders == ()
        assert skipped(plan) == [("A", "why;no_price_today")]
        assert plan.unfinished == {"A"}

    def test_a_retry_on_a_quiet_day_touches_the_unfinished_coin_alone(self) -> None:
        plan = planned({"A": "0.4", "B": "0.4"}, trade=Trade.HOLD, unfinished=("B",))
        assert orders(plan) == [("buy", "B", D("400"))]

    @pytest.mark.parametrize("trade", [Trade.HOLD, Trade.BAND])
    def test_a_purchase_that_was_cut_outlives_a_day_without_purchases(self, trade: Trade) -> None:
        stale = planned({"ETH": "0.49"}, trade=trade, reduce_only=True, unfinished=("ETH",))
        assert (stale.orders, stale.unfinished) == ((), {"ETH"})
        day_after = planned({"ETH": "0.49"}, trade=Trade.HOLD, unfinished=tuple(stale.unfinished))
        assert orders(day_after) == [("buy", "ETH", D("2.45"))]

    def test_a_stage_that_only_reduces_drops_a_purchase_that_was_cut(self) -> None:
        assert planned({"ETH": "0.49"}, trade=Trade.NOW, reduce_only=True, unfinished=("ETH",)).unfinished == set()
        assert planned({"ETH": "0.49"}, trade=Trade.BAND, reduce_only=True).unfinished == set()

    def test_a_quiet_day_has_no_orders(self) -> None:
        assert planned({"ETH": "0.98"}, trade=Trade.HOLD) == Plan((), (), frozenset())


class TestBand:
    """Equity 10,000: a coin is traded where it is off by more than max(2 points, a fifth of the target)."""

    @pytest.mark.parametrize(
        ("held", "target", "traded"),
        [
            ("1800", "0.20", False),  # 0.18: off by 0.02, a fifth is 0.04
            ("1600", "0.20", False),  # off by exactly 0.04
            ("1599", "0.20", True),
            ("2401", "0.20", True),
            ("300", "0.05", False),  # off by exactly 2 points; a fifth is 0.01
            ("299", "0.05", True),
            ("200", "0", False),
            ("201", "0", True),
        ],
    )
    def test_the_wider_of_two_points_and_a_fifth_decides(self, held: str, target: str, traded: bool) -> None:
        cash = str(10_000 - int(held))
        plan = planned({"A": target}, cash=cash, holdings={"A": held}, trade=Trade.BAND)
        assert bool(plan.orders) is traded

    def test_outside_the_band_a_coin_goes_all_the_way_to_its_target(self) -> None:
        plan = planned({"A": "0.20"}, cash="7500", holdings={"A": "2500"}, trade=Trade.BAND)
        assert orders(plan) == [("sell", "A", D("500"))]


class TestOverrides:
    def test_the_multiplier_scales_every_target(self) -> None:
        plan = planned({"ETH": "0.98"}, overrides=Overrides(multiplier=D("0.5")))
        assert orders(plan) == [("buy", "ETH", D("2.45"))]

    def test_a_multiplier_of_nothing_sells_all(self) -> None:
        plan = planned({"ETH": "0.98"}, holdings={"ETH": "1"}, overrides=Overrides(multiplier=D(0)))
        assert orders(plan) == [("sell", "ETH", D("1"))]

    @pytest.mark.parametrize("by", ["decision", "user"])
    def test_reduce_only_sells_and_never_buys(self, by: str) -> None:
        plan = planned(
            {"A": "0.5", "ETH": "0.1"},
            holdings={"ETH": "5"},
            reduce_only=by == "decision",
            overrides=Overrides(reduce_only=by == "user"),
        )
        assert orders(plan) == [("sell", "ETH", D("4"))]  # equity 20,000: 0.1 of it is 1 ETH

    def test_a_coin_that_may_not_be_traded_is_neither_bought_nor_sold(self) -> None:
        overrides = Overrides(no_trade=frozenset({"A", "ETH"}))
        plan = planned({"A": "0.5", "B": "0.1"}, holdings={"ETH": "1"}, overrides=overrides)
        assert [order.symbol for order in plan.orders] == ["B"]
        assert skipped(plan) == [("ETH", "why;no_trade_override"), ("A", "why;no_trade_override")]


SYMBOLS = ("A", "B", "C", "D")
money = st.decimals(min_value=0, max_value=1_000_000, places=4, allow_nan=False)
prices = st.floats(1e-6, 1e5, allow_nan=False, allow_infinity=False)


@st.composite
def situations(draw: st.DrawFn) -> dict[str, Any]:
    """A portfolio, what is wanted, what is known, and the rules: anything that can come together."""
    parts = draw(st.lists(st.integers(0, 100), min_size=4, max_size=4))
    total = D(max(sum(parts), 100))
    weights = {s: D(part) / total for s, part in zip(SYMBOLS, parts, strict=True) if part}
    weights = {s: w.quantize(D("1e-9"), rounding="ROUND_DOWN") for s, w in weights.items()}
    steps = st.sampled_from(["1", "0.1", "0.001", "0.00001", "5"])
    instruments = {
        s: instrument(s, draw(steps), draw(st.sampled_from(["1", "5", "10"])), draw(st.sampled_from(["0", "0.006"])))
        for s in SYMBOLS
    }
    held = {s: instruments[s].step * draw(st.integers(1, 10_000)) for s in SYMBOLS if draw(st.booleans())}
    return {
        "decision": Decision(
            AT, "ALTS", "ALTS", weights, ("why",), draw(st.sampled_from(list(Trade))), draw(st.booleans())
        ),
        "portfolio": Portfolio(draw(money), held),
        "quotes": {
            s: Quote(draw(prices), draw(st.booleans()), draw(st.one_of(st.just(NO_LIMIT), st.floats(0, 1e9))))
            for s in SYMBOLS
        },
        "rules": TradingRules(
            instruments,
            SIZING,
            Overrides(
                D(draw(st.integers(0, 10))) / 10, draw(st.booleans()), frozenset(draw(st.sets(st.sampled_from("AB"))))
            ),
            "key",
        ),
        "unfinished": frozenset(draw(st.sets(st.sampled_from(SYMBOLS)))),
        "slippage_multiplier": D(draw(st.integers(1, 2))),
    }


class TestWhateverIsAsked:
    @given(situations())
    def test_every_order_passes_the_instruments_rules(self, asked: dict[str, Any]) -> None:
        for order in cycle(**asked).orders:
            rules, quote = asked["rules"].instruments[order.symbol], asked["quotes"][order.symbol]
            assert order.quantity > 0
            assert order.quantity % rules.step == 0
            assert order.quantity * to_decimal(quote.price) >= rules.min_notional

    @given(situations())
    def test_cash_is_never_negative_when_filled_as_planned(self, asked: dict[str, Any]) -> None:
        cash = asked["portfolio"].cash
        for order in cycle(**asked).orders:
            instrument = asked["rules"].instruments[order.symbol]
            notional = order.quantity * to_decimal(asked["quotes"][order.symbol].price)
            cost = notional * (instrument.fee + instrument.slippage * asked["slippage_multiplier"])
            cash += (notional if order.side is Side.SELL else -notional) - cost
            assert cash >= D("-1e-15")

    @given(situations())
    def test_nothing_is_sold_that_is_not_held(self, asked: dict[str, Any]) -> None:
        for order in cycle(**asked).orders:
            if order.side is Side.SELL:
                assert order.quantity <= asked["portfolio"].held(order.symbol)

    @given(situations())
    def test_all_sells_stand_before_all_buys_and_no_coin_twice(self, asked: dict[str, Any]) -> None:
        sent = cycle(**asked).orders
        sides = [order.side for order in sent]
        assert sides == sorted(sides, key=lambda side: side is Side.BUY)
        assert len({order.symbol for order in sent}) == len({order.order_id for order in sent}) == len(sent)

    @given(situations())
    def test_no_order_is_beyond_the_volume_limit(self, asked: dict[str, Any]) -> None:
        for order in cycle(**asked).orders:
            quote = asked["quotes"][order.symbol]
            if quote.median_volume == quote.median_volume:
                assert order.quantity * to_decimal(quote.price) <= D("0.01") * to_decimal(quote.median_volume) * (
                    1 + D("1e-20")
                )

    @given(situations())
    def test_the_users_hand_is_obeyed(self, asked: dict[str, Any]) -> None:
        plan, overrides = cycle(**asked), asked["rules"].overrides
        for order in plan.orders:
            assert order.symbol not in overrides.no_trade
            assert asked["quotes"][order.symbol].fresh
            if overrides.reduce_only or asked["decision"].reduce_only:
                assert order.side is Side.SELL

    @given(situations())
    def test_a_purchase_never_overshoots_and_a_sale_never_undershoots_the_target(self, asked: dict[str, Any]) -> None:
        known = {s: to_decimal(quote.price) for s, quote in asked["quotes"].items()}
        portfolio, overrides = asked["portfolio"], asked["rules"].overrides
        equity = portfolio.equity(known)
        assume(equity > 0)
        for order in cycle(**asked).orders:
            target = asked["decision"].weights.get(order.symbol, D(0)) * overrides.multiplier * equity
            sign = 1 if order.side is Side.BUY else -1
            after = (portfolio.held(order.symbol) + sign * order.quantity) * known[order.symbol]
            slack = equity * D("1e-20")
            assert after <= target + slack if order.side is Side.BUY else after >= target - slack

    @given(situations())
    def test_the_same_situation_gives_the_same_plan(self, asked: dict[str, Any]) -> None:
        assert cycle(**asked) == cycle(**asked)

    @given(situations())
    def test_what_is_not_sent_is_marked_skipped_and_says_why(self, asked: dict[str, Any]) -> None:
        for result in cycle(**asked).skipped:
            assert result.status is OrderStatus.SKIPPED
            assert result.full_reason.split(";")[-1] in {
                "min_notional",
                "no_price_today",
                "no_volume",
                "no_trade_override",
                "under_one_step",
            }


@pytest.mark.parametrize(("least", "end"), [("0", None), ("0.5", None), ("0.5001", OrderEnd.MIN_QUANTITY)])
def test_an_order_under_the_smallest_quantity_is_skipped(least: str, end: OrderEnd | None) -> None:
    """A tenth of 10,000 at a price of 2000 is 0.5 ETH."""
    eth = replace(instrument("ETH"), min_quantity=D(least))
    plan = planned({"ETH": "0.1"}, instruments={"ETH": eth})
    assert [result.end for result in plan.skipped] == ([] if end is None else [end])
    assert orders(plan) == ([("buy", "ETH", D("0.5"))] if end is None else [])
