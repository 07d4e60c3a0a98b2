"""Tables and JSON of `bot data update` and `bot data list`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.core.plural import counted

if TYPE_CHECKING:
    from rich.console import Console

    from bot.data.store.stored import Coverage
    from bot.data.store.update_result import UpdateResult

_NAMED = 12
"""Symbols and revisions that are listed before the rest is counted."""


def print_coverage(screen: Console, found: Sequence[Coverage]) -> None:
    """Print the stored range of every series."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    counts = {
        "Revised": [row.revisions for row in found],
        "Sources changed": [len(row.source_changes) for row in found],
    }
    # Empty columns are left out, so that long symbols have room; if they fold, they can still be copied.
    counts = {name: values for name, values in counts.items() if any(values)}
    for name in ("Symbol", "Source", "First", "Last", "Rows", *counts):
        is_number = name == "Rows" or name in counts
        whole = name in ("First", "Last", "Rows")
        table.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=whole)
    for place, row in enumerate(found):
        more = [str(values[place] or "") for values in counts.values()]
        table.add_row(row.symbol, escape(row.source), row.first, row.last, f"{row.rows:,}", *more)
    screen.print(table)
    screen.print(f"{len(found)} series, {counted(sum(row.rows for row in found), 'row')}.")


def result_to_dict(result: UpdateResult) -> dict[str, object]:
    """Return a result as the JSON of `bot data update`."""
    return {
        "symbol": result.symbol,
        "vendor": result.vendor,
        "came": result.status,  # a key of version 0.1, as is "seams" below
        "new": result.new,
        "revised": result.revised,
        "last": result.last,
        "notes": list(result.notes),
        "problem": str(result.problem) if result.problem else None,
    }


def coverage_to_dict(row: Coverage) -> dict[str, object]:
    """Return a range as the JSON of `bot data list`."""
    return {
        "symbol": row.symbol,
        "source": row.source,
        "first": row.first,
        "last": row.last,
        "rows": row.rows,
        "revisions": row.revisions,
        "vintages": row.vintages,
        "last_seen_at": f"{datetime.fromtimestamp(row.last_seen_at, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "seams": [{"date": day, "source": source} for day, source in row.source_changes],
    }


def print_results(screen: Console, results: Sequence[UpdateResult]) -> None:
    """Print the count of each status, then the notes, then each error once with its series."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("", "Series", "New rows", "Revised"):
        table.add_column(name, justify="right" if name else "left")
    for status in dict.fromkeys(result.status for result in results):
        of_kind = [result for result in results if result.status is status]
        new, revised = sum(r.new for r in of_kind), sum(r.revised for r in of_kind)
        table.add_row(status.capitalize(), str(len(of_kind)), f"{new:,}", f"{revised:,}")
    screen.print(table)
    for result in results:
        for note in result.notes:
            screen.print(f"{result.symbol}: {note}.", markup=False, soft_wrap=True)
    # An outage fails for dozens of series with the same words: they are printed once.
    for reason, symbols in _by_reason(results).items():
        named = ", ".join(symbols[:_NAMED]) + (f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else "")
        screen.print(f"{named}: {reason}.", markup=False, soft_wrap=True)


def _by_reason(results: Sequence[UpdateResult]) -> Mapping[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.problem is not None:
            reasons.setdefault(f"{result.status}: {result.problem}", []).append(result.symbol)
    return reasons
