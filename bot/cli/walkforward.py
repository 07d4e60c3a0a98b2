"""Define `bot walkforward`: choose parameter sets on past days and trade them on the days that follow."""

from __future__ import annotations

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
    market_line,
    parse_changes,
    parse_day,
    percent,
    print_json,
    require_one_market,
)
from bot.cli.peek import note_command

if TYPE_CHECKING:
    from rich.console import Console

    from bot.sweep.walk_forward import WalkForward


def walkforward(
    grid: Annotated[
        Path | None, typer.Option("--grid", "-g", help="A grid in YAML; by default config/grid.yaml.")
    ] = None,
    train: Annotated[str, typer.Option(help="Length of a training: 4y, 18m.")] = "4y",
    test: Annotated[str, typer.Option(help="Length of a test: 1y, 6m.")] = "1y",
    anchored: Annotated[bool, typer.Option("--anchored", help="Begin every training on the first day.")] = False,
    by: Annotated[
        Literal["sharpe", "total_return"], typer.Option(help="Figure by which a training chooses its set.")
    ] = "sharpe",
    config: ConfigOption = None,
    set_: SetOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    sampler: Annotated[
        Literal["grid", "random", "sobol"], typer.Option(help="Every combination, or sets drawn from the ranges.")
    ] = "grid",
    sets: Annotated[int | None, typer.Option(min=1, help="Number of sets; by default the whole grid.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
    name: Annotated[str | None, typer.Option(help="Name of the folder in logs/walkforward.")] = None,
    start: Annotated[str | None, typer.Option(help="First day of the first training, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of trading, YYYY-MM-DD.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the best parameter set on past days, trade it on the days that follow, and repeat.

    The joined curve of the tests stands beside the unchanged config and the set that was best in hindsight.

    Example: bot walkforward --data-dir prices --train 4y --test 1y
    """
    from bot.backtest.survivorship import survivorship_of_config
    from bot.core.window import Window
    from bot.services.markets import chosen, open_market
    from bot.services.universe import universe_of
    from bot.settings.loader import load_config
    from bot.sweep.folds import months_of
    from bot.sweep.sweep import DEFAULT_GRID
    from bot.sweep.walk_forward import WalkForwardOptions, walk_forward
    from bot.sweep.walk_forward_folder import claimed_folder, write_folder

    require_one_market(market, data_dir)
    screen, resolved = console(to_error=as_json), load_config(config, parse_changes(set_))
    options = WalkForwardOptions(
        grid or DEFAULT_GRID,
        months_of(train, "--train"),
        months_of(test, "--test"),
        anchored,
        by,
        sampler,
        sets,
        seed,
        parse_day(start, "--start"),
        parse_day(end, "--end"),
    )
    with claimed_folder(resolved.state, name) as folder:
        screen.print(market_line(chosen(resolved, data_dir, market)), markup=False, soft_wrap=True)
        opened = open_market(resolved, data_dir, market)
        universe = universe_of(opened)
        screen.print(f"{universe['line']}.", markup=False, soft_wrap=True)
        with screen.status("Preparing the market") as status:
            found = walk_forward(
                resolved, opened, options, lambda done, total: status.update(f"{done:,} of {total:,} sets")
            )
        note_command(resolved.state, "bot walkforward", found.folds[-1].fold.test.end)
        written = write_folder(found, folder, opened.name)
    _show(screen, found)
    # Of the tests alone, which are the days that the result is about.
    days = Window(found.folds[0].fold.test.start, found.folds[-1].fold.test.end)
    survivorship = survivorship_of_config(resolved, opened, days)
    if survivorship is not None:
        screen.print(f"{survivorship['line']}.", markup=False, soft_wrap=True)
    screen.print(f"Report: {folder / 'report.html'}", markup=False, soft_wrap=True)
    if as_json:
        made = {"folder": str(folder), **written, "universe": universe}
        print_json({**made, **({"survivorship": survivorship} if survivorship else {})})


def _show(screen: Console, found: WalkForward) -> None:
    from rich import box
    from rich.table import Table

    from bot.sweep.page.sweep_data import short_names, value_text
    from bot.sweep.walk_forward_page import NOT_SHOWN, hindsight_sentence, rank_text, result_sentence

    # Heads of two lines, one pad between columns and the number of sets in a head: 80 columns hold the whole table.
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("Test\nfrom", no_wrap=True)
    for column in (
        "Set",
        "Training\nreturn",
        "Training\nepisodes",
        "Test\nreturn",
        "Test\ndrawdown",
        "Test\nepisodes",
        f"Rank of\n{found.sets:,}",
    ):
        table.add_column(column, justify="right", no_wrap=True)
    for one in found.folds:
        table.add_row(
            str(one.fold.test.start),
            "config" if one.chosen is None else str(one.chosen),
            percent(_float(one.trained["total_return"])),
            str(one.trained["episodes"]),
            percent(_float(one.tested["total_return"])),
            percent(_float(one.tested["max_drawdown"])),
            str(one.tested["episodes"]),
            rank_text(one),
        )
    screen.print(table)
    chosen = {one.chosen: one.changes for one in found.folds if one.chosen is not None}
    for number, changes in sorted(chosen.items()):
        values = ", ".join(f"{name} {value_text(changes[key])}" for key, name in short_names(list(changes)).items())
        screen.print(f"Set {number}: {values}", markup=False, highlight=False)
    screen.print(result_sentence(found), markup=False, soft_wrap=True)
    screen.print(hindsight_sentence(found), markup=False, soft_wrap=True)
    screen.print(f"{NOT_SHOWN} Paper only, not advice.", markup=False, soft_wrap=True)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
