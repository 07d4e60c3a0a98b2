"""Run a sweep: every set of a grid on one market, in chunks, checked against full backtests at its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from bot.backtest.engines.exact import run_exact
from bot.backtest.figures import figures_of
from bot.core.errors import ConfigError
from bot.core.install_hint import install_command
from bot.core.market import Market
from bot.core.plural import counted
from bot.core.window import Window
from bot.infra.version import __version__
from bot.services.call_arguments import config_argument, date_argument, folder_argument, path_argument, require_word
from bot.services.markets import open_market
from bot.services.plans import window_of
from bot.settings.loader import CONFIG_FOLDER, Config
from bot.simulation.compiling import code_hash, is_compiled
from bot.simulation.prepared_market import require_simulated
from bot.sweep.chunks import Backend, chunks_of
from bot.sweep.comparison import comparison_of
from bot.sweep.contradictions import require_consistent, require_runnable
from bot.sweep.evidence import evidence_of
from bot.sweep.exact_set import planned_set
from bot.sweep.grid import Sampler, load_grid
from bot.sweep.page.sweep_page import write_report
from bot.sweep.sweep_file import SweepFile
from bot.sweep.sweep_inputs import SweepInputs
from bot.sweep.thread_backend import run_on_threads

CHUNK = 250
"""Sets of a chunk: a stop loses at most one on each thread."""
BackendName = Literal["threads", "dask"]
DEFAULT_GRID = CONFIG_FOLDER / "grid.yaml"
GRID_FILE = "the path of a YAML file, as docs/sweep.md describes it"
_SECONDS_INTERPRETED, _MINUTES_ALLOWED = 0.3, 30
_RELATIVE = 1e-9
WORTH_COMPILING = 100
"""Sets from which on compiling takes less time than it saves."""


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """Options of a sweep: the grid, how sets are drawn from it, and the days of trading."""

    grid: Path
    sampler: Sampler = "grid"
    sets: int | None = None
    seed: int = 0
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class CheckedSet:
    """A set of the sweep that was run by the full engine as well."""

    place: str
    number: int
    final_equity: float


def run_sweep(
    grid: Path | str = DEFAULT_GRID,
    data_dir: Path | str | None = None,
    *,
    config: Path | str | Config | None = None,
    market: str = "auto",
    name: str = "sweep",
    sampler: Sampler = "grid",
    sets: int | None = None,
    seed: int = 0,
    start: date | str | None = None,
    end: date | str | None = None,
    resume: bool = False,
    advance: Callable[[int, int], None] = lambda done, total: None,
    backend: BackendName = "threads",
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Run every set of a grid and return the table: set, every varied key, and the figures.

    `table.attrs["evidence"]` has what the best set rests on: trials, deflated Sharpe ratio, PBO, episodes and plateau.

    Parameters
    ----------
    grid
        YAML file of the grid.
    data_dir, market
        Prices, as for `run_backtest`.
    config
        The config that the sets vary.
    name
        Name of the sweep; its rows are kept in `logs/sweeps`.
    sampler, sets, seed
        How sets are drawn.
    start, end
        First and last UTC day of trading, as dates or ISO text.
    resume
        Go on with a sweep that was stopped.
    advance
        Called with the number of finished and of all sets.
    backend, scheduler
        "threads" of this machine, or "dask" with the address of a scheduler, as `tcp://HOST:PORT`.

    Raises
    ------
    BotError
        An error of `bot.core.errors`. Finished chunks are kept.
    """
    resolved = config_argument(config)
    grid_file = path_argument("grid", grid, GRID_FILE)
    days = date_argument("start", start), date_argument("end", end)
    options = SweepOptions(grid_file, sampler, sets, seed, *days)
    file = SweepFile.named(resolved.state, name)
    # Connected first: a scheduler that is absent is said before prices are read.
    with backend_of(backend, scheduler) as run_chunks:
        opened = open_market(resolved, folder_argument("data_dir", data_dir), market)
        sweep(resolved, opened, options, file, resume, advance, run_chunks)
    table, found = file.table(), evidence_of(file)
    if found is not None:
        table.attrs["evidence"] = found.as_dict()
    return table


