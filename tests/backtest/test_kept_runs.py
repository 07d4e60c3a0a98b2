"""Runs that go on where the call before left them: the events of a new run, and a new run after any change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.backtest.engines.exact import run_exact
from bot.backtest.kept_runs import KeptRuns
from bot.core.errors import DataError
from bot.core.moments import ONE_DAY, midnight
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.plans import planned, window_of
from tests.markets import random_market
from tests.parity.test_engines_agree import LOOSE
from tests.parity.test_stop_orders import stopped, with_bars
from tests.plans import flat, market, plan

D = Decimal
LAST = 12
"""Day of January 2024 on which the shorter plan ends."""
WEIGHTS = [{"A": "0.5"}] * 4 + [{"A": "0.3"}] * 4 + [{}] * 3 + [{"A": "0.4"}]
"""Three trades of A until the 12th: a purchase, a sale in part, and a sale of the rest; and one after it."""


def until(whole: RunPlan, last: int) -> RunPlan:
    days = last - whole.times[0].day + 1
    return replace(
        whole, decisions=whole.decisions[:days], slippage_multipliers=list(whole.slippage_multipliers)[:days]
    )


def made(
    closes: dict[str, float] | None = None, opens: dict[int, float] | None = None, lows: dict[int, float] | None = None
) -> RunPlan:
    """A plan of A with a stop at 60 on the 4th."""
    bars = with_bars(market(A=closes or flat(100.0)), "A", opens=opens or {}, lows=lows or {})
    return stopped(plan(bars, WEIGHTS), {4: {"A": 60}})


def test_a_run_that_grows_by_days_has_the_events_of_a_run_from_the_first_day_on() -> None:
    """A random market in which the rotation trades much, known day by day."""
    random = random_market(45, 330)
    config, whole = random.config(LOOSE), random.market
    window, kept = window_of(whole, None, None), KeptRuns()
    last, books, events = window.end - 60 * ONE_DAY, set(), 0
    while last <= window.end:
        known = planned(config, whole.as_of(midnight(last + ONE_DAY)), Window(window.start, last), "key")
        book, expected = kept.run("rotation", known), run_exact(known)
        assert book.events == expected.events
        assert (book.portfolio, book.warnings, book.capped) == (
            expected.portfolio,
            expected.warnings,
            expected.capped,
        )
        books.add(id(book))
        events = len(book.events)
        last += ONE_DAY
    # Once it is run anew: two weeks after its last row a coin counts as dead from the day after that row on.
    assert len(books) == 2
    assert events > 300


CHANGES: dict[str, Callable[[], RunPlan]] = {
    "a close": lambda: made(closes=flat(100.0) | {"2024-01-05": 90.0}),
    "an open": lambda: made(opens={3: 90.0}),
    "a low": lambda: made(lows={4: 50.0}),
    "the fee": lambda: with_fee(made(), "0.002"),
    "the slippage of a day": lambda: replace(made(), slippage_multipliers=[D(3)] + [D(1)] * (len(made().times) - 1)),
    "the cash": lambda: replace(made(), cash=D(900)),
    "the start": lambda: replace(made(), adopt=not made().adopt, begins_with_entry=False),
    "a decision": lambda: replace(
        made(), decisions=[replace(made().decisions[0], weights={"A": D("0.6")}), *made().decisions[1:]]
    ),
    "an ending": lambda: plan(
        market(A=dict(list(flat(100.0).items())[:6])), WEIGHTS, endings={"A": {"kind": "dead", "last": "2024-01-06"}}
    ),
}


def with_fee(before: RunPlan, fee: str) -> RunPlan:
    instruments = dict(before.rules.instruments)
    instruments["A"] = replace(instruments["A"], fee=D(fee))
    return replace(before, rules=replace(before.rules, instruments=instruments))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_was_run_already_runs_all_days_anew(change: str) -> None:
    kept, before, after = KeptRuns(), until(made(), LAST), CHANGES[change]()
    first = kept.run("A", before)
    known = list(first.events)
    found, expected = kept.run("A", after), run_exact(after).events
    assert found is not first
    assert found.events == expected
    assert expected[: len(known)] != known


def test_a_change_of_later_days_goes_on() -> None:
    kept = KeptRuns()
    first = kept.run("A", until(made(), LAST))
    later = made(closes=flat(100.0) | {f"2024-01-{LAST + 1}": 80.0})
    assert kept.run("A", later) is first
    assert first.events == run_exact(later).events


def test_a_shorter_plan_and_another_name_are_run_from_their_first_day_on() -> None:
    kept = KeptRuns()
    whole = kept.run("A", made())
    assert kept.run("B", made()) is not whole
    assert kept.run("A", until(made(), LAST)).events == run_exact(until(made(), LAST)).events


def test_a_run_that_failed_in_mid_day_is_run_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, before = KeptRuns(), until(made(), LAST)
    first = kept.run("A", before)
    with monkeypatch.context() as patch, pytest.raises(DataError):
        patch.setattr(first, "value", lambda i: fail())
        kept.run("A", made())
    assert kept.run("A", made()).events == run_exact(made()).events


def fail() -> None:
    raise DataError("a row is unreadable", where=str(date(2024, 1, LAST + 1)))
