"""One backtest, whole: the strategy through both engines, the benchmarks, luck, a day's delay, and the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.backtest.lookahead import first_peek, telling_cuts
from bot.backtest.warnings import order_warnings, run_warnings
from bot.core.book import Book, RunPlan
from bot.core.cycle import Overrides
from bot.core.decision import Decision
from bot.core.errors import ConfigError
from bot.core.events import Event, Valuation
from bot.core.market import Floats, Market
from bot.core.moments import Days
from bot.core.orders import Fill, Settlement
from bot.core.ports import Strategy
from bot.core.window import Window
from bot.ledger.record import Row, as_rows
from bot.ledger.round_trips import round_trips
from bot.report.metrics import PERIODS_PER_YEAR, activity, performance
from bot.services.plans import with_decisions
from strategies.benchmarks import VARIANTS, RandomTiming, benchmark_decisions, random_timing
from strategies.rotation.episodes import episodes
from strategies.rotation.rotation import Rotation
from strategies.rotation.settings import RotationSettings
from strategies.rotation.view import RotationView, view_of

_CUTS = 24
"""At how many moments a user's strategy is run again without what comes later."""


@dataclass(frozen=True)
class Backtest:
    """What a backtest found: its events as the ledger keeps them, and its figures.

    `a_day_late` in the summary are the strategy's figures with every decision carried out a day late.
    """

    rows: list[Row]
    market: Market
    window: Window
    summary: dict[str, Any]
    random_timing: RandomTiming


def run(
    market: Market,
    strategy: Strategy,
    settings: RotationSettings,
    plan: RunPlan,
    window: Window,
    trend_days: int,
    shifts: int,
) -> Backtest:
    """Backtest a strategy beside the benchmarks.

    `plan` holds everything but the decisions. Raises ConfigError where a strategy reads the future, AssertionError
    where the two engines disagree: a bug.
    """
    from bot.backtest.engines.backtrader_engine import run_backtrader

    view = view_of(market, settings)
    decisions = strategy.decisions(market)
    _refuse_a_peek(strategy, market, decisions)
    own = with_decisions(plan, window, view, decisions)
    book = run_backtrader(own)
    if book.events != run_exact(own).events:
        raise AssertionError("the backtrader engine and the exact engine disagree")
    others = {
        name: run_exact(with_decisions(_beside(plan, name), window, view, benchmark))
        for name, benchmark in benchmark_decisions(view, settings, trend_days).items()
    }
    luck = _luck(book, view, shifts)
    late = run_exact(with_decisions(plan, window, view, _a_day_late(decisions)))
    found = episodes(view)
    shown = [e for e in found if window.start <= e.known_at.date() <= window.end]
    warnings = [*run_warnings(view, window, plan), *order_warnings(book), *market.notes]
    summary = {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "periods_per_year": PERIODS_PER_YEAR,
        "strategy": figures(book, plan.cash),
        "benchmarks": {name: figures(other, plan.cash) for name, other in others.items()},
        "a_day_late": figures(late, plan.cash),
        "random_timing": _percentiles(luck),
        "episodes": _count(e.outcome for e in shown if e.kind == "breakout"),
        "rearmings": _count(e.outcome for e in shown if e.kind == "rearmed"),
        "warnings": warnings,
    }
    rows = as_rows([*shown, *_with_benchmarks(book.events, others)])
    return Backtest(rows, market, window, summary, luck)


def _refuse_a_peek(strategy: Strategy, market: Market, decisions: Sequence[Decision]) -> None:
    """Refuse a strategy of the user's own that reads the future; the bot's own are held to it by its tests."""
    if isinstance(strategy, Rotation):
        return
    peek = first_peek(strategy, market, decisions, telling_cuts(decisions, _CUTS))
    if peek is not None:
        raise ConfigError(
            "the strategy reads the future",
            where=strategy.name,
            expected=f"the decision of {peek.date()} to be the same when later rows are taken away",
            mend="use only market.as_of(T), or rows known at T",
        )


