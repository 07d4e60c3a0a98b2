"""The ledger: an append-only file of events, each row chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.core.moments import ONE_DAY
from bot.ledger.codec import encode
from bot.ledger.ledger_file import FAULTS, open_to_read, open_to_write
from bot.sqlite_file import back_up

GENESIS = "0" * 64

RawRow = tuple[int, str, str, str, str]
"""Sequence, kind, moment, body as JSON, and hash, as they stand in the file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the ledger keeps it: `at` is ISO-8601 UTC, money in `body` is decimal text."""

    sequence: int
    kind: str
    at: str
    body: dict[str, Any]


def chained_hash(previous: str, sequence: int, kind: str, at: str, body: str) -> str:
    """The SHA-256 of a row and of the hash before it."""
    return hashlib.sha256("\n".join((previous, str(sequence), kind, at, body)).encode()).hexdigest()


def as_rows(events: Iterable[Event]) -> list[Row]:
    """Events as the ledger keeps them, numbered from 1."""
    return [Row(sequence, *encode(event)) for sequence, event in enumerate(events, start=1)]


def write_ledger(path: Path, rows: Iterable[Row]) -> str:
    """Write a new ledger in one transaction and return the hash of its last row.

    Raises LedgerError if the file exists or cannot be written.
    """
    if path.exists():
        raise LedgerError("the ledger exists already", where=str(path), mend="a run never overwrites another")
    head = GENESIS
    chained = []
    for row in rows:
        body = json.dumps(row.body, separators=(",", ":"))  # in its own order, which the CSVs follow
        head = chained_hash(head, row.sequence, row.kind, row.at, body)
        chained.append((row.sequence, row.kind, row.at, body, head))
    with closing(open_to_write(path)) as connection, FAULTS.transaction(connection, path):
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", chained)
    return head


def read_ledger(path: Path) -> Iterator[Row]:
    """The rows of a ledger, in order. Raises LedgerError if the file is no ledger, or of a newer version."""
    with closing(open_to_read(path)) as connection:
        for sequence, kind, at, body, _ in _raw_rows(connection, path):
            yield Row(sequence, kind, at, json.loads(body))


def read_rows(
    path: Path,
    kinds: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    newest_first: bool = False,
    limit: int | None = None,
) -> Iterator[Row]:
    """The rows of some kinds, of all if none is named, whose moment lies from a day to a day, in order.

    Raises LedgerError if the file is no ledger, or of a newer version.
    """
    conditions, values = _conditions(kinds, since, until)
    order = "DESC" if newest_first else "ASC"
    query = f"SELECT sequence, kind, at, body FROM events {conditions} ORDER BY sequence {order} LIMIT ?"
    with closing(open_to_read(path)) as connection, FAULTS.told(path):
        for sequence, kind, at, body in connection.execute(query, (*values, -1 if limit is None else limit)):
            yield Row(sequence, kind, at, json.loads(body))


def count_rows(path: Path, kinds: Sequence[str] = ()) -> int:
    """How many rows a ledger has of some kinds, or in all. Raises LedgerError."""
    conditions, values = _conditions(kinds, None, None)
    with closing(open_to_read(path)) as connection, FAULTS.told(path):
        (count,) = connection.execute(f"SELECT count(*) FROM events {conditions}", values).fetchone()
    return int(count)


def _conditions(kinds: Sequence[str], since: date | None, until: date | None) -> tuple[str, list[str]]:
    """A WHERE clause and its values."""
    parts, values = [], list(kinds)
    if kinds:
        parts.append(f"kind IN ({', '.join('?' * len(kinds))})")
    if since is not None:
        parts.append("at >= ?")
        values.append(since.isoformat())
    if until is not None:
        parts.append("at < ?")
        values.append((until + ONE_DAY).isoformat())
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def verify_ledger(path: Path) -> tuple[int, str]:
    """Check the whole chain and return the number of rows and the hash of the last.

    Raises LedgerError that names the first row that is missing or was changed. Only who kept the last hash
    elsewhere can tell that rows were cut off the end.
    """
    with closing(open_to_read(path)) as connection:
        return verify_rows(connection, path)


def verify_rows(connection: sqlite3.Connection, path: Path) -> tuple[int, str]:
    """As `verify_ledger`, of an open ledger."""
    count, head = 0, GENESIS
    for count, *_, head in checked_rows(connection, path):  # noqa: B007 - the last ones are what is wanted
        pass
    return count, head


def checked_rows(connection: sqlite3.Connection, path: Path) -> Iterator[RawRow]:
    """The rows of an open ledger, in order, each held against the chain. Raises LedgerError that names a bad one."""
    head = GENESIS
    for expected, row in enumerate(_raw_rows(connection, path), start=1):
        sequence, kind, at, body, recorded = row
        if sequence != expected:
            raise LedgerError(f"row {expected} is missing", where=str(path), was=f"row {sequence} in its place")
        head = chained_hash(head, sequence, kind, at, body)
        if head != recorded:
            raise LedgerError(f"row {sequence} ({kind} at {at}) was changed after it was written", where=str(path))
        yield row


def back_up_ledger(path: Path, target: Path) -> tuple[int, str]:
    """Copy a ledger while others may use it, check the copy's chain, and return its number of rows and last hash.

    Raises LedgerError; never overwrites a file.
    """
    back_up(FAULTS, path, open_to_read, target, verify_rows)
    return verify_ledger(target)


def _raw_rows(connection: sqlite3.Connection, path: Path) -> Iterator[RawRow]:
    with FAULTS.told(path):
        yield from connection.execute("SELECT sequence, kind, at, body, hash FROM events ORDER BY sequence")
