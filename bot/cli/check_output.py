"""Output of `bot data check`: the verdict, faults by kind, and the details of each series."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.core.plural import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bot.services.data_check import Checked

_NAMED = 12
"""Newest revisions that are listed."""
_EXAMPLES = 5
"""Series that are named beside a kind of fault."""


def print_check(screen: Console, found: Checked, in_detail: bool) -> None:
    """Print the verdict first, then the faults by kind, or with `in_detail` those of each series.

    Parameters
    ----------
    screen
        The terminal.
    found
        Result of the check.
    in_detail
        List each fault of each series, and the newest revisions.
    """
    for line in _verdict_lines(found):
        screen.print(line, markup=False)
    if found.rows:
        screen.print(_series_table(found) if in_detail else _kinds_table(found))
    for line in (*_revision_lines(found, in_detail), *_note_lines(found)):
        screen.print(line, markup=False)
    if found.rows and not in_detail:
        one = found.rows[0].symbol
        screen.print(f"Details: bot data check {one}, or all with --all.", markup=False)


def _verdict_lines(found: Checked) -> list[str]:
    """Return the number of series by verdict, then each quarantined series with its reason."""
    from bot.data.quality import Standing

    counts = found.counts
    words = {Standing.QUARANTINED: "quarantined", Standing.WARNED: "used with a warning", Standing.OK: "ok"}
    lines = [f"{counts.total()} series: {', '.join(f'{counts[one]} {text}' for one, text in words.items())}."]
    for verdict in found.quarantined:
        since = f"{verdict.quarantined_from:%Y-%m-%d %H:%M}"
        lines.append(f"{verdict.symbol} is quarantined from {since} UTC on: {verdict.quarantine_faults[0].text}.")
    return lines


def _kinds_table(found: Checked) -> Table:
    """Return a table of the kinds of faults, those that may falsify a price first."""
    from bot.core.data_fault import GRAVE

    table = _table(("Fault", "Series", "Rows", "Such as"))
    series = Counter(row.kind for row in found.rows)
    for kind in sorted(series, key=lambda kind: (kind not in GRAVE, -series[kind], kind)):
        rows = [row for row in found.rows if row.kind is kind]
        named = [row.symbol for row in sorted(rows, key=lambda row: -row.count)[:_EXAMPLES]]
        more = " ..." if len(rows) > len(named) else ""
        table.add_row(kind.label, f"{series[kind]:,}", f"{sum(row.count for row in rows):,}", ", ".join(named) + more)
    return table


def _series_table(found: Checked) -> Table:
    """Return a table of each kind of fault of each series, quarantined series first."""
    from bot.data.quality import Standing

    table = _table(("Series", "Verdict", "Fault", "First", "Last", "Rows"))
    for row in found.rows:
        style = "red" if row.standing is Standing.QUARANTINED else None
        cells = (row.symbol, row.standing.label, row.kind.label, str(row.first), str(row.last), f"{row.count:,}")
        table.add_row(*cells, style=style)
    return table


def _table(names: tuple[str, ...]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in names:
        # Dates break at no hyphen; the words of a fault may take two lines.
        is_number = name == "Rows" or (name == "Series" and names[0] != "Series")
        is_whole = is_number or name in ("First", "Last")
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_whole)
    return table


def _revision_lines(found: Checked, in_detail: bool) -> list[str]:
    """Return the number of revisions, and with `in_detail` the newest of a close."""
    if not found.revisions:
        return []
    # A close decides and values; other columns are revised daily and would fill the screen.
    of_close = [revision for revision in found.revisions if "close" in revision.changed]
    lines = []
    for revision in of_close[-_NAMED:] if in_detail else ():
        seen = datetime.fromtimestamp(revision.seen_at, UTC)
        change = f"{revision.close_before:g} became {revision.close:g}, seen {seen:%Y-%m-%d}"
        lines.append(f"{revision.symbol} {revision.date}: close {change}")
    others = len(found.revisions) - len(of_close)
    return [*lines, f"{counted(len(of_close), 'revision')} of a close, {others:,} of other columns."]


def _note_lines(found: Checked) -> list[str]:
    """Return the proposed closures and what was left unread, as sentences."""
    from bot.data.quality import closure_proposal

    closures = [closure_proposal(found.closures)] if found.closures else []
    return [note if note.endswith(" ...") else f"{note}." for note in (*closures, *found.notes)]
