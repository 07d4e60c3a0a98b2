"""Define `bot review verify` and `bot review salvage`: check a ledger, and save the valid rows of a damaged one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import ConfigOption, JsonOption, console, end_with, print_json
from bot.cli.review.review_commands import RecordArgument, RunOption, record_name
from bot.core.errors import ConfigError, LedgerError
from bot.core.plural import counted

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from bot.review.integrity.verify import IntegrityCheck
    from bot.review.recording import Record
    from bot.settings.loader import Config

files = typer.Typer()


@files.command()
def verify(
    ledger: RecordArgument = None,
    run: RunOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every ledger and every complete run.")] = False,
    head: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="N:HASH", help="A head that you kept elsewhere; may be given more than once."),
    ] = None,
    head_file: Annotated[
        Path | None, typer.Option("--head-file", help="A file of notices with heads that you kept elsewhere.")
    ] = None,
    anchors: Annotated[
        bool, typer.Option("--anchors", help="Verify the time-stamps of `bot paper anchor` too, offline.")
    ] = False,
    ca: Annotated[
        Path | None,
        typer.Option("--ca", help="Certificate of the authority (PEM or DER); by default anchor.certificate."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a ledger: its chain, orders and books, and the files of a run. Prints a line for each check.

    Chain: every row is as it was written and in its place. Orders: each belongs to a decision, ends once, and is filled
    up to its quantity at most. Books: cash, holdings and equity of each day follow from fills, settlements and marks,
    to the last digit. Heads: the record contains each head that you kept, from a notice or from `bot paper status`; a
    cut end or a chain written anew lacks it. Anchors: a time-stamp authority proves that the rows up to a row existed
    then; a chain written anew later has another hash there. A failed check names the row and ends with exit code 5.

    Example: bot review verify --all
    """
    from bot.review.integrity.kept_heads import parse_head, read_heads
    from bot.review.integrity.verify import verify
    from bot.review.recording import all_records, find_record
    from bot.settings.loader import load_config

    name = record_name(ledger, run)
    if every and name is not None:
        raise ConfigError("contradict each other", where=f"{name} and --all", mend="keep one")
    if every and (head or head_file):
        raise ConfigError("contradict each other", where="--all and --head", mend="a head is one of a single ledger")
    if every and anchors:
        raise ConfigError("contradict each other", where="--all and --anchors", mend="verify one ledger at a time")
    kept, resolved = [parse_head(text) for text in head or ()], load_config(config)
    trusted = _trusted(resolved, anchors, ca)
    records = all_records(resolved.state) if every else [find_record(resolved.state, name).pinned()]
    screen, faults, verified = console(to_error=as_json), [], []
    for record in records:
        if len(records) > 1:
            screen.print(record.name, markup=False)
        heads = kept + (read_heads(head_file, record.name) if head_file else [])
        with _progress(record) as advanced:
            checks = verify(record, advanced, heads, trusted)
        for check in checks:
            screen.print(_line(check), markup=False)
        faults += [check.fault for check in checks if check.fault is not None]
        verified.append({"record": record.name, "checks": [_as_dict(check) for check in checks]})
    if not records:
        screen.print("There is no ledger or run to verify yet.", markup=False)
    end_with(faults[0] if faults else None, as_json, {"verified": verified})


@files.command()
def salvage(
    file: Annotated[Path, typer.Argument(help="The damaged ledger; it stays as it is.")],
    to: Annotated[Path, typer.Option(help="The new ledger; a path that is free.")],
    as_json: JsonOption = False,
) -> None:
    """Save the valid rows of a damaged ledger into a new one, and report the lost ones.

    It saves the rows from the first to the last of an unbroken chain. They are read page by page, so the file may be
    cut off or overwritten anywhere.

    Example: bot review salvage logs/ledgers/paper.sqlite3 --to saved.sqlite3
    """
    from dataclasses import asdict

    from bot.review.integrity.salvage import salvage

    found = salvage(file, to)
    if as_json:
        print_json({"to": str(to), **asdict(found)})
    screen = console(to_error=as_json)
    lines = [f"Saved rows 1 to {found.rows:,}, up to {found.until[:10]}, each verified by its hash, into {to}."]
    if found.unproved:
        lines.append(
            f"Lost: {counted(found.unproved, 'row')} up to row {found.highest:,}, readable but without a valid hash, "
            f"of {found.first_lost[:10]} to {found.last_lost[:10]}."
        )
    if found.unread:
        lines.append(f"Lost: {found.unread:,} unreadable bytes, cut off or overwritten.")
    if not found.unproved and not found.unread:
        lines.append("Every row in the file is saved. Rows cut off its end leave no trace: compare the hash you kept.")
    for line in lines:
        screen.print(line, markup=False)


def _trusted(config: Config, anchors: bool, ca: Path | None) -> list[Certificate] | None:
    """Return the authority's certificates, if anchors are to be verified. Raises ConfigError."""
    if not anchors:
        if ca is not None:
            raise ConfigError("is the certificate of anchors", where="--ca", mend="add --anchors")
        return None
    from bot.infra.timestamp_token import load_certificates

    file = ca or config.anchor.certificate
    if file is None:
        mend = "docs/anchors.md says where to get it"
        raise ConfigError("need the authority's certificate: --ca FILE", where="--anchors", mend=mend)
    return load_certificates(file)


def _line(check: IntegrityCheck) -> str:
    return f"{check.name:6} {'FAILED' if check.fault else 'valid':6} {check.message}"


def _as_dict(check: IntegrityCheck) -> dict[str, object]:
    fault = None if check.fault is None else str(check.fault)
    proofs = {"proofs": [proof.to_dict() for proof in check.proofs]} if check.proofs else {}
    return {"name": check.name, "whole": check.fault is None, "message": check.message, "fault": fault, **proofs}


@contextmanager
def _progress(record: Record) -> Iterator[Callable[[int], object]]:
    """Yield a function to call with the number of rows read. A terminal shows a bar for a long ledger."""
    from rich.progress import Progress

    screen = console(to_error=True)
    try:
        rows = record.count()
    except LedgerError:
        rows = 0  # the check itself reports the damage
    with Progress(console=screen, transient=True, disable=rows < _LONG or not screen.is_terminal) as progress:
        task = progress.add_task("Reading", total=rows)
        yield lambda read: progress.advance(task, read)


_LONG = 200_000
"""Rows that take about two seconds to verify."""
