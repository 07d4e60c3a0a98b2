"""Command line of `bot`: each command is imported at its use, so that a command waits for its own modules alone."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer

from bot.cli.whole_summaries import WholeSummaries
from bot.infra.version import __version__

_MODULES = {
    "backtest": "bot.cli.backtest",
    "check": "bot.cli.check",
    "new-strategy": "bot.cli.new_strategy",
    "signal": "bot.cli.signal",
    "watch": "bot.cli.watch",
    "runs": "bot.cli.runs",
    "doctor": "bot.cli.doctor",
    "dashboard": "bot.cli.dashboard",
    "data": "bot.cli.data",
    "paper": "bot.cli.paper.paper_group",
    "review": "bot.cli.review.review_group",
    "study": "bot.cli.study",
    "sweep": "bot.cli.sweep",
    "walkforward": "bot.cli.walkforward",
    "config": "bot.cli.config",
    "venue": "bot.cli.venue",
}
"""Commands and groups in the order of the help, with the module of each; its attribute has the command's name."""


@cache
def command_line(first_word: str = "") -> typer.Typer:
    """Return the command line: the command that the first word names alone, or all of them if it names none."""
    names = [first_word] if first_word in _MODULES else _MODULES
    app = typer.Typer(
        cls=WholeSummaries,
        help="Watch small caps, rotate a paper portfolio, and review the result. Paper only, not advice.",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # its boxes take longer to load than all commands
    )
    app.callback()(_options)
    for name in names:
        found: Any = getattr(import_module(_MODULES[name]), name.replace("-", "_"))
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command()(found)
    return app


def _print_version(is_requested: bool) -> None:
    if is_requested:
        typer.echo(__version__)
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that come before a command."""
