"""Define `bot sweep`: run many parameter sets, and read their table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    console,
    end_with,
    market_line,
    parse_day,
    percent,
    print_json,
    require_one_market,
)
from bot.core.errors import ConfigError, LedgerError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from bot.sweep.sweep import CheckedSet

sweep = typer.Typer(help="Run the rotation with many parameter sets.", invoke_without_command=True)
_SHOWN = 10


@sweep.callback()
def run(
    context: typer.Context,
    grid: Annotated[
        Path | None, typer.Option("--grid", "-g", help="A grid in YAML; by default config/grid.yaml.")
    ] = None,
    config: ConfigOption = None,
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
    as_json: JsonOption = False,
) -> None:
    """Run every parameter set of a grid on one market, with the rule that a backtest calls.

    Sets are kept in logs/sweeps in chunks; a stop loses the chunks under way. The best, the median and the worst set
    are run by the full engine as well.

    Example: bot sweep --data-dir prices --sampler sobol --sets 2000 --name wide
    """
    if context.invoked_subcommand is not None:
        return
    from bot.infra.clock import SystemClock
    from bot.services.markets import chosen, open_market
    from bot.settings.loader import load_config
    from bot.sweep.sweep import DEFAULT_GRID, SweepOptions
    from bot.sweep.sweep import sweep as run_sets
    from bot.sweep.sweep_file import SweepFile

    require_one_market(market, data_dir)
    screen, resolved = console(to_error=as_json), load_config(config)
    options = SweepOptions(
        grid or DEFAULT_GRID, sampler, sets, seed, parse_day(start, "--start"), parse_day(end, "--end")
    )
    file = SweepFile(_path_of(resolved.state, name))
    screen.print(market_line(chosen(resolved, data_dir, market)), markup=False, soft_wrap=True)
    opened = open_market(resolved, data_dir, market)
    clock = SystemClock()
    began = clock.now()
    with screen.status("Preparing the market") as status:

        def advance(done: int, total: int) -> None:
            spent = (clock.now() - began).total_seconds()
            left = f", about {spent / done * (total - done):,.0f} s left" if done else ""
            status.update(f"{done:,} of {total:,} sets{left}")

        checked = run_sets(resolved, opened, options, file, resume, advance)
    _show(screen, file.table(), checked)
    if as_json:
        print_json({"name": name, "file": str(file.path), "sets": _rows(file.table())})


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
    """Show the best sets of a sweep, with the number of trials and the episodes that they rest on.

    Example: bot sweep show wide
    """
    from bot.settings.loader import load_config
    from bot.sweep.sweep_file import find_sweep

    table = find_sweep(load_config(config).state, name).table()
    if as_json:
        print_json({"name": name, "sets": _rows(table)})
    else:
        _show(console(), table, [])


@sweep.command()
def export(
    name: Annotated[str, typer.Argument(help="Name of the sweep.")],
    to: Annotated[Path, typer.Option(help="The CSV file; it must be new.")],
    config: ConfigOption = None,
) -> None:
    """Write the table of a sweep to a CSV file.

    Example: bot sweep export wide --to wide.csv
    """
    from bot.ledger.text_file import write_text
    from bot.settings.loader import load_config
    from bot.sweep.sweep_file import find_sweep

    if to.exists():
        raise ConfigError("exists already", where=str(to), mend="name a new file")
    write_text(to, find_sweep(load_config(config).state, name).table().to_csv(index=False))


def _path_of(state: Path, name: str) -> Path:
    if not re.fullmatch("[A-Za-z0-9_-]{1,40}", name):
        expected = "at most 40 of A-Z, a-z, 0-9, - and _"
        raise ConfigError("is no valid name", where="--name", expected=expected, was=name)
    return state / "sweeps" / f"{name}.sqlite3"


def _show(screen: Console, table: pd.DataFrame, checked: list[CheckedSet]) -> None:
    from rich import box
    from rich.table import Table

    best = table.sort_values("final_equity", ascending=False, kind="stable").head(_SHOWN)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("set", "Return", "Drawdown", "Sharpe", "Trades", "Episodes", "Changes"):
        is_text = column == "Changes"
        shown.add_column(column, justify="left" if is_text else "right", overflow="fold" if is_text else "ellipsis")
    keys = [column for column in table.columns if "." in column]
    for _, row in best.iterrows():
        changes = ", ".join(f"{key.rpartition('.')[2]}={_value(row[key])}" for key in keys)
        sharpe = "" if row["sharpe"] != row["sharpe"] else f"{row['sharpe']:.2f}"
        shown.add_row(
            str(row["set"]),
            percent(row["total_return"]),
            percent(row["max_drawdown"]),
            sharpe,
            str(row["trades"]),
            str(row["episodes"]),
            changes,
        )
    screen.print(shown)
    middle = table["total_return"].quantile([0.05, 0.5, 0.95]).map(percent).tolist()
    screen.print(f"{len(table):,} sets (trials): 5% {middle[0]}, median {middle[1]}, 95% {middle[2]} of total return.")
    best_episodes = int(best["episodes"].iloc[0])
    screen.print(
        f"The best rests on {best_episodes} episodes: the highest of {len(table):,} results is high by luck alone. "
        "Paper only, not advice."
    )
    for one in checked:
        screen.print(f"Set {one.number} ({one.place}) is the same by the full engine: {one.final_equity:,.2f} USDT.")


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object).where(table.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
