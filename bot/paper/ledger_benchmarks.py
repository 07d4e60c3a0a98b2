"""Benchmarks of a ledger: equity and random timing beside each valuation, from the prices that decided the day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from bot.backtest.benchmark_runs import BenchmarkRuns, run_benchmarks
from bot.backtest.cash_interest import add_day, cash_rate
from bot.backtest.extras import extras_of
from bot.backtest.random_timing import daily_exposures
from bot.backtest.run_cache import RunCache
from bot.core.errors import BotError
from bot.core.events import Event, Valuation
from bot.core.orders import Fill
from bot.core.ports import BacktestExtras
from bot.core.window import Window
from bot.ledger.recorded import recorded
from bot.ledger.row import Row
from bot.services.own_benchmark import own_benchmark
from bot.services.plans import PlannedRun
from bot.settings.loader import Config


class LedgerBenchmarks:
    """Benchmarks of one ledger, started on its first day with its cash and the costs of its config.

    A recorded value is final. The next value continues from it by the benchmark's return on the present prices, so that
    a price which a vendor rewrites later leaves past values as they are, and the return of the day correct.

    Parameters
    ----------
    run
        Plan, strategy and decisions of the ledger.
    until
        Last day (UTC) whose close the prices have. Random timing is added to its valuation alone.
    config
        Config with the numbers of the benchmarks.
    cache
        Runs of the ticks before. They are continued while the prices of their days stay the same.
    """

    def __init__(self, run: PlannedRun, until: date, config: Config, cache: RunCache | None = None) -> None:
        self._run, self._until, self._config, self._cache = run, until, config, cache or RunCache()
        self._last: dict[str, tuple[date, Decimal]] | None = None
        self._interest: dict[str, Decimal] | None = None
        self.problem = ""

    def beside(self, valued: Valuation, rows: Sequence[Row], unwritten: Sequence[Event] = ()) -> Valuation:
        """Add the benchmarks of a day to the ledger's valuation; `rows` and `unwritten` events came before it.

        Benchmarks that fail to be computed are left out, and `problem` says why: the ledger must trade on.
        """
        valued = self._with_interest(valued, rows)
        try:
            equity = self._continued(valued.day, rows)
            timing = self._random_timing(valued, rows, unwritten) if valued.day == self._until else {}
        except BotError as problem:
            self.problem = f"the benchmarks of {valued.day} are not recorded: {problem}"
            return valued
        return replace(valued, benchmarks=equity, random_timing=timing)

    def _continued(self, day: date, rows: Sequence[Row]) -> dict[str, Decimal]:
        """Return the equity of each benchmark at a day's close, continued from its last recorded value."""
        if self._last is None:
            self._last = _last_recorded(rows)
        equity = {}
        for name, computed in self._computed.get(day, {}).items():
            before = self._last.get(name)
            then = self._computed.get(before[0], {}).get(name) if before else None
            # Without a rewrite the value stays the computed one, to its last digit.
            if before is None or then is None or then == before[1] or not then:
                equity[name] = computed
            else:
                equity[name] = before[1] * (computed / then)
            self._last[name] = (day, equity[name])
        return equity

    def _with_interest(self, valued: Valuation, rows: Sequence[Row]) -> Valuation:
        """Add what idle cash would have earned since the first day with a recorded interest; a fault leaves it out."""
        try:
            rate = cash_rate(self._config, self._run.plan.market)
            if rate is None:
                return valued
            if self._interest is None:
                self._interest = _last_interest(rows)
            return add_day(valued, self._cash.get(valued.day, {}), rate, self._interest)
        except BotError as problem:
            self.problem = f"the interest of cash of {valued.day} is not recorded: {problem}"
            return valued

    @cached_property
    def _extras(self) -> BacktestExtras:
        return extras_of(self._run.strategy, self._run.decisions)

    @cached_property
    def _computed(self) -> Mapping[date, Mapping[str, Decimal]]:
        """Equity of each benchmark by day."""
        return self._runs.equity()

    @cached_property
    def _cash(self) -> Mapping[date, Mapping[str, Decimal]]:
        """Cash of each benchmark by day."""
        return self._runs.cash()

    @cached_property
    def _runs(self) -> BenchmarkRuns:
        """Runs of the benchmarks on the present prices from the first day on."""
        plan = self._run.plan
        window = Window(plan.times[0].date(), self._until)
        variants = self._extras.variants(plan.market)
        days, own = self._config.benchmarks.trend_days, own_benchmark(self._config, plan.market)
        return run_benchmarks(plan.market, plan, window, variants, days, self._run.stressed, own, self._cache.run)

    def _random_timing(self, valued: Valuation, rows: Sequence[Row], unwritten: Sequence[Event]) -> dict[str, float]:
        """Return the total returns of random timings of the ledger's exposure; empty if a valuation is missing."""
        events: list[Event] = [one.event for one in recorded(rows, Valuation, Fill)]
        # The fills of the day's stops are written with the next decision.
        events += [*unwritten, valued]
        plan = self._run.plan
        days = (valued.day - plan.times[0].date()).days + 1
        worth = [event.equity for event in events if isinstance(event, Valuation)]
        if len(worth) != days or not all(worth):
            return {}
        found = (
            daily_exposures(events, plan, self._extras).random_timing(self._config.benchmarks.random_shifts).summary()
        )
        return {name: value for name, value in found.items() if value is not None and math.isfinite(value)}


def _last_interest(rows: Sequence[Row]) -> dict[str, Decimal]:
    """Return the newest recorded interest by name."""
    newest: dict[str, Decimal] = {}
    for one in recorded(rows, Valuation):
        newest |= one.event.interest
    return newest


def _last_recorded(rows: Sequence[Row]) -> dict[str, tuple[date, Decimal]]:
    """Return the last recorded day and equity of each benchmark."""
    return {
        name: (one.event.day, equity)
        for one in recorded(rows, Valuation)
        for name, equity in one.event.benchmarks.items()
    }