def sweep(
    config: Config,
    market: Market,
    options: SweepOptions,
    file: SweepFile,
    resume: bool,
    advance: Callable[[int, int], None],
    run_chunks: Backend = run_on_threads,
) -> list[CheckedSet]:
    """Run the sets that the file lacks, check the best, the median and the worst by the full engine, write the report.

    Raises
    ------
    AssertionError
        If a full backtest gives another result, which is a bug.
    """
    require_simulated(config)
    drawn = list(load_grid(options.grid, config).sets(options.sampler, options.sets, options.seed))
    require_consistent(drawn, config, options.grid)
    _require_feasible(len(drawn))
    window = window_of(market, options.start, options.end)
    require_runnable(drawn, market, window, options.grid)
    file.begin({**plan_of(config, market, window, drawn), "sampler": options.sampler}, resume)
    inputs = SweepInputs(config, market, window, len(drawn) >= WORTH_COMPILING)
    chunks = chunks_of(drawn, CHUNK)
    done = file.done()
    finished = sum(len(chunks[number]) for number in done)
    advance(finished, len(drawn))
    for number, rows in run_chunks(inputs, {n: c for n, c in chunks.items() if n not in done}):
        file.add(number, rows)
        finished += len(rows)
        advance(finished, len(drawn))
    checked = checked_sets(config, market, window, file.table(), drawn)
    file.keep_comparison(comparison_of(config, market, window))
    write_report(file)
    return checked


def plan_of(config: Config, market: Market, window: Window, drawn: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    """Return what decides the rows of a sweep, by hash: its sets, config, data, days and code."""
    data = {symbol: market[symbol].sha256 for symbol in sorted(market)}
    return {
        "grid": _sha256(list(map(dict, drawn))),
        "count": len(drawn),
        "config": config.fingerprint(),
        "data": _sha256(data),
        "days": [str(window.start), str(window.end)],
        "market": market.name,
        "version": __version__,
        "code": code_hash(),
    }


def checked_sets(
    config: Config, market: Market, window: Window, table: pd.DataFrame, drawn: Sequence[Mapping[str, object]]
) -> list[CheckedSet]:
    """Run the best, the median and the worst set by the full engine, and hold the sweep against it."""
    order = table["final_equity"].sort_values(ascending=False, kind="stable").index
    places = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    found = []
    for place, row in places.items():
        number = int(table["set"][row])
        exact = figures_of(run_exact(planned_set(config, market, window, drawn[number], "sweep")), config.start_equity)
        for name in ("total_return", "max_drawdown", "exposure"):
            expected, was = float(str(exact[name])), float(table[name][row])
            if abs(was - expected) > _RELATIVE * max(1.0, abs(expected)):
                differ = f"the sweep and the exact engine disagree on {name} of set {number}"
                raise AssertionError(f"{differ}: {was}, {expected}")
        if int(str(exact["trades"])) != int(table["trades"][row]):
            raise AssertionError(f"the sweep and the exact engine disagree on the trades of set {number}")
        found.append(CheckedSet(place, number, float(table["final_equity"][row])))
    return found


@contextmanager
def backend_of(name: BackendName, scheduler: str | None) -> Iterator[Backend]:
    """Yield the backend of this name, connected.

    Raises
    ------
    ConfigError
        If the backend is unknown, or the options contradict each other.
    ClusterError
        If the scheduler does not answer.
    """
    require_word("--backend", name, get_args(BackendName))
    if (name == "dask") != (scheduler is not None):
        given = "--backend dask" if scheduler is None else "--scheduler"
        needed = "--scheduler tcp://HOST:PORT" if scheduler is None else "--backend dask"
        raise ConfigError(f"needs {needed}", where=given)
    if scheduler is None:
        yield run_on_threads
        return
    from bot.sweep.dask_backend import dask_backend

    with dask_backend(scheduler) as run_chunks:
        yield run_chunks


def _require_feasible(count: int) -> None:
    minutes = count * _SECONDS_INTERPRETED / 60
    if not is_compiled() and minutes > _MINUTES_ALLOWED:
        raise ConfigError(
            f"{counted(count, 'set')} would take about {counted(minutes, 'minute')} without numba",
            where="--sets",
            expected=f"at most {_MINUTES_ALLOWED} minutes",
            mend=f"{install_command('sweep')}, or fewer sets",
        )


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
