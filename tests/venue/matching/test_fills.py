"""Fills, commissions and locked balances, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.venue.matching.book_shape import FlatBook
from bot.venue.matching.commission import CommissionMode
from bot.venue.matching.exchange import KEY, AccountTerms
from bot.venue.matching.order import TimeInForce, VenueOrderStatus
from bot.venue.matching.refusal import Refusal
from tests.venue.world import PAIR, D, KnownBook, at, exchange, limit, maker, market, move, owned

NOTHING = D(0)


def test_a_market_order_walks_the_book_and_pays_its_commission_in_what_it_receives() -> None:
    venue = exchange()
    order = venue.place(KEY, market(Side.BUY, "3"))
    assert [(trade.price, trade.quantity, trade.commission) for trade in order.trades] == [
        (D("100.10"), D(2), D("0.002")),
        (D("100.20"), D(1), D("0.001")),
    ]
    assert {trade.commission_asset for trade in order.trades} == {"ETH"}
    assert (order.status, order.spent) == (VenueOrderStatus.FILLED, D("300.40"))
    assert owned(venue) == {"USDT": (D("9699.60"), NOTHING), "ETH": (D("2.997"), NOTHING)}


def test_a_sale_pays_its_commission_out_of_its_proceeds() -> None:
    venue = exchange()
    venue.place(KEY, market(Side.BUY, "3"))
    order = venue.place(KEY, market(Side.SELL, "2.5"))
    assert order.spent == D("249.70")
    assert sum(trade.commission for trade in order.trades) == D("0.24970")
    assert owned(venue) == {"USDT": (D("9949.0503"), NOTHING), "ETH": (D("0.497"), NOTHING)}


def test_a_purchase_can_pay_its_commission_in_the_quote_asset_as_backtests_do() -> None:
    venue = exchange(terms=AccountTerms(commission=CommissionMode.QUOTE))
    order = venue.place(KEY, market(Side.BUY, "3"))
    assert [trade.commission for trade in order.trades] == [D("0.2002"), D("0.1002")]
    assert owned(venue) == {"USDT": (D("9699.2996"), NOTHING), "ETH": (D(3), NOTHING)}


def test_an_order_by_quote_amount_buys_whole_steps_of_it() -> None:
    venue = exchange()
    request = replace(market(Side.BUY, "1"), quantity=None, quote_quantity=D(250))
    order = venue.place(KEY, request)
    # 2 at 100.10 leave 49.80, which is 0.497 at 100.20.
    assert (order.status, order.quantity, order.spent) == (VenueOrderStatus.FILLED, D("2.497"), D("249.9994"))


def test_a_market_order_larger_than_the_book_fills_in_part_and_expires() -> None:
    venue = exchange()
    order = venue.place(KEY, market(Side.BUY, "6"))
    assert (order.status, order.executed, order.spent) == (VenueOrderStatus.EXPIRED, D(5), D("500.80"))
    assert owned(venue)["USDT"] == (D("9499.20"), NOTHING)


def test_what_was_taken_is_gone_until_the_next_minute() -> None:
    venue = exchange()
    venue.place(KEY, market(Side.BUY, "4"))
    assert [(level.price, level.quantity) for level in venue.market.available_levels(PAIR, Side.BUY)] == [
        (D("100.20"), D(1))
    ]
    move(venue, at(1, 0, 1))
    assert sum(level.quantity for level in venue.market.available_levels(PAIR, Side.BUY)) == 5


def test_a_limit_order_takes_what_it_may_and_rests_with_the_remainder_locked() -> None:
    venue = exchange()
    order = venue.place(KEY, limit(Side.BUY, "3", "100.10"))
    assert (order.status, order.executed) == (VenueOrderStatus.PARTIALLY_FILLED, D(2))
    assert owned(venue) == {"USDT": (D("9699.70"), D("100.10")), "ETH": (D("1.998"), NOTHING)}
    venue.cancel(KEY, PAIR, order.id, None)
    assert order.status is VenueOrderStatus.CANCELED
    assert owned(venue)["USDT"] == (D("9799.80"), NOTHING)


@pytest.mark.parametrize(
    ("in_force", "quantity", "status", "executed"),
    [
        (TimeInForce.IOC, "3", VenueOrderStatus.EXPIRED, "2"),
        (TimeInForce.FOK, "3", VenueOrderStatus.EXPIRED, "0"),
        (TimeInForce.FOK, "2", VenueOrderStatus.FILLED, "2"),
        (TimeInForce.IOC, "1", VenueOrderStatus.FILLED, "1"),
    ],
)
def test_an_order_that_may_not_rest_expires(
    in_force: TimeInForce, quantity: str, status: VenueOrderStatus, executed: str
) -> None:
    venue = exchange()
    order = venue.place(KEY, limit(Side.BUY, quantity, "100.10", in_force=in_force))
    assert (order.status, order.executed) == (status, D(executed))
    assert owned(venue)["USDT"] == (10_000 - D("100.10") * D(executed), NOTHING)


def test_a_maker_order_is_refused_where_it_would_take_and_rests_where_it_would_not() -> None:
    venue = exchange()
    with pytest.raises(Refusal, match="-2010 Order would immediately match and take"):
        venue.place(KEY, maker(Side.BUY, "1", "100.10"))
    assert venue.place(KEY, maker(Side.BUY, "1", "99")).status is VenueOrderStatus.NEW


def test_a_resting_sale_locks_coins() -> None:
    venue = exchange()
    venue.place(KEY, market(Side.BUY, "2"))
    venue.place(KEY, limit(Side.SELL, "1.5", "110"))
    assert owned(venue)["ETH"] == (D("0.498"), D("1.5"))


def test_a_resting_order_is_filled_at_its_limit_when_the_days_path_meets_it() -> None:
    venue = exchange()
    order = venue.place(KEY, limit(Side.BUY, "1", "95"))
    move(venue, at(1, 3, 59))
    assert (venue.account(KEY).open, order.status) == ({order.id: order}, VenueOrderStatus.NEW)
    move(venue, at(1, 4))  # half of the way from 100 at 00:00 to 90 at 08:00
    assert venue.account(KEY).open == {}
    (trade,) = order.trades
    assert (trade.at, trade.price, trade.is_maker) == (at(1, 4), D(95), True)
    assert owned(venue) == {"USDT": (D(9905), NOTHING), "ETH": (D("0.999"), NOTHING)}


def test_a_resting_sale_is_met_on_the_way_up() -> None:
    venue = exchange()
    venue.place(KEY, market(Side.BUY, "1.01"))
    order = venue.place(KEY, limit(Side.SELL, "1", "105"))
    move(venue, at(3))
    venue.catch_up()
    (trade,) = order.trades
    assert trade.at == at(1, 12)  # from 90 at 08:00 to 120 at 16:00
    assert trade.commission == D("0.105")


def test_resting_orders_are_met_in_part_where_a_day_has_too_little_volume() -> None:
    venue = exchange(KnownBook(bound=D(2)))
    order = venue.place(KEY, limit(Side.BUY, "5", "95"))
    move(venue, at(5, 23))
    venue.catch_up()
    assert [(trade.at.day, trade.quantity) for trade in order.trades] == [(1, D(2)), (2, D(2)), (4, D(1))]
    assert order.status is VenueOrderStatus.FILLED


def test_a_resting_order_waits_while_its_pair_is_halted() -> None:
    venue = exchange()
    order = venue.place(KEY, limit(Side.BUY, "1", "95"))
    venue.halt(PAIR)
    move(venue, at(1, 8))
    assert venue.account(KEY).open
    venue.halt(PAIR, False)
    move(venue, at(1, 8, 1))
    venue.catch_up()
    assert order.trades[0].at == at(1, 8)


def test_an_order_that_was_met_before_a_halt_is_filled() -> None:
    venue = exchange()
    order = venue.place(KEY, limit(Side.BUY, "1", "95"))
    move(venue, at(1, 8))
    venue.halt(PAIR)
    assert venue.account(KEY).open == {}
    assert order.trades[0].at == at(1, 4)


def test_a_flat_book_fills_any_size_at_the_open_made_worse_by_the_slippage_all_day_long() -> None:
    venue = exchange(FlatBook({at(2).date(): Decimal(2)}), AccountTerms(cash=D(10**9), commission=CommissionMode.QUOTE))
    move(venue, at(1, 13))
    bought = venue.place(KEY, market(Side.BUY, "1000000"))
    assert [(trade.price, trade.quantity) for trade in bought.trades] == [(D("101.00"), D(1_000_000))]
    assert venue.place(KEY, market(Side.SELL, "1")).trades[0].price == D("99.00")
    move(venue, at(2))  # open 110, twice the slippage
    assert venue.place(KEY, market(Side.SELL, "1")).trades[0].price == D("107.80")


def test_a_wipe_takes_everything_back_and_counts_from_one() -> None:
    venue = exchange()
    venue.place(KEY, market(Side.BUY, "3"))
    venue.place(KEY, limit(Side.BUY, "1", "95"))
    venue.wipe()
    assert owned(venue) == {"USDT": (D(10_000), NOTHING)}
    assert venue.account(KEY).orders == {}
    order = venue.place(KEY, market(Side.BUY, "1"))
    assert (order.id, order.trades[0].id) == (1, 1)
