"""The value types that hold money: what they refuse, how they round, and how a portfolio changes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.bar import Bar
from bot.core.decision import Decision, Trade
from bot.core.errors import DataError
from bot.core.execution import affordable, fill, fill_price
from bot.core.instrument import Instrument, to_decimal, to_weight
from bot.core.orders import Fill, OrderIntent, Settlement, SettlementCause, Side, order_id
from bot.core.portfolio import Portfolio

D = Decimal
AT = datetime(2024, 3, 1, tzinfo=UTC)
ETH = Instrument("ETH", step=D("0.0001"), tick=D("0.01"), min_notional=D("5"), fee=D("0.001"), slippage=D("0.001"))


def bought(quantity: str, price: str, fee: str = "0", symbol: str = "ETH", side: Side = Side.BUY) -> Fill:
    return Fill("r-1", AT, symbol, side, D(quantity), D(price), D(price), D(fee), "why")


def sold(quantity: str, price: str, fee: str = "0", symbol: str = "ETH") -> Fill:
    return bought(quantity, price, fee, symbol, Side.SELL)


class TestInstrument:
    def test_quantities_go_down_to_the_step(self) -> None:
        assert ETH.quantity(D("1.99999")) == D("1.9999")
        assert ETH.quantity(D("0.00009")) == 0

    def test_prices_go_to_the_nearest_tick_and_never_to_zero(self) -> None:
        assert ETH.price(D("10.014")) == D("10.01")
        assert ETH.price(D("10.016")) == D("10.02")
        assert ETH.price(D("0.0001")) == D("0.01")

    @given(st.decimals(0, 10**9, places=12, allow_nan=False))
    def test_a_rounded_quantity_is_whole_steps_and_less_than_one_step_off(self, wanted: Decimal) -> None:
        rounded = ETH.quantity(wanted)
        assert rounded % ETH.step == 0
        assert 0 <= wanted - rounded < ETH.step
        assert ETH.lots(rounded) * ETH.step == rounded

    def test_a_coin_may_be_traded_without_costs(self) -> None:
        free = Instrument("A", D("0.1"), D("0.01"), D(1), fee=D(0), slippage=D(0))
        assert fill_price(10.0, Side.BUY, free.slippage, free) == D(10)
        assert affordable(D(100), D(10), free) == D("9.9")  # a millionth of the cash is kept

    @pytest.mark.parametrize(
        "changes", [{"step": D(0)}, {"tick": D(-1)}, {"min_notional": D(0)}, {"fee": D(-1)}, {"slippage": D(1)}]
    )
    def test_rules_that_cannot_be_are_refused(self, changes: dict[str, Any]) -> None:
        fields = {name: getattr(ETH, name) for name in ("step", "tick", "min_notional", "fee", "slippage")}
        with pytest.raises(ValueError, match=f"{next(iter(changes))} of ETH"):
            Instrument("ETH", **{**fields, **changes})

    def test_a_float_becomes_the_decimal_that_a_person_would_write(self) -> None:
        assert to_decimal(0.1) == D("0.1")
        assert to_decimal(1e-7) == D("1E-7")

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
    def test_rounded_weights_never_sum_to_more_than_the_floats(self, parts: list[float]) -> None:
        assert all(0 <= to_decimal(part) - to_weight(part) < D("1e-9") for part in parts)


class TestExecution:
    def test_a_purchase_pays_more_and_a_sale_gets_less_than_the_open(self) -> None:
        assert fill_price(2000.0, Side.BUY, D("0.001"), ETH) == D("2002.00")
        assert fill_price(2000.0, Side.SELL, D("0.001"), ETH) == D("1998.00")
        assert fill_price(2000.0, Side.BUY, D("0.002"), ETH) == D("2004.00")  # doubled under stress

    def test_a_fill_is_rounded_against_its_side(self) -> None:
        """10.003 and 10.007 lie between the ticks 10.00 and 10.01."""
        for price in (10.003, 10.007):
            assert fill_price(price, Side.BUY, D(0), ETH) == D("10.01")
            assert fill_price(price, Side.SELL, D(0), ETH) == D("10.00")

    @given(st.floats(1e-9, 1e6), st.sampled_from(Side), st.booleans())
    def test_rounding_never_favours_the_trader_and_costs_at_most_one_percent(
        self, price: float, side: Side, of_venue: bool
    ) -> None:
        rules = replace(ETH, is_of_venue=of_venue)
        paid = fill_price(price, side, D(0), rules)
        cost = (paid - to_decimal(price)) * (1 if side is Side.BUY else -1)
        assert 0 <= cost < rules.tick_at(to_decimal(price))
        assert of_venue or cost <= to_decimal(price) / 100

    def test_a_tick_too_coarse_for_a_price_gives_way_to_six_digits(self) -> None:
        """0.01 is 1% of 1.00, and more than 1% of 0.99; a venue's own tick applies down to one tick."""
        assert ETH.tick_at(D("1.00")) == D("0.01")
        assert ETH.tick_at(D("0.99")) == D("0.000001")
        assert ETH.tick_at(D("0.016")) == D("0.0000001")
        venue = replace(ETH, is_of_venue=True)
        assert (venue.tick_at(D("0.016")), venue.tick_at(D("0.009"))) == (D("0.01"), D("0.00000001"))

    def test_the_fee_is_a_share_of_the_notional(self) -> None:
        order = OrderIntent("r-1", AT, "ETH", Side.BUY, D("2"), "why")
        done = fill(order, D("2"), D("2002"), 2000.0, ETH)
        assert done.fee == D("4.004")
        assert done.slippage_bps == 10
        assert done.reference_price == 2000

    def test_a_fill_has_the_moment_and_the_reason_of_its_order(self) -> None:
        done = fill(OrderIntent("r-1", AT, "ETH", Side.SELL, D("2"), "why"), D("1.5"), D("1998"), 2000.0, ETH)
        # 1.5 x 1998 x 0.001 = 2.997
        expected = Fill("r-1", AT, "ETH", Side.SELL, D("1.5"), D("1998"), D("2000"), D("2.997"), "why")
        assert done == expected
        assert (done.order_id, done.at, done.notional, done.slippage_cost) == ("r-1", AT, D("2997"), D("3"))

    def test_a_sale_at_a_better_price_has_a_negative_slippage(self) -> None:
        done = Fill("r-1", AT, "ETH", Side.SELL, D(1), D("2020"), D("2000"), D(0), "why")
        assert done.slippage_bps == -100

    @given(st.decimals("0.01", 10**7, places=6), st.decimals("0.01", 10**5, places=2))
    def test_what_is_affordable_can_be_paid_fee_included(self, cash: Decimal, price: Decimal) -> None:
        quantity = affordable(cash, price, ETH)
        assert quantity * price * (1 + ETH.fee) <= cash
        assert (quantity + 2 * ETH.step) * price * (1 + ETH.fee) > cash * (1 - D("1e-5"))


