"""Define `bot review compare` and `bot review parity`: two records, or paper and its backtest, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.complete_names import complete_records
from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    MarketOption,
    SetOption,
    console,
    end_with,
    print_json,
    require_one_market,
)
from bot.cli.list_output import Column, Format, MarkdownOption, format_of, print_list
from bot.cli.paper.options import config_of
from bot.cli.review.review_commands import RecordArgument, RunOption, record_name, shown_record
from bot.core.errors import DataError
from bot.core.plural import counted
from bot.core.text import printable
from bot.ledger.text_file import write_text

if TYPE_CHECKING:
    from bot.review.compare.overlay import Overlay

comparing = typer.Typer()

LimitOption = Annotated[int, typer.Option(min=1, help="Maximum number of differences; the newest are listed.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Also write a page with charts to this file.")]
_WIDTH = 60
_MOST_SERIES = 10
"""Largest number of series that the provenance lists on screen: two markets differ in hundreds."""


@comparing.command()
def compare(
    a: Annotated[str, typer.Argument(help="A run, a ledger, or `latest`.", autocompletion=complete_records)],
    b: Annotated[
        str, typer.Argument(help="The other one, which is measured against A.", autocompletion=complete_records)
    ],
    limit: LimitOption = 40,
    html: HtmlOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """Compare two runs or ledgers: provenance, differences on the same days, and their causes.

    Days that both decided are compared; the others are counted. Both equities begin at 1 on the first common day.

    Example: bot review compare latest paper
    """
    from bot.review.compare.compare import compare as compare_records
    from bot.review.compare.overlay_page import comparison_page

    style, state = format_of(as_json, False, as_markdown), config_of(config).state
    records = shown_record(state, a), shown_record(state, b)
    # On standard error, so that a pipe gets the result alone.
    with console(to_error=True).status("Reading both ..."):
        found = compare_records(*records)
    _write(html, lambda: comparison_page(found))
    data = _cut(found.as_dict(), limit)
    if style == "json":
        print_json(data)
        return
    days, say = data["days_apart"], _paragraph_printer(style)
    say(f"{data['summary']}.")
    for name, side in (("A", data["first"]), ("B", data["second"])):
        brokers = ", ".join(side["brokers"])
        say(f"{name}: {side['name']}, a {side['kind']}, {side['first_day']} to {side['last_day']}, {brokers}.")
    first, second = data["only_first"], data["only_second"]
    say(f"Left out: {counted(first, 'day')} that only A decided, {second:,} that only B decided.")
    if data["first_difference"] is None:
        say("No decision differs.")
    else:
        by_kind = (
            f"{days['stage']:,} in the stage, {days['weights']:,} in the weights, {days['reasons']:,} in the reasons"
        )
        by_kind += f", {days['stops']:,} in the stops" if days["stops"] else ""
        differing = counted(days["any"], "day")
        say(f"Decisions differ first on {data['first_difference']}, on {differing} in all: {by_kind}.")
    say(*data["notes"])
    _equity(say, found.overlay, "A", "B")
    made, others = _few_series(data["made_otherwise"])
    _list(say, style, "Provenance", made, {"name": "", "first": "A", "second": "B"})
    if others:
        say(f"{others:,} more series differ, or only one side has them: --json lists them.")
    largest = [{**move, "difference": f"{move['difference']:+z,.2%}"} for move in data["largest_days"]]
    titles = {"day": "Day", "difference": "B less A", "cause": "Cause", "apart_since": "Differ since"}
    _list(say, style, "Days of the largest difference", largest, titles)
    rows = [{**row, "day": f"{row['day']}{_spell(row['days'])}"} for row in data["differences"]]
    titles = {"day": "Day", "symbol": "Coin", "cause": "Cause", "first": "A", "second": "B"}
    _list(say, style, "Differences", rows, titles)
    _left_out(say, data)


@comparing.command()
def parity(
    ledger: RecordArgument = None,
    run: RunOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    limit: LimitOption = 40,
    html: HtmlOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """Compare each day of a ledger with its backtest: decisions must be equal, and fills lie within a band.

    The backtest runs on the store as it was first seen. For a replay or a rehearsal name its folder or market, unless
    it is the store or the demo. Exit code 3 if a difference is unexplained; its days are named.

    Example: bot review parity paper
    """
    from bot.review.compare.backtest_of_ledger import CONFIG_CHANGED, parity_of
    from bot.review.compare.overlay_page import parity_page

    require_one_market(market, data_dir)
    name = record_name(ledger, run)
    style, resolved = format_of(as_json, False, as_markdown), config_of(config, set_)
    record = shown_record(resolved.state, name)
    with console(to_error=True).status("Backtesting its days ..."):
        found = parity_of(resolved, record, data_dir, market)
    _write(html, lambda: parity_page(found))
    data, say = _cut(found.as_dict(), limit), _paragraph_printer(style)
    if style != "json":
        say(f"{data['summary']}.")
        if not found.days and CONFIG_CHANGED in found.left_out:
            say("They are of another config or version. A ledger keeps a hash of its config: name it with --config.")
        _equity(say, found.overlay, "Backtest", "Paper")
        causes = [{"cause": cause, "count": count} for cause, count in data["causes"].items()]
        _list(say, style, "Causes", causes, {"cause": "Cause", "count": "Differences"})
        titles = {"day": "Day", "symbol": "Coin", "cause": "Cause", "paper": "Paper", "backtest": "Backtest"}
        _list(say, style, "Differences", data["differences"], titles | {"detail": "Because"})
        _left_out(say, data)
    days = ", ".join(map(str, found.unknown))
    fault = DataError(f"unexplained differences on {days}", where=found.name) if days else None
    end_with(fault, style == "json", data)


# --- output --------------------------------------------------------------------------------------------------------


def _paragraph_printer(style: Format) -> Callable[..., None]:
    """Return a function that prints paragraphs, for a terminal or as Markdown."""
    screen = console()

    def say(*lines: str) -> None:
        for line in lines:
            plain = printable(line)
            text = f"{plain}\n" if style == "md" else fill(plain, screen.width, break_on_hyphens=False)
            screen.print(text, markup=False, soft_wrap=True)

    return say


def _equity(say: Callable[..., None], overlay: Overlay, first: str, second: str) -> None:
    """Print the overlay of both equities, in words and as two lines of blocks."""
    from bot.review.story.sparkline import sparkline

    figures = overlay.as_dict()
    if figures["days"] < 2:
        say("Fewer than two common days have a value: there is no curve yet.")
        return
    days = f"Equity from {figures['first_day']} to {figures['last_day']}, both 1 on the first day"
    if not figures["largest_difference"]:
        say(f"{days}: the same on every day.")
    else:
        largest = f"largest difference {figures['largest_difference']:+z,.2%} on {figures['largest_difference_on']}"
        say(f"{days}: {second} ends {figures['difference_at_the_end']:+z,.2%} against {first}; {largest}.")
    if figures["tracking_difference"] is not None:
        root = f"the standard deviation of daily differences, times the root of {figures['periods_per_year']}"
        say(f"Tracking difference {figures['tracking_difference']:.2%} a year: {root}.")
    for name, curve in ((first, overlay.first), (second, overlay.second)):
        say(f"{sparkline(curve.tolist(), _WIDTH)} {name}")


def _few_series(made: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """Return differences in provenance with the first series alone, and the number of the others."""
    series = [one for one in made if one["kind"] == "data"]
    left = series[_MOST_SERIES:]
    return [one for one in made if one not in left], len(left)


def _spell(days: int) -> str:
    return f", {counted(days, 'day')}" if days > 1 else ""


def _list(
    say: Callable[..., None], style: Format, title: str, rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> None:
    """Print a table under its title, if it has rows."""
    if not rows:
        return
    if style == "table":
        say("")
    say(f"## {title}" if style == "md" else title)
    columns = [Column(key, name, key in ("count", "difference")) for key, name in titles.items()]
    print_list(title, columns, rows, style)


def _left_out(say: Callable[..., None], data: Mapping[str, Any]) -> None:
    if data["differences_left_out"]:
        say(f"{data['differences_left_out']:,} older differences are left out: --limit shows more.")


def _cut(data: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return the data with the newest differences and the count of the others."""
    every = data["differences"]
    return {**data, "differences": every[-limit:], "differences_left_out": max(len(every) - limit, 0)}


def _write(path: Path | None, page: Callable[[], str]) -> None:
    """Write a page to a file, if one is named. Raises LedgerError."""
    if path is None:
        return
    write_text(path, page())
    console(to_error=True).print(f"Wrote {path}", markup=False, soft_wrap=True)
