"""`bot review`: whether a ledger can be believed, and what can be saved of one that is damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import ConfigOption, JsonOption, console, end_with, print_json
from bot.cli.review.review_commands import RunOption, record_of
from bot.core.errors import ConfigError, LedgerError

if TYPE_CHECKING:
    from bot.review.integrity.verify import IntegrityCheck
    from bot.review.recording import Record

files = typer.Typer()


@files.command()
def verify(
    run: RunOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every ledger, and every run that is complete.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that a ledger can be believed: chain, orders, books, and the files of a run. A line a check.

    Chain: no row was changed, put in or taken out. Orders: each is of a decision and ends once, none is filled beyond
    its quantity. Books: cash, holdings and equity of each day are what fills, settlements and marks make, to the last
    digit. Where one fails the row is named, and the exit code is 5.

    Example: bot review verify --all
    """
    from bot.review.integrity.verify import verify
    from bot.review.recording import all_records
    from bot.settings.loader import load_config

    if every and run is not None:
        raise ConfigError("contradict each other", where="--run and --all", mend="keep one")
    records = all_records(load_config(config).state) if every else [record_of(config, run)]
    screen, faults, told = console(to_error=as_json), [], []
    for record in records:
        if len(records) > 1:
            screen.print(record.name, markup=False)
        with _progress(record) as advanced:
            checks = verify(record, advanced)
        for check in checks:
            screen.print(_line(check), markup=False)
        faults += [check.fault for check in checks if check.fault is not None]
        told.append({"record": record.name, "checks": [_as_dict(check) for check in checks]})
    if not records:
        screen.print("There is nothing to verify yet.", markup=False)
    end_with(faults[0] if faults else None, as_json, {"verified": told})


@files.command()
def salvage(
    file: Annotated[Path, typer.Argument(help="The damaged ledger; it is not touched.")],
    to: Annotated[Path, typer.Option(help="The new ledger; it must not be there yet.")],
    as_json: JsonOption = False,
) -> None:
    """Save what is whole of a damaged ledger into a new one, and say what is lost.

    Saved are the rows from the first to the last of an unbroken chain. They are taken from the file page by page, so it
    may be cut off or overwritten anywhere.

    Example: bot review salvage logs/ledgers/paper.sqlite3 --to saved.sqlite3
    """
    from dataclasses import asdict

    from bot.review.integrity.salvage import salvage

    found = salvage(file, to)
    if as_json:
        print_json({"to": str(to), **asdict(found)})
    screen = console(to_error=as_json)
    lines = [f"Saved rows 1 to {found.rows:,}, up to {found.until[:10]}, each proved by its hash, into {to}."]
    if found.unproved:
        lines.append(
            f"Lost: {found.unproved:,} rows up to row {found.highest:,} that can be read but no longer proved, "
            f"of {found.first_lost[:10]} to {found.last_lost[:10]}."
        )
    if found.unread:
        lines.append(f"Lost: {found.unread:,} bytes that tell nothing, cut off or overwritten.")
    if not found.unproved and not found.unread:
        lines.append("Nothing in the file is lost. Rows cut off its end would leave no trace: see the hash you kept.")
    for line in lines:
        screen.print(line, markup=False)


def _line(check: IntegrityCheck) -> str:
    return f"{check.name:6} {'FAILED' if check.fault else 'whole':6} {check.message}"


def _as_dict(check: IntegrityCheck) -> dict[str, str | bool | None]:
    fault = None if check.fault is None else str(check.fault)
    return {"name": check.name, "whole": check.fault is None, "told": check.message, "fault": fault}


@contextmanager
def _progress(record: Record) -> Iterator[Callable[[int], object]]:
    """A function to be told of rows that were read; a bar is shown where somebody watches a long ledger."""
    from rich.console import Console
    from rich.progress import Progress

    screen = Console(stderr=True)
    try:
        rows = record.count()
    except LedgerError:
        rows = 0  # what is wrong with it is told by the check itself
    with Progress(console=screen, transient=True, disable=rows < _LONG or not screen.is_terminal) as progress:
        task = progress.add_task("Reading", total=rows)
        yield lambda read: progress.advance(task, read)


_LONG = 200_000
"""Rows that take about two seconds to verify."""
