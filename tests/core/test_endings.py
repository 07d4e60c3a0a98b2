"""What becomes of a holding whose coin ends: 1,000 USDT buy 50 A at 10, worked by hand.

The purchase: 0.5 x 1000 / 10 = 50 at 10 x 1.006 = 10.06 is 503, and a fee of 0.503; cash 496.497.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.backtest.engines.backtrader_engine import run_backtrader
from bot.backtest.engines.exact import run_exact
from bot.core.book import Book
from bot.core.corporate_actions import (
    CorporateAction,
    CorporateActionKind,
    scheduled_settlements,
    without_old_names,
)
from bot.core.decision import Decision, Trade
from bot.core.events import Valuation
from bot.core.market import Market
from bot.core.moments import utc
from bot.core.orders import Fill, OrderResult, OrderStatus, Settlement, SettlementCause
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.plans import run_plan
from tests.markets import closes_on_days, closes_on_sessions, config_with, market_of

D = Decimal
AFTER_PURCHASE = D("496.497")
DAYS = 40
LAST_ROW = 10  # of A: 2024-01-11


def market(**coins: Mapping[str, float]) -> Market:
    days = closes_on_days("2024-01-01", [100.0] * DAYS)
    rut = closes_on_sessions("2024-01-02", [100.0] * 27)
    return market_of({"RUT": rut, "ETH": days, "BTC": days, **coins})


def prices(first: int, last: int, price: float) -> dict[str, float]:
    """A constant price on days number `first` to `last`, 2024-01-01 being 0."""
    whole = closes_on_days("2024-01-01", [price] * DAYS)
    return dict(list(whole.items())[first : last + 1])


def plan(made: Market, ending: Mapping[str, Any] | None = None, **changes: Any) -> RunPlan:
    """Half of equity in A from the second day on; nothing is traded after that."""
    symbols = {"symbols": {"A": "crypto", "B": "crypto"}}
    config = config_with({"start_equity": "1000", "endings": {"A": ending} if ending else {}, **symbols, **changes})
    times = made.decision_times
    decisions = [Decision(utc(at), "ALTS", "ALTS", {"A": D("0.5")}, ("held",), Trade.HOLD) for at in times[:-1]]
    window = Window(decisions[0].at.date(), decisions[-1].at.date())
    return replace(
        run_plan(config, made, window, "key"), decisions=decisions, slippage_multipliers=[D(1)] * len(decisions)
    )


def events(book: Book, kind: type[Any]) -> list[Any]:
    return [event for event in book.events if isinstance(event, kind)]


def on(book: Book, day: date) -> Valuation:
    return next(valued for valued in events(book, Valuation) if valued.day == day)


def test_a_dead_coin_is_paid_out_at_half_of_its_last_close_the_day_after() -> None:
    book = run_exact(plan(market(A=prices(0, LAST_ROW, 10.0)), {"kind": "dead"}))
    (settled,) = events(book, Settlement)
    assert (settled.at.date(), settled.cause) == (date(2024, 1, 12), SettlementCause.DEAD)
    assert (settled.quantity, settled.price, settled.fee) == (D(50), D(5), D(0))
    assert book.portfolio.cash == AFTER_PURCHASE + 250
    assert on(book, date(2024, 1, 11)).equity == AFTER_PURCHASE + 500
    assert not book.warnings


def test_what_a_dead_coin_pays_is_in_the_config() -> None:
    book = run_exact(plan(market(A=prices(0, LAST_ROW, 10.0)), {"kind": "dead"}, recovery=0.1))
    assert book.portfolio.cash == AFTER_PURCHASE + 50


def test_a_source_that_ends_is_paid_out_at_its_last_close_less_the_costs_of_a_sale() -> None:
    """50 at 10 x 0.994 = 9.94 are 497, less a fee of 0.497."""
    book = run_exact(plan(market(A=prices(0, LAST_ROW, 10.0)), {"kind": "source ends"}))
    (settled,) = events(book, Settlement)
    assert (settled.price, settled.fee) == (D("9.94"), D("0.497"))
    assert book.portfolio.cash == AFTER_PURCHASE + D("496.503")


def test_a_renamed_coin_goes_on_under_its_new_name_and_loses_nothing() -> None:
    made = market(A=prices(0, LAST_ROW, 10.0), B=prices(LAST_ROW + 1, DAYS - 1, 0.01))
    book = run_exact(plan(made, {"kind": "renamed", "to": "B", "ratio": "1000"}))
    (settled,) = events(book, Settlement)
    assert (settled.into, settled.received) == ("B", D(50_000))
    assert book.portfolio.holdings == {"B": D(50_000)}
    assert book.portfolio.cash == AFTER_PURCHASE
    assert {valued.equity for valued in events(book, Valuation)} == {AFTER_PURCHASE + 500}


def test_a_renamed_coin_is_valued_at_its_last_close_until_the_new_one_has_rows() -> None:
    made = market(A=prices(0, LAST_ROW, 10.0), B=prices(LAST_ROW + 5, DAYS - 1, 0.02))
    book = run_exact(plan(made, {"kind": "renamed", "to": "B", "ratio": "1000"}))
    waiting, there = on(book, date(2024, 1, 13)), on(book, date(2024, 1, 16))
    assert (waiting.equity, waiting.stale) == (AFTER_PURCHASE + 500, ("B",))
    assert (there.equity, there.stale) == (AFTER_PURCHASE + 1000, ())


def test_a_rename_into_a_coin_without_rows_is_settled_at_the_last_close_with_a_warning() -> None:
    book = run_exact(plan(market(A=prices(0, LAST_ROW, 10.0)), {"kind": "renamed", "to": "B"}))
    assert events(book, Settlement)[0].cause is SettlementCause.SOURCE_ENDS
    assert any("B" in warning for warning in book.warnings)


def test_a_halted_coin_is_held_at_its_last_close_and_marked_stale() -> None:
    made = market(A={**prices(0, LAST_ROW, 10.0), **prices(30, DAYS - 1, 4.0)})
    book = run_exact(plan(made, {"kind": "halted"}))
    assert events(book, Settlement) == []
    during, back = on(book, date(2024, 1, 20)), on(book, date(2024, 1, 31))
    assert (during.equity, during.stale) == (AFTER_PURCHASE + 500, ("A",))
    assert (back.equity, back.stale) == (AFTER_PURCHASE + 200, ())


def test_a_halted_coin_gets_no_orders_until_rows_come_again() -> None:
    made = market(A={**prices(0, LAST_ROW, 10.0), **prices(30, DAYS - 1, 4.0)})
    halted = plan(made, {"kind": "halted"})
    leaving = [
        replace(decision, weights={}, trade=Trade.NOW if i == 18 else Trade.HOLD) if i >= 18 else decision
        for i, decision in enumerate(halted.decisions)  # the first is of 2024-01-03: 18 is 2024-01-21
    ]
    book = run_exact(replace(halted, decisions=leaving))
    _, sale = events(book, Fill)
    assert sale.at.date() == date(2024, 2, 1)  # its first new row is that of 2024-01-31
    skipped = [result for result in events(book, OrderResult) if result.status is OrderStatus.SKIPPED]
    assert [result.full_reason for result in skipped] == ["held;no_price_today"]
    assert not book.portfolio.holdings


def test_an_end_without_an_entry_is_settled_as_dead_with_a_warning() -> None:
    book = run_exact(plan(market(A=prices(0, LAST_ROW, 10.0))))
    assert events(book, Settlement)[0].cause is SettlementCause.DEAD
    assert book.warnings == ["A ends without an entry in `endings`: settled as dead"]


@pytest.mark.parametrize(("days_before_the_end", "settled"), [(14, 0), (15, 1)])
def test_an_end_within_14_days_of_the_runs_end_is_valued_and_marked_stale(
    days_before_the_end: int, settled: int
) -> None:
    last = DAYS - 1 - days_before_the_end  # the run ends on 2024-02-09, day 39
    book = run_exact(plan(market(A=prices(0, last, 10.0))))
    assert len(events(book, Settlement)) == settled
    final = events(book, Valuation)[-1]
    assert final.day == date(2024, 2, 9)
    assert final.stale == (("A",) if not settled else ())


def test_an_entry_counts_only_where_the_series_ends_on_its_last_day_or_before() -> None:
    """A goes on for a week after the date in the table, to within 14 days of the run's end: valued, not settled."""
    last = DAYS - 1 - 5
    ending = {"kind": "source ends", "last": "2024-01-11"}
    book = run_exact(plan(market(A=prices(0, last, 10.0)), ending))
    assert events(book, Settlement) == []


