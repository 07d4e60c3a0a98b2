"""The two engines on plans worked by hand: fills that fall short, coins that end, and what backtrader itself holds.

The costs of A and B are a fee of 0.001 and a slippage of 0.006; quantities are in steps of 0.0001.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.backtest.engines import backtrader_engine
from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.events import OrdersToRetry, Valuation
from bot.core.orders import Fill, OrderResult, OrderStatus, Settlement, SettlementCause
from bot.core.run_plan import RunPlan
from tests.plans import DAYS, events, flat, market, plan

D = Decimal


def run(made: RunPlan) -> Book:
    """The book of both engines, which must be the same."""
    exact, matched = run_exact(made), run_backtrader(made)
    assert matched.events == exact.events
    assert matched.portfolio == exact.portfolio
    return matched


def test_a_round_trip_costs_slippage_and_fee_on_both_sides() -> None:
    """50 at 10.06 and a fee of 0.503; sold two days later at 20 x 0.994 = 19.88: 994 less a fee of 0.994."""
    prices = {**flat(10.0), "2024-01-05": 20.0}
    book = run(plan(market(A=prices), [{"A": "0.5"}, {"A": "0.5"}, {}]))
    assert [(f.at.day, f.quantity, f.price, f.fee) for f in events(book, Fill)] == [
        (3, D(50), D("10.06"), D("0.503")),
        (5, D(50), D("19.88"), D("0.994")),
    ]
    assert book.portfolio.cash == D(1000) - D("503.503") + D("993.006")
    equity = {v.day.day: v.equity for v in book.events if isinstance(v, Valuation)}
    assert [equity[3], equity[4], equity[5], equity[20]] == [D("996.497"), D("996.497"), D("1489.503"), D("1489.503")]


def test_a_day_without_an_open_fills_nothing_and_the_next_day_does() -> None:
    opens = {"A": {"2024-01-03": float("nan")}}
    book = run(plan(market(opens, A=flat(10.0)), [{"A": "0.5"}]))
    results = [(r.at.day, r.status, r.full_reason) for r in events(book, OrderResult)]
    assert results == [
        (3, OrderStatus.UNFILLED, "adopted;held;no_bar"),
        (4, OrderStatus.FILLED, "held"),
    ]
    assert book.portfolio.cash == D("496.497")


def test_an_order_that_came_to_nothing_is_noted_to_be_tried_again() -> None:
    opens = {"A": {"2024-01-03": float("nan")}}
    book = run(plan(market(opens, A=flat(10.0)), [{"A": "0.5"}]))
    assert [(e.at.day, e.symbols) for e in events(book, OrdersToRetry)] == [(3, {"A"}), (4, frozenset())]


def test_a_smaller_weight_sells_the_difference() -> None:
    """Equity is 496.497 + 500 = 996.497, of which 0.25 are 24.912425 A: 25.087575 are sold, in whole steps."""
    book = run(plan(market(A=flat(10.0)), [{"A": "0.5"}, {"A": "0.25"}]))
    assert [(f.side.value, f.quantity) for f in events(book, Fill)] == [("buy", D(50)), ("sell", D("25.0875"))]
    assert book.portfolio.holdings == {"A": D("24.9125")}


def test_an_open_that_is_too_high_for_the_cash_fills_a_part() -> None:
    """An order for 1000 / (10 x 1.007) = 99.3048; the open is 20. 999.999 / (20.12 x 1.001) = 49.65208..."""
    opens = {"A": {"2024-01-03": 20.0}}
    book = run(plan(market(opens, A=flat(10.0)), [{"A": "1"}]))
    (filled,) = events(book, Fill)
    assert (filled.quantity, filled.price) == (D("49.6520"), D("20.12"))
    (result,) = events(book, OrderResult, 3)
    assert (result.quantity, result.status) == (D("99.3048"), OrderStatus.PARTIAL)
    assert result.full_reason == "adopted;held;cash_short"
    # 49.652 x 20.12 = 998.99824 and a fee of 0.99899824
    assert book.portfolio.cash == D("0.00276176")


def test_an_order_for_which_no_cash_is_left_is_unfilled() -> None:
    """A takes 33.1013 x 30.18 x 1.001 = 999.9962... of 1000; one step of B costs 0.1 and more."""
    opens = {"A": {"2024-01-03": 30.0}}
    book = run(plan(market(opens, A=flat(10.0), B=flat(1000.0)), [{"A": "0.5", "B": "0.5"}]))
    assert [(r.symbol, r.status) for r in events(book, OrderResult, 3)] == [
        ("A", OrderStatus.PARTIAL),
        ("B", OrderStatus.UNFILLED),
    ]


def test_slippage_is_multiplied_on_the_day_of_the_decision() -> None:
    """Twice 0.006 on the first day: 50 at 10 x 1.012 = 10.12. Once on the third: sold at 10 x 0.994 = 9.94."""
    made = plan(market(A=flat(10.0)), [{"A": "0.5"}, {"A": "0.5"}, {}])
    book = run(replace(made, slippage_multipliers=[D(2), *made.slippage_multipliers[1:]]))
    assert [f.price for f in events(book, Fill)] == [D("10.12"), D("9.94")]


def test_a_source_that_ends_is_sold_at_the_slippage_of_the_day_before() -> None:
    """The last row is of 2024-01-08, decision number 5, with three times 0.006: 10 x (1 - 0.018) = 9.82."""
    made = plan(market(A=flat(10.0, 8)), [{"A": "0.5"}], {"A": {"kind": "source ends"}})
    multipliers = [D(3) if i == 5 else D(1) for i in range(len(made.decisions))]
    (settled,) = events(run(replace(made, slippage_multipliers=multipliers)), Settlement)
    assert (settled.at.date(), settled.price, settled.fee) == (date(2024, 1, 9), D("9.82"), D("0.491"))


def test_coins_that_end_leave_both_engines_at_the_same_price() -> None:
    """A dies and pays 50 x 5 = 250; B's source ends: 50 at 10 x 0.994 = 9.94 are 497, less 0.497.

    Each purchase of 50 x 10.06 with its fee takes 503.503 of the 2000.
    """
    made = plan(
        market(A=flat(10.0, 8), B=flat(10.0, 8)),
        [{"A": "0.25", "B": "0.25"}],
        {"A": {"kind": "dead"}, "B": {"kind": "source ends"}},
    )
    book = run(replace(made, cash=D(2000)))
    assert [(s.symbol, s.at.date()) for s in events(book, Settlement)] == [
        ("A", date(2024, 1, 9)),
        ("B", date(2024, 1, 9)),
    ]
    assert book.portfolio.cash == D(2000) - 2 * D("503.503") + 250 + D("496.503")


def renamed() -> RunPlan:
    """50 A become 500 B on 2024-01-09, which are sold two days later."""
    after = dict(list(flat(1.0).items())[8:])
    weights = [{"A": "0.5"}] * 8 + [{}]
    return plan(market(A=flat(10.0, 8), B=after), weights, {"A": {"kind": "renamed", "to": "B", "ratio": "10"}})


def test_a_renamed_coin_is_sold_under_its_new_name() -> None:
    """500 at 1 x 0.994 = 0.994 are 497, less 0.497."""
    book = run(renamed())
    assert [(f.symbol, f.at.day, f.quantity) for f in events(book, Fill)] == [("A", 3, D(50)), ("B", 11, D(500))]
    assert book.portfolio.cash == D("496.497") + D("496.503")


def test_a_rename_may_leave_less_than_one_coin() -> None:
    """50 A become 0.5 B at 1000 each."""
    after = dict(list(flat(1000.0).items())[8:])
    ending = {"A": {"kind": "renamed", "to": "B", "ratio": "0.01"}}
    book = run(plan(market(A=flat(10.0, 8), B=after), [{"A": "0.5"}], ending))
    assert book.portfolio.holdings == {"B": D("0.5")}
    assert [v.equity for v in events(book, Valuation)][-1] == D("996.497")


def test_a_coin_renamed_into_a_dead_one_is_paid_out_the_day_after_with_one_warning() -> None:
    """B dies first: 50 x 5 = 250. On 2024-01-09 50 A become 50 B, which pay 250 more on the next day."""
    coins = market(A=flat(10.0, 8), B=flat(10.0, 5))
    book = run(replace(plan(coins, [{"A": "0.25", "B": "0.25"}], {"A": {"kind": "renamed", "to": "B"}}), cash=D(2000)))
    assert [(s.symbol, s.at.day, s.cause) for s in events(book, Settlement)] == [
        ("B", 6, SettlementCause.DEAD),
        ("A", 9, SettlementCause.RENAMED),
        ("B", 10, SettlementCause.DEAD),
    ]
    assert book.portfolio.cash == D(2000) - 2 * D("503.503") + 250 + 250
    assert book.warnings == ["B ends without an entry in `endings`: settled as dead"]


def test_a_plan_without_a_target_runs_to_its_end() -> None:
    book = run(plan(market(), [{}]))
    assert [v.day.day for v in book.events if isinstance(v, Valuation)] == list(range(3, DAYS + 1))
    assert book.portfolio.cash == D(1000)


class TestParting:
    """The run fails where backtrader's own account is not the book's."""

    def test_other_cash_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Cheaper(backtrader_engine._Fee):  # type: ignore[misc]
            params = (("percabs", False),)  # a fee of 0.001 is then read as 0.001 per cent

        monkeypatch.setattr(backtrader_engine, "_Fee", Cheaper)
        with pytest.raises(Exception, match="cash"):
            run_backtrader(plan(market(A=flat(10.0)), [{"A": "0.5"}]))

    def test_other_lots_are_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backtrader_engine._LotBroker, "_move", lambda *_: None)
        with pytest.raises(Exception, match="lots"):
            run_backtrader(renamed())
