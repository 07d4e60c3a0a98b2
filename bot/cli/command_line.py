"""Command line of `bot`: each command is imported at its use, so that a command waits for its own modules alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.main import get_group

from bot.cli.whole_summaries import WholeSummaries
from bot.infra.version import __version__

COMMANDS = {
    "backtest": (
        "bot.cli.backtest",
        "Backtest the config's strategy, its benchmarks and random timing on the same data and costs.",
    ),
    "check": ("bot.cli.check", "Check a strategy for look-ahead, warm-up, reproducibility and purity."),
    "new-strategy": (
        "bot.cli.new_strategy",
        "Write a commented strategy file, its test, and a config that names it.",
    ),
    "signal": (
        "bot.cli.signal",
        "Show the decision of one day: the stage and its reasons, each reading, the waterfall and the supercycle "
        "score.",
    ),
    "watch": (
        "bot.cli.watch",
        "Send alerts without a portfolio: stage changes, near misses, stale data and new looks of the registered plan.",
    ),
    "runs": ("bot.cli.runs", "List the runs, newest first; show, verify or remove one."),
    "doctor": (
        "bot.cli.doctor",
        "Check the config, the store, its freshness, the clock, the disk, the guard, keys, and every vendor.",
    ),
    "dashboard": ("bot.cli.dashboard", "Show ledgers and runs on read-only web pages, until Ctrl-C."),
    "walkforward": (
        "bot.cli.walkforward",
        "Choose the best parameter set on past days, trade it on the days that follow, and repeat.",
    ),
    "data": ("bot.cli.data", "Fetch live market data, and manage the store."),
    "paper": ("bot.cli.paper.paper_group", "Trade forward on paper: simulated fills on live public prices."),
    "review": (
        "bot.cli.review.review_group",
        "Review a run or a ledger: what was done on each day, and why.",
    ),
    "study": ("bot.cli.study", "Test the claim of a plan on a market, and write study.json and report.html."),
    "sweep": ("bot.cli.sweep", "Run the rotation with many parameter sets."),
    "config": ("bot.cli.config", "Check a config, show it resolved, or print its schema."),
    "venue": ("bot.cli.venue", "An exchange on this machine, Binance-compatible, with play money."),
}
"""Commands and groups in the order of the help: the module, whose attribute has the command's name, and the summary."""


class ImportedAtUse(Mapping[str, Any]):
    """Commands by name; the module of one is imported when the command is looked up."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return _imported(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class AllCommands(WholeSummaries):
    """Group of all commands. It writes its help from names alone, which is quick."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": ImportedAtUse()})

    def list_commands(self, ctx: Any) -> list[str]:
        """List the names in the order of the table."""
        return list(COMMANDS)

    def summaries(self, ctx: Any) -> list[tuple[str, str]]:
        """List the names and summaries of the table."""
        return [(name, summary) for name, (_, summary) in COMMANDS.items()]


@cache
def command_line() -> typer.Typer:
    """Return the command line with the commands of the table."""
    app = typer.Typer(
        cls=AllCommands,
        help="Watch small caps, rotate a paper portfolio, and review the result. Paper only, not advice.",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # its boxes take longer to load than all commands
    )
    app.callback()(_options)
    return app


@cache
def _imported(name: str) -> Any:
    """Import the module of a command and return the command as typer runs it."""
    found: Any = getattr(import_module(COMMANDS[name][0]), name.replace("-", "_"))
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command()(found)
    app.callback()(_options)
    return get_group(app).commands[name]


def _print_version(is_requested: bool) -> None:
    if is_requested:
        typer.echo(__version__)
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Print the traceback of an error and keep it in bot.log; also after a command."),
    ] = False,
) -> None:
    """Options that come before a command."""