@pytest.mark.parametrize(("date_in_the_table", "cause"), [("2024-01-04", "source ends"), ("2024-01-03", "dead")])
def test_an_entry_counts_up_to_14_days_before_the_last_row(date_in_the_table: str, cause: str) -> None:
    """The last row is of 2024-01-18, 14 days after 2024-01-04: a day earlier the entry does not fit the rows."""
    ending = {"kind": "source ends", "last": date_in_the_table}
    book = run_exact(plan(market(A=prices(0, LAST_ROW + 7, 10.0)), ending))
    assert [settled.cause for settled in events(book, Settlement)] == [SettlementCause(cause)]


def test_an_entry_that_does_not_fit_is_named_with_its_reason() -> None:
    """The rows go on 15 days after the date of the first entry, and begin after that of the second."""
    for last, reason in (
        ("2024-01-03", "its rows go on to 2024-01-18"),
        ("2023-12-30", "its rows begin on 2024-01-01"),
    ):
        made = plan(market(A=prices(0, LAST_ROW + 7, 10.0)), {"kind": "dead", "last": last})
        unused = f"the entry of A in `endings` (dead, last {last}) is not used: {reason}"
        assert made.unused_endings == {"A": unused}
        assert run_exact(made).warnings == [f"{unused}; A is settled as dead"]


