"""The ledger: an append-only file of events, each row chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.infra.sqlite import back_up
from bot.ledger.event_fields import encode
from bot.ledger.ledger_file import FAULTS, open_to_read, open_to_write
from bot.ledger.selection import Selection

GENESIS = "0" * 64
_AT_ONCE = 500
"""Rows that are read in one go."""

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


def write_raw_rows(path: Path, rows: Iterable[RawRow]) -> None:
    """Write rows of another ledger, hashes and all, into a new one. Raises LedgerError if it cannot be written."""
    with FAULTS.translate(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with closing(open_to_write(path)) as connection, FAULTS.transaction(connection, path):
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)


def read_ledger(path: Path) -> Iterator[Row]:
    """The rows of a ledger, in order. Raises LedgerError if the file is no ledger, or of a newer version."""
    with closing(open_to_read(path)) as connection:
        for sequence, kind, at, body, _ in _raw_rows(connection, path):
            yield Row(sequence, kind, at, json.loads(body))


def read_rows(path: Path, selection: Selection, newest_first: bool = False, limit: int | None = None) -> Iterator[Row]:
    """The rows of a selection that are there when the first is asked for, in order, each held against its hash.

    A writer is never kept waiting for whoever reads on: the file is asked for some rows at a time. Raises LedgerError
    that names a row that is missing before one of them, or was changed; also if the file is no ledger, or of a newer
    version.
    """
    with closing(open_to_read(path)) as connection:
        places = _places(connection, path, selection, newest_first, limit)
        yield from _read(connection, path, places)


def newest_rows(path: Path, selection: Selection, limit: int | None) -> tuple[list[Row], int]:
    """The newest rows of a selection, in order, and how many there are before them. Raises as `read_rows`."""
    with closing(open_to_read(path)) as connection:
        places = _places(connection, path, selection, newest_first=False, limit=None)
        kept = places if limit is None else places[max(0, len(places) - limit) :]
        return list(_read(connection, path, kept)), len(places) - len(kept)


def count_rows(path: Path, selection: Selection) -> int:
    """How many rows a selection has. Raises LedgerError."""
    where, values = selection.clause()
    with closing(open_to_read(path)) as connection:
        ((count,),) = _asked(connection, path, f"SELECT count(*) FROM events {where}", values)
    return int(count)


def whole_up_to(path: Path) -> int:
    """The number of the last row, 0 where there is none. Raises LedgerError where one before it is missing."""
    with closing(open_to_read(path)) as connection:
        ((count, last),) = _asked(connection, path, "SELECT count(*), coalesce(max(sequence), 0) FROM events", ())
        if count == last:
            return int(last)
        query = (
            "SELECT min(sequence) + 1 FROM (SELECT 0 AS sequence UNION ALL SELECT sequence FROM events) AS row "
            "WHERE NOT EXISTS (SELECT 1 FROM events WHERE sequence = row.sequence + 1)"
        )
        ((missing,),) = _asked(connection, path, query, ())
    raise LedgerError(f"row {missing} is missing", where=str(path), mend="bot review salvage saves what is whole")


def read_end(path: Path) -> tuple[int, str]:
    """The number and the hash of the last row, unchecked; 0 and GENESIS where there is none. Raises LedgerError."""
    with closing(open_to_read(path)) as connection:
        found = _asked(connection, path, "SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1", ())
    return next(iter(found), (0, GENESIS))


def _places(
    connection: sqlite3.Connection, path: Path, selection: Selection, newest_first: bool, limit: int | None
) -> list[int]:
    """The numbers of the rows of a selection: what a ledger has up to now never changes, so they are a snapshot."""
    where, values = selection.clause()
    order = "DESC" if newest_first else "ASC"
    query = f"SELECT sequence FROM events {where} ORDER BY sequence {order} LIMIT ?"
    found = _asked(connection, path, query, (*values, -1 if limit is None else limit))
    return [place for (place,) in found]


def _read(connection: sqlite3.Connection, path: Path, places: Sequence[int]) -> Iterator[Row]:
    for begin in range(0, len(places), _AT_ONCE):
        for raw, before in _fetched(connection, path, places[begin : begin + _AT_ONCE]):
            yield _proved(path, raw, before)


def _fetched(connection: sqlite3.Connection, path: Path, places: Sequence[int]) -> Iterator[tuple[RawRow, str | None]]:
    """Some rows, each with the hash of the one before; in the order of their places, which rise or fall."""
    query = (
        "SELECT row.sequence, row.kind, row.at, row.body, row.hash, before.hash FROM events AS row "
        "LEFT JOIN events AS before ON before.sequence = row.sequence - 1 "
        f"WHERE row.sequence IN ({', '.join('?' * len(places))}) ORDER BY row.sequence"
    )
    found = _asked(connection, path, query, places)
    for *raw, before in found if places[0] <= places[-1] else reversed(found):
        yield (raw[0], raw[1], raw[2], raw[3], raw[4]), before


def _proved(path: Path, raw: RawRow, before: str | None) -> Row:
    sequence, kind, at, body, recorded = raw
    head = GENESIS if sequence == 1 else before
    if head is None:
        raise LedgerError(f"row {sequence - 1} is missing", where=str(path))
    if chained_hash(head, sequence, kind, at, body) != recorded:
        raise _changed(path, sequence, kind, at)
    return Row(sequence, kind, at, json.loads(body))


def _changed(path: Path, sequence: int, kind: str, at: str) -> LedgerError:
    return LedgerError(f"row {sequence} ({kind} at {at}) was changed after it was written", where=str(path))


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
            raise _changed(path, sequence, kind, at)
        yield row


def back_up_ledger(path: Path, target: Path) -> tuple[int, str]:
    """Copy a ledger while others may use it, check the copy's chain, and return its number of rows and last hash.

    Raises LedgerError; never overwrites a file.
    """
    back_up(FAULTS, path, open_to_read, target, verify_rows)
    return verify_ledger(target)


def _raw_rows(connection: sqlite3.Connection, path: Path) -> Iterator[RawRow]:
    """Every row in order, some at a time: between them nobody is kept from writing."""
    query = "SELECT sequence, kind, at, body, hash FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?"
    last = -1
    while True:
        found = _asked(connection, path, query, (last, _AT_ONCE))
        yield from found
        if len(found) < _AT_ONCE:
            return
        last = found[-1][0]


def _asked(connection: sqlite3.Connection, path: Path, query: str, values: Sequence[object]) -> list[Any]:
    """Every row of an answer. Raises LedgerError that names the first row that cannot be read."""
    with FAULTS.translate(path):
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as problem:
            if "decode" not in str(problem):
                raise
        except sqlite3.DatabaseError as problem:
            raise _unreadable(connection, path, str(problem)) from None
        connection.text_factory = _lenient  # what is no text is not what was written, as its hash will tell
        return connection.execute(query, values).fetchall()


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _unreadable(connection: sqlite3.Connection, path: Path, problem: str) -> LedgerError:
    """Which row is the first that cannot be read, found by reading until it comes."""
    read = 0
    with suppress(sqlite3.DatabaseError):
        for _ in connection.execute("SELECT hash FROM events ORDER BY sequence"):
            read += 1
    return LedgerError(
        f"is damaged: row {read + 1} and what comes after cannot be read ({problem})",
        where=str(path),
        mend="bot review salvage saves what is whole; a backup may have more",
    )