class TestPortfolio:
    def test_a_purchase_takes_cash_and_fee_and_gives_coins(self) -> None:
        after = Portfolio(D("10000")).apply(bought("2.45", "2102.10", "5.150145"))
        assert after.cash == D("4844.704855")
        assert after.holdings == {"ETH": D("2.45")}

    def test_a_sale_of_everything_forgets_the_coin(self) -> None:
        after = Portfolio(D(0), {"ETH": D("4.7749")}).apply(sold("4.7749", "1898.10", "9.06323769"))
        assert after.holdings == {}
        assert after.cash == D("9054.17445231")  # 9063.23769 - 9.06323769

    def test_a_fee_that_the_venue_keeps_of_the_coin_takes_no_cash(self) -> None:
        """10 bought for 500, of which 0.1 is kept; then 4 sold for 240, and 0.05 more is kept: 9.9 - 4.05 = 5.85."""
        buy = Fill("r-1", AT, "A", Side.BUY, D(10), D(50), D(50), D(5), "in", fee_in_kind=D("0.1"))
        sale = Fill("r-2", AT, "A", Side.SELL, D(4), D(60), D(60), D(3), "out", fee_in_kind=D("0.05"))
        held = Portfolio(D(1000)).apply(buy)
        assert held == Portfolio(D(500), {"A": D("9.9")})
        assert held.apply(sale) == Portfolio(D(740), {"A": D("5.85")})

    def test_a_settlement_without_a_fee_pays_its_price(self) -> None:
        dead = Settlement(AT, "A", D(10), D("0.5"), SettlementCause.DEAD)
        assert Portfolio(D(1), {"A": D(10)}).apply(dead) == Portfolio(D(6), {})
        assert (dead.into, dead.received) == (None, 0)

    def test_it_never_goes_below_zero(self) -> None:
        with pytest.raises(ValueError, match="below zero"):
            Portfolio(D(100)).apply(bought("1", "100", "0.1"))
        with pytest.raises(ValueError, match="below zero"):
            Portfolio(D(100), {"ETH": D(1)}).apply(sold("1.0001", "100"))

    def test_the_old_portfolio_stays_as_it_was(self) -> None:
        before = Portfolio(D(1000), {"ETH": D(1)})
        before.apply(sold("1", "100"))
        assert before == Portfolio(D(1000), {"ETH": D(1)})

    def test_a_settlement_in_cash_pays_its_price_less_its_fee(self) -> None:
        settled = Settlement(AT, "A", D(10), D("0.5"), SettlementCause.SOURCE_ENDS, fee=D("0.005"))
        assert Portfolio(D(1), {"A": D(10)}).apply(settled) == Portfolio(D("5.995"), {})

    def test_a_rename_exchanges_units_and_moves_no_cash(self) -> None:
        settled = Settlement(AT, "A", D(10), D("0.5"), SettlementCause.RENAMED, into="B", received=D(1000))
        after = Portfolio(D(1), {"A": D(10), "B": D(7)}).apply(settled)
        assert after == Portfolio(D(1), {"B": D(1007)})

    def test_equity_is_cash_and_holdings_at_their_prices(self) -> None:
        assert Portfolio(D(1), {"A": D(2), "B": D(3)}).equity({"A": D(10), "B": D("0.5")}) == D("22.5")

    @given(st.decimals(0, 10**6, places=4), st.decimals("0.0001", 100, places=4), st.decimals("0.01", 10**4, places=2))
    def test_buying_and_selling_at_one_price_without_fees_changes_nothing(
        self, spare: Decimal, quantity: Decimal, price: Decimal
    ) -> None:
        before = Portfolio(spare + quantity * price)
        text = (str(quantity), str(price))
        assert before.apply(bought(*text)).apply(sold(*text)) == before

    @given(st.decimals("0.0001", 100, places=4), st.decimals("0.01", 10**4, places=2))
    def test_a_trade_costs_its_fee_and_nothing_else(self, quantity: Decimal, price: Decimal) -> None:
        before = Portfolio(quantity * price + 1)
        after = before.apply(bought(str(quantity), str(price), "1"))
        assert after.equity({"ETH": price}) == before.equity({}) - 1