def test_rows_that_end_long_before_the_date_of_an_entry_are_settled_with_a_warning() -> None:
    book = run_exact(plan(market(A=prices(0, LAST_ROW, 10.0)), {"kind": "source ends", "last": "2024-01-26"}))
    assert [settled.at.date() for settled in events(book, Settlement)] == [date(2024, 1, 12)]
    assert book.warnings == ["A ends on 2024-01-11, before the 2024-01-26 of its entry in `endings`: settled then"]


class TestOldNameGoesOn:
    """A became B on 2024-01-11, and its vendor went on with A at 30: rows after the date have no effect."""

    ENTRY: Mapping[str, Any] = {"kind": "renamed", "to": "B", "last": "2024-01-11"}

    def made(self) -> Market:
        after = prices(LAST_ROW + 1, DAYS - 1, 30.0)
        return market(A={**prices(0, LAST_ROW, 10.0), **after}, B=prices(LAST_ROW + 2, DAYS - 1, 10.0))

    def test_the_holding_is_exchanged_at_the_close_of_the_date(self) -> None:
        book = run_exact(plan(self.made(), self.ENTRY))
        (settled,) = events(book, Settlement)
        assert (settled.at.date(), settled.cause, settled.price) == (date(2024, 1, 12), SettlementCause.RENAMED, D(10))
        assert {valued.equity for valued in events(book, Valuation)} == {AFTER_PURCHASE + 500}
        assert not book.warnings

    def test_the_rows_after_the_date_leave_the_market_with_a_note(self) -> None:
        table = {"A": CorporateAction(CorporateActionKind.RENAMED, "B", last=date(2024, 1, 11))}
        cut = without_old_names(self.made(), table)
        assert (len(cut["A"]), cut["A"].dates[-1].item()) == (LAST_ROW + 1, date(2024, 1, 11))
        assert cut.notes == ("A: rows after 2024-01-11, when it became B, are ignored",)

    def test_without_rows_of_the_new_name_the_old_one_goes_on(self) -> None:
        made = market(A=prices(0, DAYS - 1, 10.0))
        going_on = plan(made, self.ENTRY)
        assert run_exact(going_on).portfolio.holdings == {"A": D(50)}
        assert "and B has none" in going_on.unused_endings["A"]


