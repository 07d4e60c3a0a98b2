"""`bot review`: what was done, why, and why nothing was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bot.cli.console import ConfigOption

if TYPE_CHECKING:
    from pathlib import Path

    from bot.review.record import Record

RunOption = Annotated[
    str | None,
    typer.Option("--run", "-r", help="A ledger's name, a run's, or `latest`; by default `paper`, else the newest run."),
]


class StoryFirst(TyperGroup):
    """A group whose own name, with or without a run after it, tells the story."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take a first word that is no command for the run of the story."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["story", *args]
        return super().parse_args(ctx, args)


review = typer.Typer(cls=StoryFirst, help="What was done, why, and why nothing was done. Reads, and writes nothing.")


def record_of(config: Path | None, name: str | None) -> Record:
    """The record that a user names, as it stands now. Raises LedgerError, ConfigError."""
    from bot.config import load_config
    from bot.review.record import find_record

    return find_record(load_config(config).state, name).pinned()


@review.command()
def story(
    run: Annotated[str | None, typer.Argument(help="A ledger's name, a run's, or `latest`.")] = None,
    config: ConfigOption = None,
) -> None:
    """Tell a run's story: the verdict first, then stages, trades and costs.

    Example: bot review latest
    """
    record = record_of(config, run)
    typer.echo(f"{record.name}: {record.count():,} rows")
