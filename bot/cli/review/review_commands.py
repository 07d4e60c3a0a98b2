"""`bot review`: what was done, why, and why nothing was done."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    parse_day,
    print_json,
    require_one_market,
)
from bot.core.invariants import not_none
from bot.core.text import printable

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from bot.report.labels import Labels
    from bot.review.recording import Record
    from bot.review.why.odds import Odds

RunOption = Annotated[
    str | None,
    typer.Option("--run", "-r", help="A ledger's name, a run's, or `latest`; by default `paper`, else the newest run."),
]
MarkdownTextOption = Annotated[bool, typer.Option("--md", help="Markdown on standard output.")]


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
    from bot.review.recording import find_record
    from bot.settings.loader import load_config

    return find_record(load_config(config).state, name).pinned()


def labels_for(record: Record, config: Path | None) -> Labels:
    """Return the labels of a record, by the config that its ledger was written with. Raises ConfigError."""
    from bot.review.record_labels import labels_of_record
    from bot.settings.loader import load_config

    return labels_of_record(record, load_config(config))


def say(lines: Iterable[str]) -> None:
    """Write lines as they are, without anything that a terminal would take for a command."""
    for line in lines:
        typer.echo(printable(line, kept="\n"))


@review.command()
def story(
    run: Annotated[str | None, typer.Argument(help="A ledger's name, a run's, or `latest`.")] = None,
    since: Annotated[str | None, typer.Option(help="Tell from this day on, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Tell up to this day, YYYY-MM-DD.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every stage change, not only the newest twelve.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_markdown: MarkdownTextOption = False,
) -> None:
    """Tell a run's story: the verdict first, then what happened stage by stage, trades, costs, what to look at.

    Example: bot review latest --all
    """
    from bot.cli.list_output import format_of
    from bot.cli.review.text_output import story_lines, story_markdown
    from bot.review.story.story import story_of

    asked = format_of(as_json, False, as_markdown)
    record = record_of(config, run)
    told = story_of(record, labels_for(record, config), parse_day(since, "--since"), parse_day(until, "--until"), every)
    if asked == "json":
        print_json(told.as_dict())
    else:
        say(story_markdown(told) if asked == "md" else story_lines(told, not writes_unicode()))


@review.command()
def why(
    day: Annotated[str, typer.Argument(help="The day of the decision, YYYY-MM-DD, or `latest`.")] = "latest",
    run: RunOption = None,
    with_odds: Annotated[
        bool,
        typer.Option("--odds", help="Also how often days as near a record led to a breakout; reads the prices."),
    ] = False,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_markdown: MarkdownTextOption = False,
) -> None:
    """Say why a day was what it was: each reading, what would have had to be different, and what was done.

    Example: bot review why 2020-11-20 --run latest
    """
    from bot.cli.list_output import format_of
    from bot.cli.review.text_output import odds_lines, why_lines, why_markdown
    from bot.review.why import why as days

    asked = format_of(as_json, False, as_markdown)
    require_one_market(market, data_dir)
    record = record_of(config, run)
    told = days.why(record, days.last_day(record) if day == "latest" else _day(day), labels_for(record, config))
    past = _odds(record, told.day, config, data_dir, market) if with_odds else None
    if asked == "json":
        print_json({**told.as_dict(), **({"odds": past.as_dict() if past else None} if with_odds else {})})
        return
    say(why_markdown(told) if asked == "md" else why_lines(told))
    if with_odds:
        say(odds_lines(past, as_list=asked == "md"))


def _odds(record: Record, day: date, config: Path | None, data_dir: Path | None, market: str) -> Odds | None:
    """The odds of the past, on the prices that a run was made on or those that are named."""
    from bot.review.why.sessions import config_of, market_of, odds_at

    resolved = config_of(record, config)
    return odds_at(resolved, market_of(record, resolved, data_dir, market), day)


def writes_unicode() -> bool:
    """Whether standard output takes letters beyond ASCII."""
    return (sys.stdout.encoding or "ascii").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def _day(text: str) -> date:
    return not_none(parse_day(text, "DAY"), "the day")