@pytest.mark.parametrize(("ratio", "fitting"), [("1", "24,000"), ("0.0001", "24,000"), ("1000", "24,000")])
def test_an_exchange_that_the_prices_contradict_is_a_sale_at_the_last_close(ratio: str, fitting: str) -> None:
    """A ends at 12 and B begins at 0.0005: 24,000 to 1. The holding of 41.6667 A is sold, not turned into dust."""
    made = market(A=prices(0, LAST_ROW, 12.0), B=prices(LAST_ROW + 1, DAYS - 1, 0.0005))
    book = run_exact(plan(made, {"kind": "renamed", "to": "B", "ratio": ratio}))
    assert [settled.cause for settled in events(book, Settlement)] == [SettlementCause.SOURCE_ENDS]
    assert book.warnings == [
        f"A became B on 2024-01-11 with a ratio of {ratio} in `endings`, but its last close is 12 and the first of B "
        f"0.0005: a ratio of about {fitting} would fit: settled at its last close"
    ]


def test_a_fitting_ratio_is_believed_up_to_the_move_of_a_day() -> None:
    """From 12 to 24,000 x 0.00135 = 32.4 is a factor of 2.7; to 24,000 x 0.0014 = 33.6 it is 2.8."""
    for price, cause in ((0.00135, SettlementCause.RENAMED), (0.0014, SettlementCause.SOURCE_ENDS)):
        made = market(A=prices(0, LAST_ROW, 12.0), B=prices(LAST_ROW + 1, DAYS - 1, price))
        book = run_exact(plan(made, {"kind": "renamed", "to": "B", "ratio": "24000"}))
        assert [settled.cause for settled in events(book, Settlement)] == [cause]


def test_an_index_or_a_fund_is_never_settled() -> None:
    """RUT's rows end on 2024-02-08, months before the run does."""
    made = market(A=prices(0, DAYS - 1, 10.0))
    (day,) = scheduled_settlements(made, {}, date(2024, 6, 1)).values()
    assert [settling.symbol for settling in day] == ["A", "BTC", "ETH"]


def test_a_rename_is_one_for_one_where_the_table_names_no_ratio() -> None:
    made = market(A=prices(0, LAST_ROW, 10.0), B=prices(LAST_ROW + 1, DAYS - 1, 10.0))
    table = {"A": CorporateAction(CorporateActionKind.RENAMED, "B")}
    ((settling,),) = scheduled_settlements(made, table, date(2024, 2, 9)).values()
    assert (settling.into, settling.ratio) == ("B", 1)


def test_a_coin_whose_last_row_is_of_the_last_day_has_not_ended() -> None:
    made, table = market(A=prices(0, LAST_ROW, 10.0)), {"A": CorporateAction(CorporateActionKind.DEAD)}
    assert scheduled_settlements(made, table, date(2024, 1, 11)) == {}
    assert list(scheduled_settlements(made, table, date(2024, 1, 12))) == [date(2024, 1, 12)]


def test_a_purchase_of_the_last_day_is_settled_at_the_next_midnight() -> None:
    """The purchase of 2024-01-11 is filled at that day's open, and the coin's death is settled at the next midnight."""
    late = plan(market(A=prices(0, LAST_ROW, 10.0)), {"kind": "dead"})
    decisions = [
        replace(d, trade=Trade.NOW) if d.at.date() == date(2024, 1, 11) else replace(d, weights={})
        for d in late.decisions
    ]
    book = run_exact(replace(late, decisions=decisions))
    assert [fill.at.date() for fill in events(book, Fill)] == [date(2024, 1, 11)]
    assert [settled.at.date() for settled in events(book, Settlement)] == [date(2024, 1, 12)]
    assert book.portfolio.cash == AFTER_PURCHASE + 250


def test_a_coin_that_is_not_held_is_not_settled() -> None:
    idle = plan(market(A=prices(0, LAST_ROW, 10.0)), {"kind": "dead"})
    idle = replace(idle, decisions=[replace(decision, weights={}) for decision in idle.decisions])
    book = run_exact(idle)
    assert events(book, Settlement) == []
    assert book.portfolio.cash == 1000


