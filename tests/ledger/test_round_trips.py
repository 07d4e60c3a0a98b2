"""Round trips, first in first out, worked by hand with fees, partial lots, renames and endings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.events import Event
from bot.core.orders import Fill, Settlement, SettlementCause, Side
from bot.ledger.projections import project
from bot.ledger.record import as_rows
from bot.ledger.round_trips import match_lots

D = Decimal
DAY = datetime(2024, 3, 1, tzinfo=UTC)


def traded(day: int, side: str, quantity: str, price: str, fee: str = "0", symbol: str = "A", why: str = "") -> Fill:
    at = DAY + timedelta(days=day)
    return Fill("r-1", at, symbol, Side(side), D(quantity), D(price), D(price), D(fee), why or f"{side} on {day}")


def settled(
    day: int,
    quantity: str,
    price: str,
    cause: SettlementCause,
    fee: str = "0",
    into: str | None = None,
    received: str = "0",
) -> Settlement:
    return Settlement(DAY + timedelta(days=day), "A", D(quantity), D(price), cause, D(fee), into, D(received))


def trips(*events: Event) -> list[dict[str, str]]:
    table: list[dict[str, str]] = project(as_rows(events))["trades"].to_dict("records")
    return table


def some(trip: dict[str, str], *names: str) -> tuple[str, ...]:
    return tuple(trip[name] for name in names)


def test_one_purchase_and_one_sale_make_one_trip() -> None:
    """10 at 100 and a fee of 1, sold at 110 for 1.10: 1100 - 1000 - 2.10 = 97.90, 9.79% of the 1000."""
    (trip,) = trips(traded(0, "buy", "10", "100", "1"), traded(3, "sell", "10", "110", "1.10"))
    assert trip == {
        "symbol": "A",
        "entry_at": "2024-03-01T00:00:00Z",
        "exit_at": "2024-03-04T00:00:00Z",
        "quantity": "10",
        "entry_price": "100",
        "exit_price": "110",
        "fees": "2.1",
        "pnl": "97.9",
        "return": "0.0979",
        "days": "3",
        "entry_reason": "buy on 0",
        "exit_reason": "sell on 3",
    }


def test_the_oldest_lot_goes_first_and_a_lot_may_be_split() -> None:
    """10 at 100 (fee 1) and 10 at 120 (fee 2); 15 are sold at 130 (fee 3), then 5 at 90 (fee 0.50).

    First: 10 x 30 = 300 less 1 and 10/15 of 3: 297.   Second: 5 x 10 = 50 less 5/10 of 2 and 5/15 of 3: 48.
    Third: 5 x -30 = -150 less 1 and 0.50: -151.50.
    """
    found = trips(
        traded(0, "buy", "10", "100", "1"),
        traded(1, "buy", "10", "120", "2"),
        traded(2, "sell", "15", "130", "3"),
        traded(4, "sell", "5", "90", "0.5"),
    )
    assert [some(t, "quantity", "entry_price", "exit_price", "fees", "pnl", "days") for t in found] == [
        ("10", "100", "130", "3", "297", "2"),
        ("5", "120", "130", "2", "48", "1"),
        ("5", "120", "90", "1.5", "-151.5", "3"),
    ]


def test_a_lot_that_is_still_held_is_no_trip() -> None:
    assert trips(traded(0, "buy", "10", "100")) == []
    (trip,) = trips(traded(0, "buy", "10", "100"), traded(1, "sell", "4", "100"))
    assert trip["quantity"] == "4"


def test_a_sale_beyond_the_lots_makes_a_trip_of_the_lots_alone() -> None:
    """6 of 10 sold have a lot; a tenth of the fee of 1 goes with each."""
    found = trips(traded(0, "buy", "6", "100"), traded(1, "sell", "10", "100", "1"), traded(2, "sell", "1", "100"))
    assert [some(t, "quantity", "fees") for t in found] == [("6", "0.6")]


def test_coins_are_matched_with_themselves() -> None:
    found = trips(
        traded(0, "buy", "1", "100"), traded(0, "buy", "1", "7", symbol="B"), traded(1, "sell", "1", "8", symbol="B")
    )
    assert [some(t, "symbol", "entry_price") for t in found] == [("B", "7")]


def test_a_death_is_an_exit_at_what_it_paid() -> None:
    """50 at 10.06 (fee 0.503) settled at 5: 250 - 503 - 0.503 = -253.503; -253.503 / 503 = -0.50398211."""
    (trip,) = trips(traded(0, "buy", "50", "10.06", "0.503"), settled(9, "50", "5", SettlementCause.DEAD))
    assert some(trip, "exit_price", "pnl", "return", "exit_reason") == ("5", "-253.503", "-0.50398211", "settled: dead")


def test_a_source_that_ends_is_an_exit_with_its_fee() -> None:
    (trip,) = trips(
        traded(0, "buy", "50", "10", "0.5"), settled(9, "50", "9.94", SettlementCause.SOURCE_ENDS, fee="0.497")
    )
    assert some(trip, "fees", "pnl", "exit_reason") == ("0.997", "-3.997", "settled: source ends")


def test_a_rename_is_no_exit_and_carries_lots_over_at_the_same_cost() -> None:
    """10 A at 100 become 1000 B at 1; sold at 1.5: a gain of 500, less both fees."""
    (trip,) = trips(
        traded(0, "buy", "10", "100", "1"),
        settled(5, "10", "100", SettlementCause.RENAMED, into="B", received="1000"),
        traded(9, "sell", "1000", "1.5", "1.5", symbol="B"),
    )
    assert some(trip, "symbol", "quantity", "entry_price", "pnl", "days") == ("B", "1000", "1", "497.5", "9")
    assert some(trip, "entry_at", "entry_reason") == ("2024-03-01T00:00:00Z", "buy on 0")


def test_a_fee_that_the_venue_keeps_of_the_coin_leaves_with_the_sale() -> None:
    """10 bought at 50, 0.1 kept (worth 5): 9.9 are held. 4 sold at 60, 0.05 kept (worth 3): 4.05 leave the lot.

    Their fees are 3 + 4.05 x 5 / 9.9 = 5.0454545..., and 4.05 x (60 - 50) less those is 35.4545454...
    """
    buy = Fill("r-1", DAY, "A", Side.BUY, D(10), D(50), D(50), D(5), "in", fee_in_kind=D("0.1"))
    out = DAY + timedelta(days=2)
    sale = Fill("r-2", out, "A", Side.SELL, D(4), D(60), D(60), D(3), "out", fee_in_kind=D("0.05"))
    (trip,) = trips(buy, sale)
    assert some(trip, "quantity", "fees", "pnl") == ("4.05", "5.04545455", "35.45454545")


def test_slippage_is_carried_over_by_a_rename_and_counts_on_both_sides() -> None:
    """10 A at 100 against 99 cost 10, or 0.01 for each of 1000 B; 500 B at 1.5 against 1.6 cost 0.1 each: 5 + 50.

    500 B stay: they cost 0.1 x 10 = 1 a piece and 0.5 of the fee of 1.
    """
    buy = Fill("r-1", DAY, "A", Side.BUY, D(10), D(100), D(99), D(1), "in")
    rename = settled(5, "10", "100", SettlementCause.RENAMED, into="B", received="1000")
    sale = Fill("r-2", DAY + timedelta(days=9), "B", Side.SELL, D(500), D("1.5"), D("1.6"), D(0), "out")
    closed, left = match_lots([buy, rename, sale])
    assert [(part.slippage, part.fees, part.cost, part.pnl) for part in closed] == [(55, D("0.5"), 500, D("249.5"))]
    assert [(lot.symbol, lot.quantity, lot.price, lot.fee_each) for lot in left] == [("B", 500, 1, D("0.001"))]


def test_a_rename_into_a_coin_that_is_held_puts_its_lots_behind() -> None:
    found = trips(
        traded(0, "buy", "10", "100", symbol="A"),
        traded(1, "buy", "10", "90", symbol="B"),
        settled(5, "10", "100", SettlementCause.RENAMED, into="B", received="10"),
        traded(9, "sell", "20", "100", symbol="B"),
    )
    assert sorted(some(t, "entry_price", "quantity") for t in found) == [("100", "10"), ("90", "10")]


def test_a_settlement_comes_before_the_orders_of_its_day() -> None:
    """On day 5 A dies and is bought anew: the death closes the old lot, not the new one."""
    (trip,) = trips(
        traded(0, "buy", "10", "100"),
        traded(5, "buy", "10", "1"),
        settled(5, "10", "50", SettlementCause.DEAD),
    )
    assert trip["entry_price"] == "100"


lots = st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 500), st.integers(0, 50)), min_size=1, max_size=6)


@given(lots, lots)
def test_gains_and_fees_add_up_to_the_cash_that_moved(
    buys: list[tuple[int, int, int]], sells: list[tuple[int, int, int]]
) -> None:
    """When everything bought is sold, the sum of pnl is cash out less cash in, to rounding."""
    events: list[Event] = [traded(i, "buy", str(q), str(p), str(f)) for i, (q, p, f) in enumerate(buys)]
    cash = -sum((D(q * p + f) for q, p, f in buys), D(0))
    left = sum(q for q, _, _ in buys)
    for i, (q, p, f) in enumerate(sells):
        quantity = left if i == len(sells) - 1 else min(q, left)
        if quantity:
            events.append(traded(10 + i, "sell", str(quantity), str(p), str(f)))
            cash += D(quantity * p - f)
            left -= quantity
    found = trips(*events)
    assert sum(D(t["pnl"]) for t in found) == pytest.approx(cash, abs=D("1e-6"))
    assert sum(D(t["quantity"]) for t in found) == sum(q for q, _, _ in buys)


def test_a_rename_at_an_odd_ratio_leaves_no_crumbs() -> None:
    """408 A in two lots become 136 B at 1 : 3, two lots of 68; sold in two halves they are two trips."""
    events = [
        traded(0, "buy", "204", "1"),
        traded(1, "buy", "204", "1"),
        settled(10, "408", "1", SettlementCause.RENAMED, into="B", received="136"),
        traded(11, "sell", "68", "3", symbol="B"),
        traded(12, "sell", "68", "3", symbol="B"),
    ]
    assert [trip["quantity"] for trip in trips(*events)] == ["68", "68"]
    _, left = match_lots(events)
    assert left == []


def test_the_last_lot_of_a_rename_gets_the_coins_that_are_left() -> None:
    """100 A in lots of 30, 30 and 40 become 10 B: 3, 3 and 10 - 3 - 3 = 4."""
    _, left = match_lots(
        [
            traded(0, "buy", "30", "1"),
            traded(1, "buy", "30", "1"),
            traded(2, "buy", "40", "1"),
            settled(10, "100", "1", SettlementCause.RENAMED, into="B", received="10"),
        ]
    )
    assert [(lot.symbol, lot.quantity) for lot in left] == [("B", 3), ("B", 3), ("B", 4)]


def test_a_rename_into_less_than_one_step_ends_the_lot_at_nothing() -> None:
    """10 at 100 become 0 of the new coin: all of the 1000 is lost, whatever the last close was."""
    (trip,) = trips(
        traded(0, "buy", "10", "100"),
        settled(5, "10", "90", SettlementCause.RENAMED, into="B", received="0"),
    )
    assert some(trip, "symbol", "exit_price", "pnl", "return") == ("A", "0", "-1000", "-1")
