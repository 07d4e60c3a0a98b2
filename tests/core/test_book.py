"""The book: taken up again from its events, forked, and asked for the closes and the quarantine that it knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.decision import Trade
from bot.core.events import OrdersToRetry, Valuation
from bot.core.moments import ONE_DAY
from bot.core.orders import Fill, OrderEnd, OrderIntent, OrderResult, OrderStatus
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.plans import with_decisions
from tests.plans import events, flat, market, plan

D = Decimal
NAN = float("nan")


def no_open_at_first() -> RunPlan:
    """Half of 1000 in A at 10, whose first day has no open: the order of 50 is tried again on 2024-01-04."""
    return plan(market({"A": {"2024-01-03": NAN}}, A=flat(10.0)), [{"A": "0.5"}])


def first_day(made: RunPlan) -> Book:
    """The book after its first decision, whose orders found no open."""
    book = Book(made)
    for order in book.decide(0):
        book.unfilled(order, OrderEnd.NO_BAR)
    return book


def wanted(orders: tuple[OrderIntent, ...]) -> list[tuple[str, Decimal]]:
    return [(order.symbol, order.quantity) for order in orders]


def test_a_decision_stands_in_front_of_its_orders() -> None:
    book = Book(plan(market(A=flat(10.0)), [{"A": "0.5"}]))
    (order,) = book.decide(0)
    assert book.events == [book.plan.decisions[0], order]


def test_a_book_that_takes_up_its_events_tries_an_unfinished_order_again() -> None:
    made = no_open_at_first()
    events_of_the_first_day = first_day(made).events
    again = Book(made)
    again.recall(events_of_the_first_day)
    assert again.events == []
    assert wanted(again.decide(1)) == [("A", D(50))]
    assert Book(made).decide(1) == ()  # nothing was unfinished here


def test_a_book_that_takes_up_a_whole_run_holds_what_the_run_held() -> None:
    """50 A become 500 B on 2024-01-09; the cash is 1000 - 503.503."""
    after = dict(list(flat(1.0).items())[8:])
    ending = {"A": {"kind": "renamed", "to": "B", "ratio": "10"}}
    made = plan(market(A=flat(10.0, 8), B=after), [{"A": "0.5"}], ending)
    again = Book(made)
    again.recall(run_exact(made).events)
    assert (again.portfolio.cash, again.portfolio.holdings) == (D("496.497"), {"B": D(500)})
    half = replace(made.decisions[-1], weights={"A": D("0.25")}, trade=Trade.NOW)
    again.plan = replace(made, decisions=[*made.decisions[:-1], half])
    # The target of A is one of B now: 0.25 x 996.497 / 1 = 249.12425, and 250.87575 are too many.
    assert wanted(again.decide(len(made.decisions) - 1)) == [("B", D("250.8757"))]


def test_an_unfinished_order_is_tried_again_under_the_new_name_of_its_coin() -> None:
    """The purchase of the 8th fails for want of an open. On the 9th A becomes B, which has a quote on the 10th."""
    after = dict(list(flat(1.0).items())[8:])
    ending = {"A": {"kind": "renamed", "to": "B", "ratio": "10"}}
    weights = [{"A": "0.2"}] * 5 + [{"A": "0.5"}]
    book = run_exact(plan(market({"A": {"2024-01-08": NAN}}, A=flat(10.0, 8), B=after), weights, ending))
    bought = [(fill.at.day, fill.symbol) for fill in events(book, Fill)]
    assert bought == [(3, "A"), (10, "B")]
    assert [(e.at.day, e.symbols) for e in events(book, OrdersToRetry)] == [
        (8, frozenset({"A"})),
        (9, frozenset({"B"})),
        (10, frozenset()),
    ]


def test_events_of_a_renamed_coin_are_taken_up_by_a_plan_without_the_coin() -> None:
    """A became ten B on the 7th; the plan from the 13th on knows B alone, which has no row yet."""
    old, new = dict(list(flat(100.0).items())[:6]), dict(list(flat(10.0).items())[15:])
    whole = plan(market(A=old, B=new), [{"A": "0.5"}], endings={"A": {"kind": "renamed", "to": "B", "ratio": "10"}})
    shorter = market(B=new)
    later = plan(shorter, [{"B": "0.5"}])
    own = replace(later, decisions=later.decisions[10:], slippage_multipliers=later.slippage_multipliers[10:])
    begun = replace(whole, decisions=whole.decisions[:10], slippage_multipliers=whole.slippage_multipliers[:10])
    past, found = run_exact(begun), run_exact(own, run_exact(begun).events)
    valued = [event for event in found.events if isinstance(event, Valuation)]
    # 5 A at 100 became 50 B, each worth 10 before its first row and after it.
    assert past.portfolio.holdings == {"B": D(50)}
    assert [(one.holdings, one.marks) for one in valued[:2]] == [({"B": D(50)}, {"B": D(10)})] * 2


def test_a_book_that_waits_goes_on_waiting_until_a_decision_has_no_weights() -> None:
    made = replace(plan(market(A=flat(10.0)), [{"A": "0.5"}, {}, {"A": "0.4"}]), adopt=False)
    for days, expected in ((1, []), (2, [("A", D(40))])):
        again = Book(made)
        again.recall(made.decisions[:days])
        assert wanted(again.decide(2)) == expected


def test_a_book_that_waits_takes_an_entry_on_its_first_day() -> None:
    made = market(A=flat(10.0))
    held = plan(made, [{}, {"A": "0.5"}])
    window = Window(held.decisions[1].at.date(), held.decisions[-1].at.date())
    waiting = replace(held, adopt=False)
    entry = Book(with_decisions(waiting, window, held.decisions, ()))
    assert wanted(entry.decide(0)) == [("A", D(50))]
    assert entry.decide(1) == ()
    # A day later the strategy is inside the trade: the book waits for the next one.
    later = replace(window, start=window.start + ONE_DAY)
    assert Book(with_decisions(waiting, later, held.decisions, ())).decide(0) == ()
    first_ever = Book(with_decisions(waiting, window, held.decisions[1:], ()))
    assert wanted(first_ever.decide(0)) == [("A", D(50))]


def test_a_fork_goes_its_own_way_from_the_same_state() -> None:
    book = first_day(no_open_at_first())
    one, other = book.fork(), book.fork()
    assert (one.events, one.portfolio) == ([], book.portfolio)
    (order,) = one.decide(1)
    one.filled(order, D(50), D("10.06"), 10.0)
    assert one.portfolio.holdings == {"A": D(50)}
    assert other.portfolio.holdings == book.portfolio.holdings == {}
    assert wanted(other.decide(1)) == [("A", D(50))]


def test_a_fork_knows_new_names_and_what_a_successor_is_worth() -> None:
    """A at 10 became B at 10 / 4 = 2.5 on 2024-01-09; B has its first row on 01-12."""
    after = dict(list(flat(5.0).items())[11:])
    ending = {"A": {"kind": "renamed", "to": "B", "ratio": "4"}}
    made = plan(market(A=flat(10.0, 8), B=after), [{"A": "0.5"}], ending)
    book = Book(made)
    book.recall([event for event in run_exact(made).events if not isinstance(event, Valuation)])
    valued = book.fork().value(6)
    assert (valued.day, valued.marks, valued.stale) == (date(2024, 1, 9), {"B": D("2.5")}, ("B",))
    assert book.fork().value(9).marks == {"B": D(5)}


def test_a_valuation_is_returned_and_recorded() -> None:
    book = Book(plan(market(A=flat(10.0)), [{"A": "0.5"}]))
    empty = book.value(0)
    assert (empty.equity, empty.holdings, book.events) == (D(1000), {}, [empty])
    (order,) = book.decide(0)
    book.filled(order, D(50), D("10.06"), 10.0)
    held = book.value(1)
    assert held is book.events[-1]
    assert (held.equity, held.cash, held.marks) == (D("996.497"), D("496.497"), {"A": D(10)})


def test_the_close_before_a_day_is_the_newest_of_the_days_before() -> None:
    prices = {**flat(10.0), "2024-01-04": 11.5, "2024-01-05": 12.5}
    del prices["2024-01-06"]
    book = Book(plan(market(A=prices), [{"A": "0.5"}]))
    found = {day: book.close_before("A", date(2024, 1, day)) for day in (4, 5, 6, 7)}
    assert found == {4: D(10), 5: D("11.5"), 6: D("12.5"), 7: D("12.5")}


def test_a_coin_is_bought_until_its_quarantine_begins() -> None:
    """From 2024-01-05 00:00 on, A is in quarantine: the larger weight of that day is skipped, that of the 4th not."""
    for day, skipped in ((5, True), (6, False)):
        made = plan(market(A=flat(10.0)), [{"A": "0.3"}, {"A": "0.3"}, {"A": "0.5"}])
        made = replace(made, market=replace(made.market, quarantined={"A": np.datetime64(f"2024-01-0{day}", "s")}))
        ends = [(r.at.day, r.status) for r in events(run_exact(made), OrderResult)]
        assert ends == [(3, OrderStatus.FILLED), (5, OrderStatus.SKIPPED if skipped else OrderStatus.FILLED)]


def test_a_retry_is_noted_once_and_ends_when_nothing_is_targeted_or_held() -> None:
    made = plan(market({"A": {"2024-01-03": NAN}}, A=flat(10.0)), [{"A": "0.5"}, {}])
    retries = [(e.at.day, e.symbols) for e in events(run_exact(made), OrdersToRetry)]
    assert retries == [(3, {"A"}), (4, frozenset())]
