"""Define `bot sweep`: run many parameter sets, and read their table."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    SetOption,
    console,
    end_with,
    market_line,
    parse_changes,
    parse_day,
    percent,
    print_json,
    require_one_market,
)
from bot.cli.peek import note_command
from bot.cli.whole_summaries import WholeSummaries
from bot.core.errors import LedgerError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from bot.sweep.evidence import Evidence
    from bot.sweep.sweep import CheckedSet

sweep = typer.Typer(cls=WholeSummaries, help="Run the rotation with many parameter sets.", invoke_without_command=True)
_SHOWN = 10


@sweep.callback()
def run(
    context: typer.Context,
    grid: Annotated[
        Path | None, typer.Option("--grid", "-g", help="A grid in YAML; by default config/grid.yaml.")
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    sampler: Annotated[
        Literal["grid", "random", "sobol"], typer.Option(help="Every combination, or sets drawn from the ranges.")
    ] = "grid",
    sets: Annotated[int | None, typer.Option(min=1, help="Number of sets; by default the whole grid.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
    name: Annotated[str, typer.Option(help="Name of the sweep.")] = "sweep",
    start: Annotated[str | None, typer.Option(help="First day of trading, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of trading, YYYY-MM-DD.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a sweep that was stopped.")] = False,
    backend: Annotated[
        Literal["threads", "dask"], typer.Option(help="Threads of this machine, or the workers of a Dask scheduler.")
    ] = "threads",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the Dask scheduler: tcp://HOST:PORT or tls://HOST:PORT.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run every parameter set of a grid on one market, with the rule that a backtest calls.

    Sets are kept in logs/sweeps in chunks; a stop loses the chunks under way. The best, the median and the worst set
    are run by the full engine as well.

    Example: bot sweep --data-dir prices --sampler sobol --sets 2000 --name wide
    """
    if context.invoked_subcommand is not None:
        return
    from bot.backtest.survivorship import survivorship_of_config
    from bot.core.window import Window
    from bot.infra.clock import SystemClock
    from bot.services.markets import chosen, open_market
    from bot.services.universe import universe_of
    from bot.settings.loader import load_config
    from bot.sweep.evidence import evidence_of
    from bot.sweep.sweep import DEFAULT_GRID, SweepOptions, backend_of
    from bot.sweep.sweep import sweep as run_sets
    from bot.sweep.sweep_file import SweepFile

    require_one_market(market, data_dir)
    screen, resolved = console(to_error=as_json), load_config(config, parse_changes(set_))
    options = SweepOptions(
        grid or DEFAULT_GRID, sampler, sets, seed, parse_day(start, "--start"), parse_day(end, "--end")
    )
    file = SweepFile.named(resolved.state, name)
    screen.print(market_line(chosen(resolved, data_dir, market)), markup=False, soft_wrap=True)
    clock = SystemClock()
    with backend_of(backend, scheduler) as run_chunks, screen.status("Preparing the market") as status:
        opened = open_market(resolved, data_dir, market)
        universe = universe_of(opened)
        screen.print(f"{universe['line']}.", markup=False, soft_wrap=True)
        began, earlier = clock.now(), None

        def advance(done: int, total: int) -> None:
            nonlocal earlier
            earlier = done if earlier is None else earlier
            status.update(_progress(done, total, earlier, (clock.now() - began).total_seconds()))

        checked = run_sets(resolved, opened, options, file, resume, advance, run_chunks)
    first, last = (date.fromisoformat(day) for day in file.plan()["days"])
    note_command(resolved.state, "bot sweep", last)
    survivorship = survivorship_of_config(resolved, opened, Window(first, last))
    table, found = file.table(), evidence_of(file)
    _show(screen, name, table, found, checked)
    if survivorship is not None:
        screen.print(f"{survivorship['line']}.", markup=False, soft_wrap=True)
    report = str(file.path.with_suffix(".html"))
    screen.print(f"Report: {report}", markup=False, soft_wrap=True)
    if as_json:
        made = {"name": name, "file": str(file.path), "report": report, **_as_data(table, found), "universe": universe}
        print_json({**made, **({"survivorship": survivorship} if survivorship else {})})


