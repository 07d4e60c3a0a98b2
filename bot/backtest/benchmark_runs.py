"""Runs of the benchmarks and of the strategy's variants, each up to the last day that its data reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.backtest.figures import figures_of
from bot.backtest.result_warnings import FROZEN_ROWS
from bot.backtest.run_cache import PlanRunner
from bot.core.book import Book
from bot.core.cycle import Overrides
from bot.core.decision import Decision
from bot.core.events import Event, Valuation
from bot.core.market import Market
from bot.core.orders import SettlementCause
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.services.own_benchmark import OwnBenchmark
from bot.services.plans import with_decisions
from strategies.benchmarks import benchmark_decisions, benchmark_inputs


@dataclass(frozen=True)
class BenchmarkRuns:
    """The books of the benchmarks by name, empty where the data end before the run, and the last day of an early end.

    `ended_by` names the series that ends a benchmark.
    """

    books: Mapping[str, Book | None]
    last_days: Mapping[str, date]
    ended_by: Mapping[str, str]

    def equity(self) -> dict[date, dict[str, Decimal]]:
        """Return the equity of each benchmark by UTC day, in the quote currency; one that has ended is left out."""
        return self._by_day(lambda valued: valued.equity)

    def cash(self) -> dict[date, dict[str, Decimal]]:
        """Return the cash of each benchmark by UTC day, in the quote currency; one that has ended is left out."""
        return self._by_day(lambda valued: valued.cash)

    def _by_day(self, amount: Callable[[Valuation], Decimal]) -> dict[date, dict[str, Decimal]]:
        found: dict[date, dict[str, Decimal]] = {}
        for name, book in self.books.items():
            for event in [] if book is None else book.events:
                if isinstance(event, Valuation):
                    found.setdefault(event.day, {})[name] = amount(event)
        return found

    def beside(self, events: Sequence[Event]) -> list[Event]:
        """Return events of the strategy with the equity of each benchmark added to the valuation of each day."""
        equity = self.equity()
        return [replace(e, benchmarks=equity.get(e.day, {})) if isinstance(e, Valuation) else e for e in events]

    def figures(self, plan: RunPlan, own: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """Compute the figures of each benchmark; those of one that ends early have its `last_day`.

        `own` are the strategy's figures: a benchmark whose data end before the run has the same ones, blank.
        """
        found: dict[str, dict[str, object]] = {}
        for name, book in self.books.items():
            found[name] = dict.fromkeys(own) if book is None else figures_of(book, plan.cash)
            if name in self.last_days:
                found[name]["last_day"] = self.last_days[name].isoformat()
        return found

    def warnings(self) -> list[str]:
        """Name the benchmarks that end before the run, and the coins that were settled in a variant."""
        names: dict[tuple[str, date], list[str]] = defaultdict(list)
        for name, day in self.last_days.items():
            names[self.ended_by[name], day].append(name)
        ended = [
            f"the rows of {symbol} that can be used end on {day}: of the benchmarks, {', '.join(found)} are blank from "
            f"the next day on, and their figures are those of {day}"
            for (symbol, day), found in names.items()
        ]
        settled: dict[str, list[str]] = defaultdict(list)
        for name, book in self.books.items():
            for warning in [] if book is None else book.warnings:
                settled[warning].append(name)
        return [*ended, *(f"{warning} (benchmark {', '.join(found)})" for warning, found in settled.items())]


def run_benchmarks(
    market: Market,
    plan: RunPlan,
    window: Window,
    variants: Mapping[str, Sequence[Decision]],
    trend_days: int,
    stressed: Collection[datetime],
    own: OwnBenchmark | None = None,
    run: PlanRunner = lambda name, plan: run_exact(plan),
) -> BenchmarkRuns:
    """Run the variants of the strategy and every benchmark on the same data, costs and fills.

    Parameters
    ----------
    variants
        Decisions of the strategy's variants. Their holdings are settled as those of the strategy.
    trend_days
        Average of the trend benchmarks, in UTC days.
    stressed
        Decision times (UTC) with wide spreads.
    own
        Benchmark of the user's own, if there is one.
    run
        Runs the plan of each; by default without a cache.
    """
    books: dict[str, Book | None] = {}
    last_days: dict[str, date] = {}
    ended_by: dict[str, str] = {}
    alone = replace(plan, rules=replace(plan.rules, overrides=Overrides()))
    for name, decisions in variants.items():  # a variant starts as the strategy does
        books[name] = run(name, with_decisions(alone, window, decisions, stressed))
    # A benchmark holds from the first day on, or its return would be that of another period.
    holding = replace(alone, adopt=True)
    inputs = benchmark_inputs(market)
    all_decisions = benchmark_decisions(market, trend_days, window.start)
    if own is not None:
        inputs[own.name], all_decisions[own.name] = own.coins, own.decisions
    for name, decisions in all_decisions.items():
        last, symbol = min(((_last_day(plan, s, window), s) for s in inputs[name]), default=(window.end, ""))
        if last < window.end:
            last_days[name], ended_by[name] = last, symbol
        if last < window.start:
            books[name] = None
        else:
            books[name] = run(name, with_decisions(holding, Window(window.start, last), decisions, stressed))
    return BenchmarkRuns(books, last_days, ended_by)


def _last_day(plan: RunPlan, symbol: str, window: Window) -> date:
    """Return the last day on which a series gives a benchmark its value: before its end, freeze or quarantine.

    A settlement at a share of the last close would flatter the strategy. A renamed coin goes on under its new name.
    """
    _, settling = plan.endings.get(symbol, (None, None))
    if settling is not None and settling.cause is SettlementCause.RENAMED:
        return window.end
    series = plan.market.priced(symbol)
    row = int(np.searchsorted(series.dates, np.datetime64(window.end), side="right")) - 1
    if row < 0:
        return window.end
    moved = int(series.moved[row])
    # A few equal closes happen; then each is a value of its day.
    last: date = series.dates[moved if row - moved >= FROZEN_ROWS else row].item()
    return last
