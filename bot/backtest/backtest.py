"""One backtest: the strategy in both engines, its benchmarks, the random-timing band and the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.backtest.benchmark_runs import run_benchmarks
from bot.backtest.capacity import capacity_of
from bot.backtest.cash_interest import CashRate, interest_figures, with_interest
from bot.backtest.delayed import delayed
from bot.backtest.engines.exact import run_exact
from bot.backtest.extras import extras_of
from bot.backtest.figures import figures_of
from bot.backtest.order_size import order_size
from bot.backtest.random_timing import RandomTimingBand, band_of
from bot.backtest.result_warnings import PegRule, result_warnings
from bot.backtest.strategy_check import check_plan
from bot.backtest.warnings import listing_warnings, order_warnings, run_warnings, stop_warnings
from bot.core.events import Episode
from bot.core.market import Market
from bot.core.ports import BacktestExtras, Strategy
from bot.core.run_plan import RunPlan
from bot.core.window import Window
from bot.ledger.record import as_rows
from bot.ledger.row import Row
from bot.report.metrics import PERIODS_PER_YEAR
from bot.services.own_benchmark import OwnBenchmark
from bot.services.plans import with_decisions, with_strategy


@dataclass(frozen=True)
class BacktestOptions:
    """Options of a backtest.

    `trend_days` is the average of the trend benchmarks in UTC days, `random_shifts` the number of shifts of the
    random-timing band, `cuts` the number of times at which the look-ahead check cuts the market (0: check is off).
    `peg` is the rule by which the stablecoin is off its peg, if that is reported; `own` is the user's benchmark,
    `cash_rate` the rate of idle cash. With `capacity` the decisions are run with other start capitals too.
    """

    trend_days: int
    random_shifts: int
    cuts: int = 0
    peg: PegRule | None = None
    own: OwnBenchmark | None = None
    cash_rate: CashRate | None = None
    capacity: bool = False


@dataclass(frozen=True)
class Backtest:
    """The result of a backtest: its events as ledger rows, its summary and its random-timing band.

    `a_day_late` in the summary has the strategy's figures with every decision executed a day later. `strategy_check`
    says what was checked of a user's own strategy; "" for the rotation. `name` is the strategy's own.
    """

    rows: list[Row]
    market: Market
    window: Window
    summary: dict[str, object]
    random_timing: RandomTimingBand
    strategy_check: str = ""
    name: str = ""


def run(market: Market, strategy: Strategy, plan: RunPlan, window: Window, options: BacktestOptions) -> Backtest:
    """Backtest a strategy and its benchmarks.

    Parameters
    ----------
    market
        Series of the whole history; the strategy's memory begins at its first decision time.
    strategy
        The strategy; its additions to the run are read through `BacktestExtras` and `StressAware`.
    plan
        Rules, costs and cash of the run; its decisions are replaced.
    window
        Days of trading.
    options
        Options of the benchmarks and checks.

    Raises
    ------
    ConfigError
        If the strategy is not reproducible, or the look-ahead check finds that it reads the future.
    AssertionError
        If the two engines disagree, which is a bug.
    """
    from bot.backtest.engines.backtrader_engine import run_backtrader  # slow to import: not for `bot --help`

    planned = with_strategy(plan, market, window, strategy)
    own, decisions, stressed = planned.plan, planned.decisions, planned.stressed
    checked = check_plan(planned, options.cuts)
    extras = extras_of(strategy, decisions)
    book, exact = run_backtrader(own), run_exact(own)
    if book.events != exact.events:
        raise AssertionError("the backtrader engine and the exact engine disagree")
    others = run_benchmarks(market, plan, window, extras.variants(market), options.trend_days, stressed, options.own)
    band = band_of(book, extras, options.random_shifts)
    late = run_exact(with_decisions(plan, window, delayed(decisions, 1), stressed))
    episodes = [e for e in extras.episodes(market) if window.start <= e.known_at.date() <= window.end]
    own_figures = figures_of(book, plan.cash)
    rate = options.cash_rate
    events = with_interest(others.beside(book.events), others.cash(), rate)
    summary = {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "periods_per_year": PERIODS_PER_YEAR,
        "strategy": own_figures,
        "benchmarks": others.figures(plan, own_figures),
        "a_day_late": figures_of(late, plan.cash),
        **interest_figures(events, rate, plan.cash),
        "order_size": order_size(book),
        **({"capacity": capacity_of(own).as_dict()} if options.capacity else {}),
        "random_timing": band.summary(),
        **(_episodes(episodes) if isinstance(strategy, BacktestExtras) else {}),
        # Ranked: what changes the result first, then what may, then what was left out.
        "warnings": _each_once(
            [
                *result_warnings(market, window, own, options.peg),
                *listing_warnings(book, market, window),
                *stop_warnings(book),
                *book.warnings,
                *others.warnings(),
                *(rate.warnings(window) if rate else []),
                *extras.warnings(market, window),
                *run_warnings(market, window, own),
                *([_LATE_BUT_NOT_ASKED_AGAIN] if book.reads_book else []),
                *order_warnings(book),
                *market.notes,
            ]
        ),
    }
    rows = as_rows([*episodes, *events])
    return Backtest(rows, market, window, summary, band, checked, strategy.name)


_LATE_BUT_NOT_ASKED_AGAIN = (
    "the strategy reads its book: `a_day_late` executes the decisions of this run a day late, and does not ask again"
)


def _each_once(warnings: Sequence[str]) -> list[str]:
    """Drop a warning that another one begins with: an unused entry is named again where its coin is settled."""
    return [w for w in warnings if not any(other != w and other.startswith(f"{w};") for other in warnings)]


def _episodes(episodes: Sequence[Episode]) -> dict[str, object]:
    """Count the signals of a strategy that has any, by outcome."""
    return {
        "episodes": _count(e.outcome for e in episodes if e.kind == "breakout"),
        "rearmings": _count(e.outcome for e in episodes if e.kind == "rearmed"),
    }


def _count(outcomes: Iterable[str]) -> dict[str, int]:
    counts = Counter(outcomes)
    return {"total": counts.total(), **dict(sorted(counts.items()))}
