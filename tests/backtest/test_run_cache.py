"""A cached run that is continued has the events of a new run; any change of its days is run again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.backtest.engines.exact import run_exact
from bot.backtest.run_cache import RunCache
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


def test_a_run_that_grows_by_days_has_the_events_of_a_new_run() -> None:
    """A random market in which the rotation trades much, known day by day."""
    random = random_market(45, 330)
    config, whole = random.config(LOOSE), random.market
    window, cache = window_of(whole, None, None), RunCache()
    last, books, events = window.end - 60 * ONE_DAY, set(), 0
    while last <= window.end:
        known = planned(config, whole.as_of(midnight(last + ONE_DAY)), Window(window.start, last), "key")
        book, expected = cache.run("rotation", known), run_exact(known)
        assert book.events == expected.events
        assert (book.portfolio, book.warnings, book.capped) == (
            expected.portfolio,
            expected.warnings,
            expected.capped,
        )
        books.add(id(book))
        events = len(book.events)
        last += ONE_DAY
    # It is run again once: two weeks after its last row a coin counts as dead from the day after that row.
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
def test_a_change_of_a_cached_day_runs_all_days_again(change: str) -> None:
    cache, before, after = RunCache(), until(made(), LAST), CHANGES[change]()
    first = cache.run("A", before)
    known = list(first.events)
    found, expected = cache.run("A", after), run_exact(after).events
    assert found is not first
    assert found.events == expected
    assert expected[: len(known)] != known


def test_a_change_of_later_days_continues_the_run() -> None:
    cache = RunCache()
    first = cache.run("A", until(made(), LAST))
    later = made(closes=flat(100.0) | {f"2024-01-{LAST + 1}": 80.0})
    assert cache.run("A", later) is first
    assert first.events == run_exact(later).events


def test_a_shorter_plan_and_another_name_are_run_from_the_first_day() -> None:
    cache = RunCache()
    whole = cache.run("A", made())
    assert cache.run("B", made()) is not whole
    assert cache.run("A", until(made(), LAST)).events == run_exact(until(made(), LAST)).events


def test_a_run_that_failed_within_a_day_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, before = RunCache(), until(made(), LAST)
    first = cache.run("A", before)
    with monkeypatch.context() as patch, pytest.raises(DataError):
        patch.setattr(first, "value", lambda i: fail())
        cache.run("A", made())
    assert cache.run("A", made()).events == run_exact(made()).events


def fail() -> None:
    raise DataError("a row is unreadable", where=str(date(2024, 1, LAST + 1)))
