"""Define `bot new-strategy`: write a commented template with its test."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from bot.cli.console import JsonOption, console, print_json


def new_strategy(
    name: Annotated[str, typer.Argument(help="Name of the strategy: lower-case letters, digits and _.")],
    folder: Annotated[
        Path, typer.Option("--folder", metavar="<path>", help="An existing folder for the files.")
    ] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write a commented strategy file, its test, and a config that names it.

    Existing files are kept: exit code 2 if one of the three names is taken.

    Example: bot new-strategy my_rule
    """
    from bot.services.strategy_template import write_template

    strategy, test, config = map(str, write_template(name, folder))
    if as_json:
        print_json({"strategy": strategy, "test": test, "config": config})
        return
    screen = console()
    for line in (
        f"Strategy: {strategy}",
        f"Test:     {test}",
        f"Config:   {config}",
        f"Try it:   bot backtest --config {quote(config)} --market demo",
        f"Check it: bot check {quote(strategy)} --market demo --quick",
    ):
        screen.print(line, markup=False, soft_wrap=True)
