"""Define `bot review story` and `bot review why`: the story of a record, and the reasons of a day."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.complete_names import complete_records
from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    parse_day,
    print_json,
    require_one_market,
)
from bot.cli.peek import note_command
from bot.cli.whole_summaries import WholeSummaries
from bot.core.errors import ConfigError
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
    typer.Option(
        "--run",
        "-r",
        help="A ledger's name, a run's, or `latest`; by default `paper`, else the newest run.",
        autocompletion=complete_records,
    ),
]
RecordArgument = Annotated[
    str | None, typer.Argument(help="A ledger's name, a run's, or `latest`.", autocompletion=complete_records)
]
MarkdownTextOption = Annotated[bool, typer.Option("--md", help="Markdown on standard output.")]


class StoryFirst(WholeSummaries):
    """Command group whose default command is `story`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert `story` before a first word that is another than a command."""
        # `bot review paper` is the story of that ledger, so an unknown word is a name.
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["story", *args]
        return super().parse_args(ctx, args)


review = typer.Typer(cls=StoryFirst, help="Review a run or a ledger: what was done on each day, and why. Read-only.")


def record_name(argument: str | None, option: str | None) -> str | None:
    """Return the name of a record from the argument or from --run. Raises ConfigError if both are given."""
    if argument is not None and option is not None:
        raise ConfigError("the record is named twice", where=f"{argument} and --run {option}", mend="keep one")
    return option if argument is None else argument


def record_of(config: Path | None, name: str | None) -> Record:
    """Open the record that a user names, fixed to its present rows, to show its outcomes.

    Raises LedgerError, ConfigError.
    """
    from bot.settings.loader import load_config

    return shown_record(load_config(config).state, name)


def shown_record(state: Path, name: str | None) -> Record:
    """Open a record of a state folder to show its outcomes, which the log of plans then knows. Raises LedgerError."""
    from bot.core.events import Valuation
    from bot.review.recording import find_record

    # Pinned: a daemon may add rows while a command reads, and two tables of one answer must agree.
    record = find_record(state, name).pinned()
    valued = record.last_event(Valuation)
    note_command(state, "bot review", None if valued is None else valued.event.day)
    return record


def labels_for(record: Record, config: Path | None) -> Labels:
    """Return the labels of a record, by the config that its ledger was written with. Raises ConfigError."""
    from bot.review.record_labels import labels_of_record
    from bot.settings.loader import load_config

    return labels_of_record(record, load_config(config))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, without control characters that a terminal would obey."""
    for line in lines:
        typer.echo(printable(line, kept="\n"))


@review.command()
def story(
    run: RecordArgument = None,
    since: Annotated[str | None, typer.Option(help="First day, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All entries; by default the newest twelve.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_markdown: MarkdownTextOption = False,
) -> None:
    """Show the story of a run: the verdict, stage changes or trades, costs, and days to look at.

    Example: bot review latest --all
    """
    from bot.cli.list_output import format_of
    from bot.cli.review.text_output import story_lines, story_markdown
    from bot.review.story import story_of
    from bot.settings.loader import load_config

    style = format_of(as_json, False, as_markdown)
    record = record_of(config, run)
    found = story_of(
        record,
        labels_for(record, config),
        parse_day(since, "--since"),
        parse_day(until, "--until"),
        every,
        load_config(config).state,
    )
    if style == "json":
        print_json(found.as_dict())
    else:
        print_lines(story_markdown(found) if style == "md" else story_lines(found, not writes_unicode()))


@review.command()
def why(
    day: Annotated[str, typer.Argument(help="The day of the decision, YYYY-MM-DD, or `latest`.")] = "latest",
    run: RunOption = None,
    with_odds: Annotated[
        bool,
        typer.Option("--odds", help="Also show how often days as near a record led to a breakout; reads the prices."),
    ] = False,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_markdown: MarkdownTextOption = False,
) -> None:
    """Explain the decision of a day: its readings, the nearest triggers, and the orders.

    Example: bot review why 2020-11-20 --run latest
    """
    from bot.cli.list_output import format_of
    from bot.cli.review.text_output import odds_lines, why_lines, why_markdown
    from bot.review import why as days

    style = format_of(as_json, False, as_markdown)
    require_one_market(market, data_dir)
    record = record_of(config, run)
    labels = labels_for(record, config)
    found = days.why(record, days.last_day(record) if day == "latest" else _day(day), labels)
    if with_odds and not labels.is_rotation:
        raise ConfigError("--odds is for the rotation only", where=labels.strategy.title, mend="leave it out")
    past = _odds(record, found.day, config, data_dir, market) if with_odds else None
    if style == "json":
        print_json({**found.as_dict(), **({"odds": past.as_dict() if past else None} if with_odds else {})})
        return
    print_lines(why_markdown(found, labels) if style == "md" else why_lines(found, labels))
    if with_odds:
        print_lines(odds_lines(past, as_list=style == "md"))


def _odds(record: Record, day: date, config: Path | None, data_dir: Path | None, market: str) -> Odds | None:
    """Return the odds of the past, on the named prices or on those of the run."""
    from bot.review.why.sessions import config_of, market_of, odds_at

    resolved = config_of(record, config)
    return odds_at(resolved, market_of(record, resolved, data_dir, market), day)


def writes_unicode() -> bool:
    """Return True if standard output takes letters beyond ASCII."""
    return (sys.stdout.encoding or "ascii").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def _day(text: str) -> date:
    return not_none(parse_day(text, "DAY"), "the day")
