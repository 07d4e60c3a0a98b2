"""Define `bot backtest`: run a strategy over history into a run folder."""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    SetOption,
    console,
    market_line,
    number,
    parse_changes,
    parse_day,
    percent,
    print_json,
    require_one_market,
)
from bot.cli.peek import note_command
from bot.cli.warning_output import warning_lines
from bot.core.errors import ConfigError
from bot.core.invariants import not_none
from bot.core.plural import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bot.backtest.run import Run
    from bot.report.labels import Labels


def backtest(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    start: Annotated[str | None, typer.Option(help="First day of trading, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of trading, YYYY-MM-DD.")] = None,
    set_: SetOption = None,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", min=2, max=1000, help="Seeds of the demo; by default `demo.spread_seeds`, 10."),
    ] = None,
    capacity: Annotated[
        bool, typer.Option("--capacity", help="Run it with start capitals of 10,000 to a billion too.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The run folder; by default a new one in logs/runs.")] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the run; commands find it by name.")] = "",
    note: Annotated[str, typer.Option("--note", help="Text about the run, for `bot runs show`.")] = "",
    every: Annotated[bool, typer.Option("--warnings", help="Show every warning; by default three.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Backtest the config's strategy, its benchmarks and random timing on the same data and costs.

    Without --data-dir it runs on the store that `bot data update` fills, or, without a store, on the demo market:
    synthetic prices, which say nothing about real markets.

    Example: bot backtest --data-dir prices --start 2016-01-01 --set rotation.entry=gated
    """
    from bot.backtest.run import run_backtest
    from bot.data.demo.demo_market import DEMO
    from bot.report.labels import labels_of
    from bot.services.markets import chosen, missing_of_store, store_path
    from bot.settings.loader import load_config

    # A run makes hundreds of thousands of small objects and hardly a reference cycle. Python's default interval of
    # cycle collection costs a tenth of its time.
    gc.set_threshold(100_000)
    require_one_market(market, data_dir)
    screen = console(to_error=as_json)
    first, last = parse_day(start, "--start"), parse_day(end, "--end")
    of_seeds = {} if seeds is None else {"demo.spread_seeds": seeds}
    resolved = load_config(config, {**parse_changes(set_), **of_seeds})
    prices = chosen(resolved, data_dir, market)
    if seeds is not None and prices != DEMO:
        raise ConfigError("is for the demo market", where="--seeds", mend="leave it out, or add --market demo")
    screen.print(market_line(prices), markup=False, soft_wrap=True)
    # A user with a store expects real prices, and must see why this run has none.
    if prices == DEMO and market == "auto" and store_path(resolved).is_file():
        screen.print(f"(The store has no {', '.join(missing_of_store(resolved))} yet.)", markup=False)
    with _progress(screen, resolved.demo.spread_seeds if prices == DEMO else 0) as advance:
        run = run_backtest(
            resolved,
            data_dir,
            first,
            last,
            market=market,
            save=True,
            out=out,
            capacity=capacity,
            name=name,
            note=note,
            advance=advance,
            command=shlex.join(["bot", *sys.argv[1:]]),
        )
    note_command(resolved.state, "bot backtest", date.fromisoformat(run.summary["end"]))
    _show(screen, run, labels_of(resolved.resolved(), name=run.name), every)
    if as_json:
        print_json(_as_json(run))


@contextmanager
def _progress(screen: Console, seeds: int) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each seed. A terminal shows a progress bar."""
    from rich.progress import Progress

    with Progress(console=screen, transient=True, disable=not (seeds and screen.is_terminal)) as progress:
        task = progress.add_task("Seeds of the demo", total=seeds or None)
        yield lambda: progress.advance(task)


def _as_json(run: Run) -> dict[str, object]:
    folder = not_none(run.folder, "the folder of a saved run")
    return {
        "run_id": run.run_id,
        "run_dir": str(folder.path),
        "strategy": run.name,
        "market": run.market,
        "summary": dict(run.summary),
        "warnings": run.summary["warnings"],
        **({"strategy_check": run.strategy_check} if run.strategy_check else {}),
    }


def _show(screen: Console, run: Run, labels: Labels, every: bool) -> None:
    from bot.report.interest import interest_note

    folder, summary = not_none(run.folder, "the folder of a saved run"), run.summary
    span = f"{summary['start']} to {summary['end']}, {summary['periods_per_year']} periods a year"
    if not labels.is_rotation:
        screen.print(f"Strategy: {labels.strategy.title}", markup=False, soft_wrap=True)
    screen.print(f"{span}. Paper only, not advice.")
    screen.print(f"{summary['universe']['line']}.", markup=False)
    if "trigger" in summary:
        screen.print(f"{summary['trigger']['line']}.", markup=False)
        for fault in summary["trigger"]["faults"]:
            screen.print(f"[yellow]Warning:[/] {_escaped(fault)}", soft_wrap=True)
    screen.print(summary["order_size"]["line"], markup=False)
    screen.print()
    screen.print(_figures_table(run, labels))
    if "cash_interest" in summary:
        screen.print(interest_note(summary["cash_interest"]["symbol"]), markup=False)
    if "capacity" in summary:
        from bot.report.capacity_table import capacity_sentences

        screen.print(_capacity_table(summary["capacity"]))
        for sentence in capacity_sentences(summary["capacity"]):
            screen.print(sentence, markup=False, soft_wrap=True)
    for line in _timing_lines(summary["random_timing"], labels):
        screen.print(line, markup=False, soft_wrap=True)
    if "survivorship" in summary:
        screen.print(f"{summary['survivorship']['line']}.", markup=False)
    if labels.is_rotation:
        screen.print(f"The thesis on this data: {summary['study']['line']}.", markup=False, soft_wrap=True)
        screen.print(f"Breakouts: {_episodes_line(summary['episodes'])}.")
    if run.worlds is not None:
        _show_worlds(screen, summary["worlds"])
    # The gravest come first, so the cut leaves out the least.
    at_head = summary.get("trigger", {}).get("faults", [])
    warnings = summary["warnings"][len(at_head) :]
    shown = "latest" if folder.path.parent.name == "runs" else str(folder.path)
    for line in warning_lines(warnings, screen.width, every, f"all with: bot runs show {shown} --warnings"):
        screen.print(line, markup=False, soft_wrap=True, style="yellow" if line[0].isdigit() else None)
    if run.strategy_check:
        screen.print(run.strategy_check, markup=False, soft_wrap=True)
    screen.print(f"\nReport: {_escaped(str(folder.path / 'report.html'))}", soft_wrap=True)


def _timing_lines(found: Mapping[str, Any], labels: Labels) -> list[str]:
    """Format the random-timing band, or why it is left out."""
    from bot.report.headline import timing_left_out
    from bot.report.numbers import share_of_cases

    if left_out := timing_left_out(found):
        return [left_out]
    low, high = percent(found["total_return_5"]), percent(found["total_return_95"])
    return [
        f"{labels.strategy.timing}: {low} to {high} in nine of ten cases.",
        f"{share_of_cases(found['at_least_as_well']).capitalize()} of random timings did at least as well.",
    ]


def _figures_table(run: Run, labels: Labels) -> Table:
    from rich import box
    from rich.table import Table

    from bot.report.interest import interest_shares
    from bot.report.words import figures_name

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("")  # a name with the last day of a benchmark may take two lines, figures may not
    interest = interest_shares(run.summary)
    columns = ("Total\nreturn", "CAGR", "Drawdown", "Sharpe", "Exposure", "Trades", *(["Interest"] if interest else []))
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for name, figures in {"strategy": run.summary["strategy"], **run.summary["benchmarks"]}.items():
        table.add_row(
            figures_name(name, figures, labels),
            percent(figures["total_return"]),
            percent(figures["cagr"]),
            percent(figures["max_drawdown"]),
            number(figures["sharpe"]),
            number(figures["exposure"]) if figures["exposure"] is None else f"{figures['exposure']:.0%}",
            number(figures["trades"], 0),
            *([percent(interest.get(name))] if interest else []),
            style="bold" if name == "strategy" else None,
        )
    return table


def _capacity_table(found: Mapping[str, Any]) -> Table:
    from rich import box
    from rich.table import Table

    from bot.report.capacity_table import capacity_rows, capacity_title
    from bot.report.numbers import to_ascii

    title = f"{capacity_title(found)} (spread and impact in bp, delay in points)"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, title=title, title_justify="left")
    head, *rows = capacity_rows(found)
    for name in head:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(to_ascii(cell) for cell in row))
    return table


def _episodes_line(counts: dict[str, int]) -> str:
    parts = [f"{n} {outcome}" for outcome, n in counts.items() if outcome != "total"]
    return f"{counts['total']} in all" + (f" ({', '.join(parts)})" if parts else "")


def _show_worlds(screen: Console, worlds: dict[str, Any]) -> None:
    if "absent" not in worlds:
        found = ", ".join(percent(worlds[f"total_return_{at}"]) for at in (5, 50, 95))
        screen.print(f"\nDemo markets of {worlds['seeds']} seeds (5%, median, 95% of total return): {found}.")
        screen.print("One path is no evidence: see how far chance alone spreads the results.")
        return
    screen.print(f"\nDemo markets, {counted(worlds['seeds'], 'seed')} each (5%, median, 95% of total return):")
    for world, label in (("absent", "without effect"), ("planted", f"with an effect of {worlds['thesis_strength']:g}")):
        spread = [percent(worlds[world][f"total_return_{at}"]) for at in (5, 50, 95)]
        screen.print(f"  {label:24} {spread[0]:>9} {spread[1]:>9} {spread[2]:>9}")
    screen.print("One path is no evidence: see how far chance alone spreads the results.")


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
