"""`bot review`: two records side by side, and paper against a backtest of the same days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from bot.cli.review.review_commands import RunOption
from bot.core.errors import ConfigError, DataError, LedgerError
from bot.core.text import printable

if TYPE_CHECKING:
    from bot.review.compare.overlay import Overlay

comparing = typer.Typer()

LimitOption = Annotated[int, typer.Option(min=1, help="How many differences are listed, the newest ones.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a page with charts to this file as well.")]
_WIDTH = 60


@comparing.command()
def compare(
    a: Annotated[str, typer.Argument(help="A run, a ledger, or `latest`.")],
    b: Annotated[str, typer.Argument(help="The other one.")],
    limit: LimitOption = 40,
    html: HtmlOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    as_markdown: MarkdownOption = False,
) -> None:
    """Lay two runs or ledgers over each other: how they were made, what differs on the same days, and why.

    Only days that both decided count, and the others are told. Both equities begin at 1 on the first of them.

    Example: bot review compare latest paper
    """
    from bot.review.compare.compare import compare as lay_over
    from bot.review.compare.overlay_page import comparison_page
    from bot.review.recording import find_record

    asked, state = format_of(as_json, False, as_markdown), config_of(config).state
    records = find_record(state, a), find_record(state, b)
    with console(to_error=True).status("Reading both ..."):
        found = lay_over(*records)
    _write(html, lambda: comparison_page(found))
    data = _cut(found.as_dict(), limit)
    if asked == "json":
        print_json(data)
        return
    days, say = data["days_apart"], _sayer(asked)
    say(f"{data['summary']}.")
    for name, side in (("A", data["first"]), ("B", data["second"])):
        brokers = ", ".join(side["brokers"])
        say(f"{name}: {side['name']}, a {side['kind']}, {side['first_day']} to {side['last_day']}, {brokers}.")
    say(f"Not counted: {data['only_first']:,} days that only A decided, {data['only_second']:,} that only B decided.")
    if data["first_difference"] is None:
        say("No decision differs.")
    else:
        told = f"{days['stage']:,} in the stage, {days['weights']:,} in the weights, {days['reasons']:,} in the reasons"
        say(f"Decisions differ first on {data['first_difference']}, on {days['any']:,} days in all: {told}.")
    say(*data["notes"])
    _equity(say, found.overlay, "A", "B")
    _list(say, asked, "How they were made", data["made_otherwise"], {"name": "", "first": "A", "second": "B"})
    largest = [{**move, "difference": f"{move['difference']:+z.2%}"} for move in data["largest_days"]]
    titles = {"day": "Day", "difference": "B less A", "cause": "Cause", "apart_since": "Apart since"}
    _list(say, asked, "The days on which they parted most", largest, titles)
    rows = [{**row, "day": f"{row['day']}{_spell(row['days'])}"} for row in data["differences"]]
    titles = {"day": "Day", "symbol": "Coin", "cause": "Cause", "first": "A", "second": "B"}
    _list(say, asked, "What differs", rows, titles)
    _left_out(say, data)


@comparing.command()
def parity(
    ledger: Annotated[str | None, typer.Argument(help="A ledger, a run, or `latest`.")] = None,
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
    """Hold each day of a ledger against a backtest of it: decisions must be the same, fills lie within a band.

    The backtest runs on the store as it was first seen. For a replay or a rehearsal name the folder or the market that
    it was made from, where that is neither the store nor the demo. Exit code 3 if something differs that nothing
    explains; the days are named.

    Example: bot review parity paper
    """
    from bot.review.compare.backtest_of_ledger import parity_of
    from bot.review.compare.overlay_page import parity_page
    from bot.review.recording import find_record

    require_one_market(market, data_dir)
    if ledger is not None and run is not None:
        raise ConfigError("contradict each other", where="LEDGER and --run", mend="keep one")
    asked, resolved = format_of(as_json, False, as_markdown), config_of(config, set_)
    record = find_record(resolved.state, ledger or run)
    with console(to_error=True).status("Backtesting its days ..."):
        found = parity_of(resolved, record, data_dir, market)
    _write(html, lambda: parity_page(found))
    data, say = _cut(found.as_dict(), limit), _sayer(asked)
    if asked != "json":
        say(f"{data['summary']}.")
        _equity(say, found.overlay, "Backtest", "Paper")
        causes = [{"cause": cause, "count": count} for cause, count in data["causes"].items()]
        _list(say, asked, "Causes", causes, {"cause": "Cause", "count": "Differences"})
        titles = {"day": "Day", "symbol": "Coin", "cause": "Cause", "paper": "Paper", "backtest": "Backtest"}
        _list(say, asked, "What differs", data["differences"], titles | {"detail": "Because"})
        _left_out(say, data)
    days = ", ".join(map(str, found.unknown))
    fault = DataError(f"nothing explains what differs on {days}", where=found.name) if days else None
    end_with(fault, asked == "json", data)


# --- output --------------------------------------------------------------------------------------------------------


def _sayer(asked: Format) -> Callable[..., None]:
    """Prints paragraphs as they are, for a terminal or as Markdown."""
    screen = console()

    def say(*lines: str) -> None:
        for line in lines:
            plain = printable(line)
            told = f"{plain}\n" if asked == "md" else fill(plain, screen.width)
            screen.print(told, markup=False, soft_wrap=True)

    return say


def _equity(say: Callable[..., None], laid: Overlay, first: str, second: str) -> None:
    """The overlay in words and as two lines of blocks."""
    from bot.review.story.sparkline import sparkline

    told = laid.as_dict()
    if told["days"] < 2:
        say("There are not two valued days yet to lay over each other.")
        return
    days = f"Equity from {told['first_day']} to {told['last_day']}, both 1 on the first day"
    if not told["largest_difference"]:
        say(f"{days}: the same on every day.")
    else:
        apart = f"most apart {told['largest_difference']:+z.2%} on {told['largest_difference_on']}"
        say(f"{days}: {second} ends {told['difference_at_the_end']:+z.2%} against {first}; {apart}.")
    if told["tracking_difference"] is not None:
        root = f"the standard deviation of daily differences, times the root of {told['periods_per_year']}"
        say(f"Tracking difference {told['tracking_difference']:.2%} a year: {root}.")
    for name, curve in ((first, laid.first), (second, laid.second)):
        say(f"{sparkline(curve.tolist(), _WIDTH)} {name}")


def _spell(days: int) -> str:
    return f", {days:,} days" if days > 1 else ""


def _list(
    say: Callable[..., None], asked: Format, title: str, rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> None:
    """A table under its title; nothing where there are no rows."""
    if not rows:
        return
    if asked == "table":
        say("")
    say(f"## {title}" if asked == "md" else title)
    columns = [Column(key, name, key in ("count", "difference")) for key, name in titles.items()]
    print_list(title, columns, rows, asked)


def _left_out(say: Callable[..., None], data: Mapping[str, Any]) -> None:
    if data["differences_left_out"]:
        say(f"{data['differences_left_out']:,} older differences are left out: --limit shows more.")


def _cut(data: dict[str, Any], limit: int) -> dict[str, Any]:
    """The data with the newest differences, and how many were left out."""
    every = data["differences"]
    return {**data, "differences": every[-limit:], "differences_left_out": max(len(every) - limit, 0)}


def _write(path: Path | None, page: Callable[[], str]) -> None:
    """Write a page, if it was asked for. Raises LedgerError."""
    if path is None:
        return
    try:
        path.write_text(page(), encoding="utf-8")
    except OSError as problem:
        raise LedgerError(f"cannot be written: {problem.strerror}", where=str(path)) from None
    console(to_error=True).print(f"Wrote {path}", markup=False, soft_wrap=True)
