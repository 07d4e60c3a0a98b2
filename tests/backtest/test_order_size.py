"""Effects of order size on a run: market impact, delayed orders, and the capacity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.backtest import capacity
from bot.backtest.capacity import CapacityRow, capacity_of
from bot.backtest.engines.exact import run_exact
from bot.backtest.order_size import delayed_orders, order_size, total_return, without_limit
from bot.core.orders import Fill
from bot.core.run_plan import RunPlan
from bot.data.demo.demo_market import DEMO
from bot.report.capacity_table import capacity_rows, capacity_sentences, capacity_title
from bot.services.markets import open_market
from bot.services.plans import planned, window_of
from bot.settings.loader import load_config
from tests.plans import flat, market, plan

HUGE = Decimal(10**9)


@pytest.fixture(scope="module")
def demo() -> RunPlan:
    config = load_config()
    opened = open_market(config, None, DEMO)
    return planned(config, opened, window_of(opened, None, None))


def test_days_in_a_row_are_one_delayed_order() -> None:
    book = run_exact(plan(market(A=flat(10.0)), [{"A": "0.5"}]))
    first, second, third, fifth = (date(2024, 1, day) for day in (3, 4, 5, 7))
    book.capped = [(first, "A"), (second, "A"), (second, "B"), (fifth, "A"), (third, "B")]
    found = delayed_orders(book)
    assert found is not None
    assert (found["orders"], found["days"], found["coins"]) == (3, 4, 2)


def test_a_run_that_was_not_cut_says_its_impact_alone(demo: RunPlan) -> None:
    book = run_exact(demo)
    found = order_size(book)
    fills = [event for event in book.events if isinstance(event, Fill)]
    shares = [book.impact_of(fill, float(fill.reference_price)) for fill in fills]
    assert found["largest_impact_bps"] == pytest.approx(max(shares) * 1e4)
    assert 0 < found["impact_bps"] < found["largest_impact_bps"] < 100
    assert found["delayed"] is None
    assert "volume limit" not in found["line"]


def test_a_run_that_was_cut_is_compared_with_the_same_run_without_the_limit(demo: RunPlan) -> None:
    sized = replace(demo, cash=HUGE)
    book = run_exact(sized)
    found = order_size(book)["delayed"]
    without = total_return(run_exact(without_limit(sized)))
    assert book.capped and run_exact(without_limit(sized)).capped == []
    assert found["return_without"] == pytest.approx(without)
    assert found["made"] == pytest.approx(total_return(book) - without)
    assert "by luck alone" in order_size(book)["line"]


def test_a_run_without_fills_has_no_impact() -> None:
    found = order_size(run_exact(plan(market(A=flat(10.0)), [{}])))
    assert (found["impact_bps"], found["impact_cost"], found["delayed"]) == (None, 0.0, None)


def row(capital: int) -> CapacityRow:
    """Costs of 1% a year are passed over 234,567, three days over 1,234."""
    return CapacityRow(
        capital, 0.5, 10.0, 2.0, 0.01 if capital <= 234_567 else 0.011, 0.0, 3 if capital <= 1_234 else 4
    )


def test_the_capitals_are_found_within_four_percent(demo: RunPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "_row", lambda plan, capital: row(capital))
    found = capacity_of(demo)
    assert [one.capital for one in found.rows] == list(capacity.CAPITALS)
    assert found.dear_from == 240_000
    assert found.slow_from == 10_000  # the smallest of the table
    assert capacity_sentences(found.as_dict()) == [
        "Costs pass 1% of equity a year from 240,000 on.",
        "Leaving a position takes over 3 days from 10,000 on, the smallest capital.",
    ]
    assert capacity_title(found.as_dict()) == "Capacity: the same decisions with more money"
    anew = replace(found, decides_anew=True).as_dict()
    assert capacity_title(anew) == "Capacity: the strategy, run again with more money"
    assert capacity_rows(found.as_dict())[1] == ("10k", "+50.0%", "10.0", "2.0", "1.00%", "+0.0", "4")


@pytest.mark.slow
def test_larger_capitals_pay_more_and_leave_later(demo: RunPlan) -> None:
    rows = capacity_of(demo).rows
    assert rows[0].total_return == pytest.approx(total_return(run_exact(demo)))
    impacts = [one.impact_bps or 0.0 for one in rows[:4]]
    assert impacts == sorted(impacts) and impacts[0] < impacts[-1]
    days = [one.days_to_leave or 0 for one in rows]
    assert days == sorted(days)
