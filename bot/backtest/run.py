"""Backtest a config on a market and write the run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bot.backtest.backtest import Backtest, BacktestOptions, run
from bot.backtest.cash_interest import cash_rate
from bot.backtest.demo_worlds import compare_worlds
from bot.backtest.manifest import manifest
from bot.backtest.result_warnings import PegRule
from bot.backtest.run_display import chart_of, html_of, text_of
from bot.backtest.strategy_check import check_strategy
from bot.backtest.survivorship import survivorship_of
from bot.core.market import Market
from bot.core.window import Window
from bot.data.demo.demo_market import DEMO
from bot.infra.clock import SystemClock
from bot.ledger.newest_study import study_of_run
from bot.ledger.projections import project
from bot.ledger.run_folder import RunFolder, claim_run_folder, new_run_folder, removed_on_error
from bot.ledger.run_label import require_free_name, run_label
from bot.ledger.typed_tables import TypedTables
from bot.report.coin_trades import closes_of
from bot.report.contents import Band, Contents, Waterfall, Worlds
from bot.report.labels import PLAIN, Labels, labels_of
from bot.report.statistics import statistics_of
from bot.report.tear_sheet import render
from bot.services.call_arguments import config_argument, date_argument, folder_argument
from bot.services.markets import open_market
from bot.services.own_benchmark import OwnBenchmark, own_benchmark
from bot.services.plans import build_strategy, run_plan, window_of
from bot.services.run_key import run_key
from bot.services.signals import waterfall_over
from bot.services.trigger_report import trigger_of
from bot.services.universe import universe_of
from bot.settings.loader import Config
from strategies.rotation.view import Views

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CUTS = 24
"""Number of times at which the look-ahead check cuts the market for a user's own strategy."""


@dataclass(frozen=True, eq=False)
class Run:
    """A finished backtest as tables. `folder` has its files, if they were requested.

    `strategy_check` says what was checked of a user's own strategy, and what was left out; "" for the rotation. `name`
    is the strategy's own.
    """

    run_id: str
    market: str
    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    worlds: Worlds | None
    folder: RunFolder | None
    strategy_check: str = ""
    name: str = "rotation"
    labels: Labels = PLAIN
    write_report: Callable[[], str] = str

    def __repr__(self) -> str:
        return text_of(self.summary, self.labels)

    def _repr_html_(self) -> str:
        """Return the verdict and the figures as a small table, for a notebook."""
        return html_of(self.summary, self.labels)

    def report(self) -> str:
        """Return the whole report as HTML, which `bot backtest` writes to report.html."""
        return self.write_report()

    def chart(self, name: str = "equity") -> Figure:
        """Draw a chart as a plotly figure: "equity", "drawdown" or "weights". Raises ConfigError for another name."""
        return chart_of(name, self.tables, self.labels)

    @property
    def equity(self) -> pd.DataFrame:
        """Equity, cash, stage and each benchmark, by UTC day, at its close."""
        return self.tables["equity"]

    @property
    def decisions(self) -> pd.DataFrame:
        """Every decision with its weights, reasons and readings."""
        return self.tables["decisions"]

    @property
    def orders(self) -> pd.DataFrame:
        """Every order with its result."""
        return self.tables["orders"]

    @property
    def fills(self) -> pd.DataFrame:
        """Every fill."""
        return self.tables["fills"]

    @property
    def trades(self) -> pd.DataFrame:
        """Every round trip, first in, first out."""
        return self.tables["trades"]

    @property
    def episodes(self) -> pd.DataFrame:
        """Every breakout with its outcome."""
        return self.tables["episodes"]

    @property
    def metrics(self) -> pd.DataFrame:
        """The figures of the strategy and of each benchmark, a row each."""
        rows = {"strategy": self.summary["strategy"], **self.summary["benchmarks"]}
        figures = pd.DataFrame.from_dict(rows, orient="index")
        return figures.drop(columns="last_day", errors="ignore").astype(float)


