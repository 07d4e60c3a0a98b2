"""Replay history into a ledger and compare every row with the backtest of the same days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from bot.backtest.benchmark_runs import run_benchmarks
from bot.backtest.cash_interest import cash_rate, with_interest
from bot.backtest.engines.exact import run_exact
from bot.backtest.extras import extras_of
from bot.backtest.random_timing import band_of
from bot.core.errors import LedgerError
from bot.core.events import ConfigPeriod, Event, Valuation
from bot.core.window import Window
from bot.infra.version import __version__
from bot.ledger.record import as_rows, write_ledger
from bot.paper.coins_only import forward_run, require_coin_roles
from bot.paper.ledger_benchmarks import LedgerBenchmarks
from bot.paper.ledgers import ledger_path, make_ledger_folder
from bot.paper.replay import replay
from bot.services.markets import open_market
from bot.services.own_benchmark import own_benchmark
from bot.services.plans import PlannedRun, own_strategy_name, window_of
from bot.services.run_key import period_hash
from bot.settings.loader import Config


def replay_history(
    config: Config, data_dir: Path | None, market: str, start: date | None, end: date | None, name: str
) -> int:
    """Replay days of a market into a new ledger, and return the number of ticks.

    Raises LedgerError if the ledger exists, ConfigError if the config holds funds, AssertionError if a row differs from
    the backtest, which is a bug.
    """
    require_coin_roles(config)
    path = ledger_path(config, name)
    if path.exists():
        mend = "name another with --ledger, or archive it"
        raise LedgerError("the ledger exists already", where=str(path), mend=mend)
    found = open_market(config, data_dir, market)
    window = window_of(found, start, end)
    run = forward_run(config, found, window)
    plan = run.plan
    period = ConfigPeriod(
        plan.times[0],
        1,
        "replay",
        plan.rules.run_key,
        period_hash(config),
        __version__,
        "simulated",
        plan.cash,
        strategy=own_strategy_name(config),
    )
    rows = replay(plan, period, None, LedgerBenchmarks(run, window.end, config).beside)
    expected = [(row.kind, row.at, row.body) for row in as_rows(_backtested(config, run, window))]
    if [(row.kind, row.at, row.body) for row in rows[1:]] != expected:
        raise AssertionError("the replay differs from the backtest of the same days")
    make_ledger_folder(path)
    write_ledger(path, rows)
    return len(plan.times)


def _backtested(config: Config, run: PlannedRun, window: Window) -> list[Event]:
    """Return the events of a backtest of the same days, with its benchmarks and, on the last day, its random timing."""
    market, settings, extras = run.plan.market, config.benchmarks, extras_of(run.strategy, run.decisions)
    variants = extras.variants(market)
    runs = run_benchmarks(
        market, run.plan, window, variants, settings.trend_days, run.stressed, own_benchmark(config, market)
    )
    book = run_exact(run.plan)
    events = with_interest(runs.beside(book.events), runs.cash(), cash_rate(config, market))
    timing = {
        name: value
        for name, value in band_of(book, extras, settings.random_shifts).summary().items()
        if value is not None
    }
    last = events[-1]
    return [*events[:-1], replace(last, random_timing=timing)] if isinstance(last, Valuation) else events