def test_what_is_settled_is_gone_before_the_days_orders_are_sized() -> None:
    made = market(A=prices(0, LAST_ROW, 10.0), C=prices(0, DAYS - 1, 1.0))
    dying = plan(made, {"kind": "dead"})
    i = next(i for i, d in enumerate(dying.decisions) if d.at.date() == date(2024, 1, 12))
    decisions = list(dying.decisions)
    decisions[i] = replace(decisions[i], weights={"C": D("0.5")}, trade=Trade.NOW)
    book = run_exact(replace(dying, decisions=decisions))
    bought = next(fill for fill in events(book, Fill) if fill.symbol == "C")
    # Cash is 496.497 + 250 = 746.497 by then; half of it in C at 1, in steps of 0.0001.
    assert bought.quantity == D("373.2485")


class TestStarting:
    def test_adopt_takes_the_weights_at_once(self) -> None:
        book = run_exact(plan(market(A=prices(0, DAYS - 1, 10.0))))
        assert book.portfolio.holdings == {"A": D(50)}

    def test_wait_stays_out_until_the_next_entry(self) -> None:
        waiting = plan(market(A=prices(0, DAYS - 1, 10.0)), on_start="wait")
        assert run_exact(waiting).portfolio.holdings == {}
        decisions = list(waiting.decisions)
        decisions[5] = replace(decisions[5], weights={}, trade=Trade.NOW)
        decisions[10] = replace(decisions[10], trade=Trade.NOW)
        book = run_exact(replace(waiting, decisions=decisions))
        (bought,) = events(book, Fill)
        assert bought.at == decisions[10].at


def test_a_target_follows_its_coin_into_the_new_name() -> None:
    """In DISTRIBUTION the weights are frozen; the weekly band must not sell what was only renamed."""
    made = market(A=prices(0, LAST_ROW, 10.0), B=prices(LAST_ROW + 1, DAYS - 1, 10.0))
    frozen = plan(made, {"kind": "renamed", "to": "B"})
    decisions = [
        replace(d, reduce_only=i > 0, trade=Trade.BAND if i % 7 == 0 else Trade.HOLD)
        for i, d in enumerate(frozen.decisions)
    ]
    assert run_exact(replace(frozen, decisions=decisions)).portfolio.holdings == {"B": D(50)}


def test_a_coin_that_is_renamed_twice_goes_on_under_its_last_name() -> None:
    """50 A become 50 B, and 50 B become 500 C, in both engines; the target that still says A buys and sells nothing."""
    made = market(A=prices(0, LAST_ROW, 10.0), B=prices(LAST_ROW + 1, 20, 10.0), C=prices(21, DAYS - 1, 1.0))
    symbols = {"A": "crypto", "B": "crypto", "C": "crypto"}
    endings = {
        "A": {"kind": "renamed", "last": "2024-01-11", "to": "B"},
        "B": {"kind": "renamed", "last": "2024-01-21", "to": "C", "ratio": 10},
    }
    twice = plan(made, symbols=symbols, endings=endings)
    decisions = [replace(d, trade=Trade.BAND if i % 7 == 0 else Trade.HOLD) for i, d in enumerate(twice.decisions)]
    twice = replace(twice, decisions=decisions)
    assert twice.coins == ["A", "B", "C"]
    assert run_backtrader(twice).portfolio.holdings == {"C": D(500)}
    book = run_exact(twice)
    assert book.portfolio.holdings == {"C": D(500)}
    assert len(events(book, Fill)) == 1


def test_a_successor_that_begins_long_after_the_exchange_is_named() -> None:
    made = market(A=prices(0, LAST_ROW, 10.0), B=prices(LAST_ROW + 16, DAYS - 1, 10.0))
    book = run_exact(plan(made, {"kind": "renamed", "last": "2024-01-11", "to": "B"}))
    assert book.warnings == [
        "A became B on 2024-01-11, whose rows begin on 2024-01-27: a holding stays at its last close until then, "
        "marked stale; check `last` in `endings`"
    ]
    assert book.portfolio.holdings == {"B": D(50)}