def figures(book: Book, start_cash: Decimal) -> dict[str, Any]:
    """The figures of one run; money is decimal text."""
    valuations = [event for event in book.events if isinstance(event, Valuation)]
    equity = np.array([float(v.equity) for v in valuations])
    cash = np.array([float(v.cash) for v in valuations])
    fills = [event for event in book.events if isinstance(event, Fill)]
    trades = book_trades(book)
    wins = [Decimal(trade["pnl"]) > 0 for trade in trades]
    done = activity(
        equity,
        cash,
        [float(f.notional) for f in fills],
        [float(f.fee) for f in fills],
        [float(f.slippage_cost) for f in fills],
    )
    found = {
        **performance(equity, float(start_cash)),
        **done,
        "trades": len(trades),
        "win_rate": sum(wins) / len(wins) if wins else None,
    }
    money = ("final_equity", "fees", "slippage_cost")
    return {name: f"{value:.2f}" if name in money else _rounded(value) for name, value in found.items()}


def book_trades(book: Book) -> list[dict[str, str]]:
    """The round trips of a book."""
    rows = as_rows(event for event in book.events if isinstance(event, Fill | Settlement))
    bodies = [(row.kind, {"at": row.at, **row.body}) for row in rows]
    return round_trips(
        [body for kind, body in bodies if kind == "fill"], [body for kind, body in bodies if kind == "settlement"]
    )


def _rounded(value: float | None) -> float | None:
    """A figure to ten decimals, so that files do not carry a float's last bits; counts stay whole."""
    return value if value is None or isinstance(value, int) else round(float(value), 10)


def _a_day_late(decisions: Sequence[Decision]) -> list[Decision]:
    """Each decision carried out at the midnight after its own."""
    return [replace(before, at=after.at) for before, after in pairwise(decisions)]


def _with_benchmarks(events: Sequence[Event], others: Mapping[str, Book]) -> list[Event]:
    """The events with each day's valuation told beside the benchmarks'."""
    equity: dict[date, dict[str, Decimal]] = {}
    for name, book in others.items():
        for event in book.events:
            if isinstance(event, Valuation):
                equity.setdefault(event.day, {})[name] = event.equity
    return [replace(e, benchmarks=equity[e.day]) if isinstance(e, Valuation) else e for e in events]


def _beside(plan: RunPlan, name: str) -> RunPlan:
    """The plan of a benchmark: free of the user's overrides, and holding from the start what is always held."""
    return replace(
        plan, rules=replace(plan.rules, overrides=Overrides()), adopt=plan.adopt if name in VARIANTS else True
    )


def _luck(book: Book, view: RotationView, shifts: int) -> RandomTiming:
    """The random-timing band of what a book really held: ETH, BTC, and all else as the altcoin basket."""
    plan, roles = book.plan, book.plan.market.roles
    valuations = [event for event in book.events if isinstance(event, Valuation)]
    days: Days = np.array([v.day for v in valuations], "datetime64[D]")
    equity_before = np.array([float(plan.cash), *(float(v.equity) for v in valuations[:-1])])
    held = {roles.eth: np.zeros(len(days)), roles.btc: np.zeros(len(days)), "altcoins": np.zeros(len(days))}
    for i, valued in enumerate(valuations):
        for symbol, quantity in valued.holdings.items():
            close_before = plan.prices.of(symbol).close[i]  # the first place is the day before the run
            if close_before == close_before:
                held[symbol if symbol in held else "altcoins"][i] += float(quantity) * close_before
    costs = np.zeros(len(days))
    for event in book.events:
        if isinstance(event, Fill):
            costs[plan.prices.index(event.at.date()) - 1] += float(event.fee + event.slippage_cost)
    returns = [_daily_returns(plan.market, symbol, days) for symbol in (roles.eth, roles.btc)]
    exposures = [worth / equity_before for worth in held.values()]
    return random_timing(exposures, [*returns, view.altcoins.basket_returns(days)], costs / equity_before, shifts)


def _daily_returns(market: Market, symbol: str, days: Days) -> Floats:
    """The simple return of each day, 0 where the day or the one before is not known."""
    series = market[symbol]
    closes = dict(zip(series.dates.tolist(), series.close.tolist(), strict=True))
    pairs = ((closes.get(day.item()), closes.get((day - 1).item())) for day in days)
    return np.array([now / before - 1 if now and before else 0.0 for now, before in pairs])


def _percentiles(luck: RandomTiming) -> dict[str, float | None]:
    """What luck alone would have returned, at three percentiles."""
    low, median, high = np.percentile(luck.final - 1, [5, 50, 95])
    return {"total_return_5": _rounded(low), "total_return_50": _rounded(median), "total_return_95": _rounded(high)}


def _count(outcomes: Iterable[str]) -> dict[str, int]:
    counts = Counter(outcomes)
    return {"total": counts.total(), **dict(sorted(counts.items()))}
