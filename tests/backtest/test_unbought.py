"""Warnings of coins that are targeted and not bought: after their stop sale, or before any has a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.backtest.warnings import listing_warnings, stop_warnings
from bot.core.decision import Trade
from bot.core.window import Window
from tests.parity.test_stop_orders import STAY, stopped, with_bars
from tests.plans import flat, market, plan

FELL = with_bars(market(A=flat(100.0)), "A", lows={6: 92.0})
"""A falls to 92 on 2024-01-06."""


def test_the_days_between_a_stop_sale_and_the_next_decision_to_trade_now_are_counted() -> None:
    """Sold on the 6th and bought again on the 10th: the 7th, 8th and 9th."""
    book = run_exact(stopped(plan(FELL, STAY), {3: {"A": 92.5}, 7: {}}, {10: Trade.NOW}))
    assert stop_warnings(book) == [
        "A was targeted on 3 days after a stop sold it and was not bought: "
        "a decision with trade=Trade.NOW buys it again"
    ]
    assert book.portfolio.held("A") > 0


def test_a_coin_bought_on_the_next_day_or_targeted_no_more_gives_no_warning() -> None:
    levels = {3: {"A": 92.5}, 7: {}}
    assert not stop_warnings(run_exact(stopped(plan(FELL, STAY), levels, {7: Trade.NOW})))
    assert not stop_warnings(run_exact(stopped(plan(FELL, [*STAY * 4, {}]), levels)))
    assert not stop_warnings(run_exact(plan(FELL, STAY)))


def test_the_days_before_the_first_row_of_any_targeted_coin_are_counted() -> None:
    """From 2024-01-03 to the 20th are 18 days; B has its first row on the 8th, after five of them."""
    made = market(A=flat(100.0), B=dict(list(flat(10.0).items())[7:]))
    window = Window(date(2024, 1, 3), date(2024, 1, 20))
    alone = run_exact(plan(made, [{}] * 8 + [{"B": "0.3"}]))
    assert listing_warnings(alone, made, window) == [
        "no coin that the strategy targets has a row before B on 2024-01-08: CAGR, Sharpe and exposure are over all "
        "days, and on 5 of 18 nothing could be held"
    ]
    both = run_exact(plan(made, [{"A": "0.2"}] * 8 + [{"B": "0.3"}]))
    assert not listing_warnings(both, made, window)
    assert not listing_warnings(run_exact(plan(made, [{}])), made, window)
    # A coin without a row can be targeted by decisions that trade nothing.
    without = made["B"].until(np.datetime64("2024-01-01"))
    assert not listing_warnings(alone, replace(made, series={**made.series, "B": without}), window)