class TestOrderIds:
    DAY = date(2024, 3, 1)

    def test_they_are_short_and_plain(self) -> None:
        assert re.fullmatch(r"[a-z0-9-]{1,26}", order_id("key", self.DAY, "ETH", Side.BUY))

    @given(st.text(), st.dates(), st.text(), st.sampled_from(list(Side)), st.integers(0, 99))
    def test_the_same_inputs_give_the_same_id_and_it_is_always_plain(
        self, key: str, day: date, symbol: str, side: Side, attempt: int
    ) -> None:
        first = order_id(key, day, symbol, side, attempt)
        assert first == order_id(key, day, symbol, side, attempt)
        assert re.fullmatch(r"[a-z0-9-]{1,26}", first)

    def test_every_input_counts(self) -> None:
        one = order_id("key", self.DAY, "ETH", Side.BUY)
        others = {
            order_id("yek", self.DAY, "ETH", Side.BUY),
            order_id("key", date(2024, 3, 2), "ETH", Side.BUY),
            order_id("key", self.DAY, "BTC", Side.BUY),
            order_id("key", self.DAY, "ETH", Side.SELL),
            order_id("key", self.DAY, "ETH", Side.BUY, 1),
        }
        assert len(others | {one}) == 6

    def test_it_is_the_same_on_every_machine(self) -> None:
        # printf 'key|2024-03-01|ETH|buy|0' | sha256sum | cut -d' ' -f1 | xxd -r -p | base32 | cut -c1-20, in lower case
        assert order_id("key", self.DAY, "ETH", Side.BUY) == "r-wccartyknpxpzmylryc3"


class TestRefusals:
    def test_an_order_of_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match="above zero"):
            OrderIntent("r-1", AT, "ETH", Side.BUY, D(0), "why")

    @pytest.mark.parametrize("weights", [{"A": D("-0.1")}, {"A": D("0.6"), "B": D("0.5")}])
    def test_weights_below_zero_or_above_one_together_are_refused(self, weights: dict[str, Decimal]) -> None:
        with pytest.raises(ValueError, match=r"long only|no leverage"):
            Decision(AT, "ETH", "ETH", weights, ())

    def test_weights_may_be_zero_and_may_add_up_to_one(self) -> None:
        decision = Decision(AT, "ALTS", "ALTS", {"A": D("0.4"), "B": D("0.6"), "C": D(0)}, ())
        assert (decision.trade, decision.reduce_only) == (Trade.NOW, False)

    def test_a_weight_that_is_a_float_is_a_decimal_of_the_same_digits(self) -> None:
        decision = Decision(AT, "ETH", "ETH", {"ETH": 0.1 + 0.2, "BTC": D("0.5")}, ())  # type: ignore[dict-item]
        assert decision.weights == {"ETH": D("0.3"), "BTC": D("0.5")}

    @pytest.mark.parametrize("weight", ["0.5", True, None])
    def test_a_weight_that_is_no_number_is_refused(self, weight: Any) -> None:
        with pytest.raises(TypeError, match=f"the weight of ETH must be a number, was {weight!r}"):
            Decision(AT, "ETH", "ETH", {"ETH": weight}, ())

    def test_decisions_with_other_readings_are_the_same_decision(self) -> None:
        one = Decision(AT, "ETH", "ETH", {}, (), readings={"close": 1})
        assert one == replace(one, readings={"close": 2})

    def test_a_decision_without_a_time_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            Decision(AT.replace(tzinfo=None), "ETH", "ETH", {}, ())

    @pytest.mark.parametrize("price", [0.0, -1.0, math.inf])
    @pytest.mark.parametrize("name", ["open", "high", "low", "close"])
    def test_a_bar_refuses_a_price_that_is_no_price(self, name: str, price: float) -> None:
        prices = {"open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0} | {name: price}
        with pytest.raises(DataError, match=f"{name} of A"):
            Bar("A", date(2024, 1, 1), **prices, volume=math.nan, known_at=AT)

    def test_a_bar_without_an_open_cannot_be_traded(self) -> None:
        bar = Bar("A", date(2024, 1, 1), math.nan, 1, 1, 1, math.nan, AT)
        assert bar.tradable is False
        assert Bar("A", date(2024, 1, 1), 1, math.nan, 1, 1, math.nan, AT).tradable is True
