"""The ledger: an append-only file of events, each row chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.ledger.codec import encode

SCHEMA_VERSION = 1
GENESIS = "0" * 64
SCHEMA = f"""
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


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
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)
            with connection:
                connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", chained)
    except sqlite3.Error as problem:
        raise LedgerError(f"cannot be written: {problem}", where=str(path)) from None
    return head


def read_ledger(path: Path) -> Iterator[Row]:
    """The rows of a ledger, in order. Raises LedgerError if the file is no ledger of this version."""
    for sequence, kind, at, body, _ in _raw_rows(path):
        yield Row(sequence, kind, at, json.loads(body))


def verify_ledger(path: Path) -> tuple[int, str]:
    """Check the whole chain and return the number of rows and the hash of the last.

    Raises LedgerError that names the first row that is missing or was changed. Only who kept the last hash
    elsewhere can tell that rows were cut off the end.
    """
    head, count = GENESIS, 0
    for sequence, kind, at, body, recorded in _raw_rows(path):
        count += 1
        if sequence != count:
            raise LedgerError(f"row {count} is missing", where=str(path), was=f"row {sequence} in its place")
        head = chained_hash(head, sequence, kind, at, body)
        if head != recorded:
            raise LedgerError(f"row {sequence} ({kind} at {at}) was changed after it was written", where=str(path))
    return count, head


def require_version(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerError unless a file is a ledger of this version."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        raise LedgerError(
            "is a ledger of another version", where=str(path), expected=str(SCHEMA_VERSION), was=str(version)
        )


def _raw_rows(path: Path) -> Iterator[tuple[int, str, str, str, str]]:
    if not path.is_file():
        raise LedgerError("there is no ledger", where=str(path))
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            require_version(connection, path)
            yield from connection.execute("SELECT sequence, kind, at, body, hash FROM events ORDER BY sequence")
    except sqlite3.Error as problem:
        raise LedgerError(f"cannot be read: {problem}", where=str(path)) from None
