"""Options, filters and notes of the lists of `bot review`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import console, parse_day
from bot.cli.list_output import Format
from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from bot.review.lists.filters import Page, RowFilter

NEWEST = 40
"""Rows of a table without --limit."""

SymbolOption = Annotated[str | None, typer.Option("--symbol", help="One coin.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="First day, YYYY-MM-DD.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Last day, YYYY-MM-DD, included.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="A reason code, such as kill_eth.")]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, help="Maximum number of rows; the newest are listed. By default 40 in a table, else all."
    ),
]


def row_filter(
    style: Format,
    symbol: str | None,
    since: str | None,
    until: str | None,
    reason: str | None,
    outcome: str | None,
    limit: int | None,
) -> RowFilter:
    """Make the filter of a list. Raises ConfigError."""
    from bot.review.lists.filters import RowFilter

    first, last = parse_day(since, "--since"), parse_day(until, "--until")
    if first is not None and last is not None and first > last:
        raise ConfigError("the list ends before it begins", expected=f"--until after {first}", was=str(last))
    return RowFilter(
        symbol and symbol.upper(), first, last, reason, outcome, limit or (NEWEST if style == "table" else None)
    )


def print_notes(style: Format, *lines: str) -> None:
    """Print notes under a table; on standard error if another program reads the list."""
    screen = console(to_error=style != "table")
    for line in lines:
        if line:
            screen.print(line, markup=False, soft_wrap=style != "table")


def left_out(found: Page[Any]) -> str:
    if not found.items:
        return "No row matches."
    more = f"{found.left_out:,} older left out: --limit {len(found.items) + found.left_out} shows all"
    return f"{more}, --since and --until select some." if found.left_out else ""