def run_backtest(
    config: Path | str | Config | None = None,
    data_dir: Path | str | None = None,
    start: date | str | None = None,
    end: date | str | None = None,
    *,
    market: str = "auto",
    changes: Mapping[str, object] | None = None,
    save: bool = False,
    out: Path | str | None = None,
    capacity: bool = False,
    name: str = "",
    note: str = "",
    command: str = "run_backtest()",
    advance: Callable[[], None] = lambda: None,
) -> Run:
    """Backtest a config.

    Parameters
    ----------
    config
        Path of a YAML file, or a config; the default config if left out.
    data_dir
        Folder of CSV files; by default the store, or the demo market while the store is empty.
    start, end
        First and last UTC day of trading, as dates or ISO text; by default all days of the market.
    market
        "auto", "store" or "demo".
    changes
        Values laid over the file of the config.
    save, out
        Write the run's files to a new folder in the state folder, or to `out`.
    capacity
        Run the same decisions with other start capitals too, which takes some seconds.
    name
        Name of the run, by which commands find it; kept in the manifest. It is unique in a state folder.
    note
        Text about the run, kept in the manifest.
    command
        Text for the manifest.
    advance
        Called after each seed of the demo's spread.

    Returns
    -------
    Run
        Tables and figures.

    Raises
    ------
    BotError
        An error of `bot.core.errors`.
    """
    started = SystemClock().now()
    label = run_label(name, note)
    config, out = config_argument(config, changes), folder_argument("out", out)
    if save and out is None:
        require_free_name(config.state, label.name)
    found_market = open_market(config, folder_argument("data_dir", data_dir), market)
    window = window_of(found_market, date_argument("start", start), date_argument("end", end))
    key = run_key(config, found_market, window)
    folder, existed = None, out is not None and out.is_dir()
    # Before the run, so that a folder that cannot be written ends the command at once.
    if out is not None:
        folder = claim_run_folder(out)
    elif save:
        folder = new_run_folder(config.state / "runs", started, key)
    views = Views()
    with removed_on_error(folder, existed):
        found = backtest(config, found_market, window, views, capacity)
    # The effect is added to coins only: a fund has the same path with and without it.
    has_worlds = found_market.name == DEMO and found_market[found_market.roles.eth].kind.is_coin
    worlds = compare_worlds(config, advance) if has_worlds else None
    run_id = folder.run_id if folder else f"{started:%Y%m%dT%H%M%SZ}-{key[:8]}"
    projections = project(found.rows)
    tables = TypedTables(projections)
    study = _study(config, found_market)
    summary = {
        **found.summary,
        **study,
        **({"worlds": _worlds_summary(worlds)} if worlds else {}),
        **_trigger(config, found_market, window, found.summary),
        "universe": universe_of(found_market),
        **_survivorship(config, found_market, window, found.summary, tables),
        "statistics": statistics_of(tables["equity"], tables["trades"], float(config.start_equity)),
    }
    run_manifest = manifest(run_id, label, command, config, found_market, started, found)

    def report() -> str:
        # Made at the first use: it takes as long as all tables together.
        shown = None if config.strategy.is_own else waterfall_over(config, found_market, window, views)
        reported = tables.without("decisions", "readings")  # the report shows no reading
        return render(_contents(run_manifest, summary, reported, found, shown, worlds))

    if folder is not None:
        folder.write(found.rows, projections, run_manifest, summary, report())
    labels = labels_of(config.resolved(), found_market.name != DEMO, found.name)
    return Run(
        run_id,
        found_market.name,
        summary,
        tables,
        worlds,
        folder,
        found.strategy_check,
        found.name,
        labels,
        report,
    )


def _study(config: Config, market: Market) -> dict[str, object]:
    """Return the verdict of the newest study of the rotation's thesis on this data, for a run of the rotation."""
    if config.strategy.is_own:
        return {}
    return {"study": study_of_run(config.state, {symbol: series.sha256 for symbol, series in market.items()})}


def _trigger(config: Config, market: Market, window: Window, summary: Mapping[str, Any]) -> dict[str, object]:
    """Return the cross-check of the trigger, and the run's warnings with its faults before all others.

    Of the rotation only: a strategy of the user's own may read other series.
    """
    if config.strategy.is_own:
        return {}
    found = trigger_of(config, market, window)
    return {"trigger": found, "warnings": [*found["faults"], *summary["warnings"]]}


def _survivorship(
    config: Config, market: Market, window: Window, summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]
) -> dict[str, object]:
    """Return the part of the summary on survivorship, if the market has coins of live listings and of the archive."""
    bought = set(tables["fills"]["symbol"]) if len(tables["fills"]) else set()
    found = survivorship_of(config, market, window, float(summary["strategy"]["total_return"]), bought)
    return {} if found is None else {"survivorship": found}


def _worlds_summary(worlds: Worlds) -> dict[str, object]:
    """Return three percentiles of the total returns over all seeds, of each world."""
    spread = {
        world: {
            f"total_return_{percent}": round(float(worlds.spread[world].quantile(percent / 100)), 10)
            for percent in (5, 50, 95)
        }
        for world in ("absent", "planted")
        if world in worlds.spread
    }
    if worlds.planted is None:
        return {"seeds": len(worlds.spread), **spread["absent"]}
    return {"thesis_strength": worlds.strength, "seeds": len(worlds.spread), **spread}


def _contents(
    run_manifest: Mapping[str, Any],
    summary: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    found: Backtest,
    waterfall: Waterfall | None,
    worlds: Worlds | None,
) -> Contents:
    small_caps = found.market[found.market.roles.small_caps]
    closes = closes_of(small_caps)
    traded = set(tables["fills"]["symbol"])
    prices = {symbol: closes_of(series) for symbol, series in found.market.items() if symbol in traded}
    band = found.random_timing
    shown = None if band.is_left_out else Band(band.low, band.median, band.high)
    return Contents(run_manifest, summary, tables, closes, shown, waterfall, worlds, prices)


def _own(config: Config, market: Market) -> OwnBenchmark | None:
    """Make the user's benchmark and check its file as a strategy is checked. Raises ConfigError."""
    own = own_benchmark(config, market)
    if own is not None and own.strategy is not None:
        check_strategy(own.strategy, market, own.decisions, _CUTS)
    return own


def backtest(config: Config, market: Market, window: Window, views: Views, capacity: bool = False) -> Backtest:
    """Backtest the strategy of a config on a market."""
    plan = run_plan(config, market, window, run_key(config, market, window))
    # The project's tests check the rotation for look-ahead; a user's own file has no such tests.
    cuts = _CUTS if config.strategy.is_own else 0
    peg = PegRule(config.rotation.peg.below, config.rotation.peg.days)
    own = _own(config, market)
    shifts = config.benchmarks.random_shifts
    options = BacktestOptions(config.benchmarks.trend_days, shifts, cuts, peg, own, cash_rate(config, market), capacity)
    return run(market, build_strategy(config, views), plan, window, options)