@sweep.command(name="list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the sweeps: number of sets, days of trading.

    A damaged sweep is marked, and its error ends the list with exit code 5.

    Example: bot sweep list
    """
    from bot.settings.loader import load_config
    from bot.sweep.sweep_file import sweeps_in

    rows: list[dict[str, Any]] = []
    # A damaged sweep must not hide the others, so its error waits until all are listed.
    damaged: dict[str, LedgerError] = {}
    for file in sweeps_in(load_config(config).state):
        try:
            rows.append({"name": file.name, "sets": file.count(), **file.plan()})
        except LedgerError as problem:
            damaged[file.name] = problem
    screen = console(to_error=as_json)
    for row in rows:
        line = f"{row['name']}: {row['sets']:,} of {row['count']:,} sets, {' to '.join(row['days'])}"
        screen.print(line, markup=False)
    for name in damaged:
        screen.print(f"{name}: damaged", markup=False)
    as_data = {"sweeps": rows, "damaged": [{"name": name, **one.as_dict()} for name, one in damaged.items()]}
    end_with(next(iter(damaged.values()), None), as_json, as_data)


@sweep.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of the sweep.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the best sets of a sweep, with the trials, the deflated Sharpe ratio, the PBO, the episodes and the plateau.

    Example: bot sweep show wide
    """
    from bot.settings.loader import load_config
    from bot.sweep.evidence import evidence_of
    from bot.sweep.sweep_file import find_sweep

    file = find_sweep(load_config(config).state, name)
    table, found = file.table(), evidence_of(file)
    if as_json:
        print_json({"name": name, **_as_data(table, found)})
    else:
        _show(console(), name, table, found, [])


@sweep.command()
def report(
    name: Annotated[str, typer.Argument(help="Name of the sweep.")],
    config: ConfigOption = None,
) -> None:
    """Write the report of a sweep as one HTML file: all results, best sets, neighbourhoods, parallel coordinates.

    Example: bot sweep report wide
    """
    from bot.settings.loader import load_config
    from bot.sweep.page.sweep_page import write_report
    from bot.sweep.sweep_file import find_sweep

    path = write_report(find_sweep(load_config(config).state, name))
    console().print(f"Report: {path}", markup=False, soft_wrap=True)


@sweep.command()
def export(
    name: Annotated[str, typer.Argument(help="Name of the sweep.")],
    to: Annotated[Path, typer.Option(help="A new file: .csv or .parquet.")],
    config: ConfigOption = None,
) -> None:
    """Write the table of a sweep to a file: CSV or Parquet, by its suffix.

    Example: bot sweep export wide --to wide.parquet
    """
    from bot.settings.loader import load_config
    from bot.sweep.sweep_file import find_sweep
    from bot.sweep.table_file import export_table

    export_table(find_sweep(load_config(config).state, name), to)


def _progress(done: int, total: int, earlier: int, spent: float) -> str:
    """Format the finished sets and the time left. The `earlier` ones, of a sweep that is resumed, took no time here."""
    left = f", about {spent / (done - earlier) * (total - done):,.0f} s left" if done > earlier else ""
    return f"{done:,} of {total:,} sets{left}"


def _show(screen: Console, name: str, table: pd.DataFrame, found: Evidence | None, checked: list[CheckedSet]) -> None:
    from rich import box
    from rich.table import Table

    from bot.report.numbers import to_ascii
    from bot.sweep.evidence import ranked
    from bot.sweep.neighbours import varied_keys

    if found is None:
        screen.print("The sweep has no sets yet.")
        return
    keys = varied_keys(table)
    # Named once: with its key beside each value a set would fill seven lines.
    screen.print(f"Values in the order of: {', '.join(keys)}.", markup=False)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Set", "Total return", "Drawdown", "Sharpe", "Trades", "Episodes", "Values"):
        is_text = column == "Values"
        shown.add_column(column, justify="left" if is_text else "right", overflow="fold" if is_text else "ellipsis")
    # Records keep the type of each column; a row of numbers alone would turn its integers into floats.
    for row in table.loc[ranked(table)[:_SHOWN]].to_dict("records"):
        values = ", ".join(_value(row[key]) for key in keys)
        has_sharpe = row["sharpe"] is not None and row["sharpe"] == row["sharpe"]  # a set without a trade has none
        shown.add_row(
            str(row["set"]),
            percent(row["total_return"]),
            percent(row["max_drawdown"]),
            f"{row['sharpe']:.2f}" if has_sharpe else "",
            str(row["trades"]),
            str(row["episodes"]),
            values,
        )
    screen.print(shown)
    if len(table) > _SHOWN:
        listed = f"{_SHOWN} of {len(table):,} sets, best first. All: bot sweep export {name} --to {name}.csv"
        screen.print(listed, markup=False, soft_wrap=True)
    low, middle, high = table["total_return"].quantile([0.05, 0.5, 0.95]).map(percent).tolist()
    screen.print(f"Total return of all sets: 5% {low}, median {middle}, 95% {high}.")
    for sentence in found.sentences():
        screen.print(to_ascii(sentence), markup=False, soft_wrap=True)
    for one in checked:
        equity = f"final equity {one.final_equity:,.2f}"
        screen.print(f"Set {one.number} ({one.place}) is the same by the full engine: {equity}.")
    screen.print("Paper only, not advice.")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _as_data(table: pd.DataFrame, found: Evidence | None) -> dict[str, Any]:
    """Return the sets of a sweep and the evidence for the best of them."""
    plain = table.astype(object).where(table.notna(), None)
    rows = [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
    return {"evidence": None if found is None else found.as_dict(), "sets": rows}
