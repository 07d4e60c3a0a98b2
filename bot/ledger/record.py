"""The ledger: an append-only file of events, each row chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.infra.sqlite import back_up
from bot.infra.whole_file import place_new, temporary_beside
from bot.ledger.chain_check import quick_chain_end
from bot.ledger.decode import read_row
from bot.ledger.event_fields import encode
from bot.ledger.ledger_file import FAULTS, open_to_read, open_to_write
from bot.ledger.row import RawRow, Row
from bot.ledger.selection import Selection

# Row 1 is chained to this fixed text, so that it is hashed like every other row.
GENESIS = "0" * 64
_AT_ONCE = 500
"""Rows per query. A writer can write between two queries, so a slow reader does not block it."""


def chained_hash(previous: str, sequence: int, kind: str, at: str, body: str) -> str:
    """Compute the hash of a row, which covers the hash of the row before it.

    Parameters
    ----------
    previous
        Hash of the row before, GENESIS for row 1.
    sequence
        Number of the row, from 1.
    kind
        Kind of the event.
    at
        Moment of the row, ISO-8601 in UTC.
    body
        Body as JSON, exactly as stored.

    Returns
    -------
    str
        SHA-256 of the five values joined by line feeds, 64 hexadecimal digits.
    """
    return hashlib.sha256("\n".join((previous, str(sequence), kind, at, body)).encode()).hexdigest()


def as_rows(events: Iterable[Event]) -> list[Row]:
    """Return events as rows of a ledger, numbered from 1."""
    return [Row(sequence, *encode(event)) for sequence, event in enumerate(events, start=1)]


def write_ledger(path: Path, rows: Iterable[Row]) -> str:
    """Write a new ledger, whole or not at all, and return the hash of its last row.

    Raises LedgerError if the file exists or cannot be written.
    """
    if path.exists():
        raise LedgerError("the ledger exists already", where=str(path), mend="name another file")
    head = GENESIS
    chained = []
    for row in rows:
        body = json.dumps(row.body, separators=(",", ":"))  # unsorted: the CSVs follow the order of the keys
        head = chained_hash(head, row.sequence, row.kind, row.at, body)
        chained.append((row.sequence, row.kind, row.at, body, head))
    _write_rows(path, chained)
    return head


def write_raw_rows(path: Path, rows: Iterable[RawRow]) -> None:
    """Write rows of another ledger with their hashes into a new one. Raises LedgerError if the write fails."""
    with FAULTS.translate(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    _write_rows(path, rows)


def _write_rows(path: Path, rows: Iterable[RawRow]) -> None:
    with FAULTS.translate(path), temporary_beside(path) as partial:
        with closing(open_to_write(partial)) as connection, FAULTS.transaction(connection, path):
            connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
        place_new(partial, path)


def read_ledger(path: Path) -> Iterator[Row]:
    """Yield the rows of a ledger in order, with their hashes unchecked.

    Raises
    ------
    LedgerError
        If the file is another program's, or a ledger of a newer version; or a row is malformed.
    """
    with closing(open_to_read(path)) as connection:
        for raw in _raw_rows(connection, path):
            yield read_row(raw, path)


def read_rows(path: Path, selection: Selection, newest_first: bool = False, limit: int | None = None) -> Iterator[Row]:
    """Yield the rows of a selection in order, each checked against its hash.

    The selection is a snapshot at the first row. The file is read some rows at a time, so that writers can go on.

    Parameters
    ----------
    path
        File of the ledger.
    selection
        Conditions that a row must meet.
    newest_first
        Yield the rows in falling order.
    limit
        Largest number of rows; all by default.

    Raises
    ------
    LedgerError
        If a row was changed or is malformed, or the row before it is missing; the message names it. Also if the file
        is another program's, or a ledger of a newer version.
    """
    with closing(open_to_read(path)) as connection:
        places = _places(connection, path, selection, newest_first, limit)
        yield from _read(connection, path, places)


def newest_rows(path: Path, selection: Selection, limit: int | None) -> tuple[list[Row], int]:
    """Return the newest rows of a selection in order, and the number of rows before them.

    Raises
    ------
    LedgerError
        As `read_rows`.
    """
    with closing(open_to_read(path)) as connection:
        places = _places(connection, path, selection, newest_first=False, limit=None)
        kept = places if limit is None else places[max(0, len(places) - limit) :]
        return list(_read(connection, path, kept)), len(places) - len(kept)


def count_rows(path: Path, selection: Selection) -> int:
    """Count the rows of a selection. Raises LedgerError."""
    where, values = selection.clause()
    with closing(open_to_read(path)) as connection:
        ((count,),) = _asked(connection, path, f"SELECT count(*) FROM events {where}", values)
    return int(count)


def whole_up_to(path: Path) -> int:
    """Return the number of the last row, 0 for an empty ledger. Raises LedgerError if a row before it is missing."""
    with closing(open_to_read(path)) as connection:
        ((count, last),) = _asked(connection, path, "SELECT count(*), coalesce(max(sequence), 0) FROM events", ())
        if count == last:
            return int(last)
        query = (
            "SELECT min(sequence) + 1 FROM (SELECT 0 AS sequence UNION ALL SELECT sequence FROM events) AS row "
            "WHERE NOT EXISTS (SELECT 1 FROM events WHERE sequence = row.sequence + 1)"
        )
        ((missing,),) = _asked(connection, path, query, ())
    raise LedgerError(f"row {missing} is missing", where=str(path), mend="bot review salvage copies the valid rows")


def read_end(path: Path) -> tuple[int, str]:
    """Return the number and the hash of the last row, unchecked; 0 and GENESIS if empty. Raises LedgerError."""
    with closing(open_to_read(path)) as connection:
        found = _asked(connection, path, "SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1", ())
    return next(iter(found), (0, GENESIS))


def _places(
    connection: sqlite3.Connection, path: Path, selection: Selection, newest_first: bool, limit: int | None
) -> list[int]:
    """Return the numbers of the rows of a selection. Written rows are final, so the numbers are a snapshot."""
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
    """Yield some rows, each with the hash of the row before it, in the order of `places`, which rise or fall."""
    query = (
        "SELECT row.sequence, row.kind, row.at, row.body, row.hash, before.hash FROM events AS row "
        "LEFT JOIN events AS before ON before.sequence = row.sequence - 1 "
        f"WHERE row.sequence IN ({', '.join('?' * len(places))}) ORDER BY row.sequence"
    )
    found = _asked(connection, path, query, places)
    for *raw, before in found if places[0] <= places[-1] else reversed(found):
        yield (raw[0], raw[1], raw[2], raw[3], raw[4]), before


def _proved(path: Path, raw: RawRow, before: str | None) -> Row:
    # A selection reads single rows, so each is checked against the hash stored before it, not against the whole chain.
    sequence, kind, at, body, recorded = raw
    head = GENESIS if sequence == 1 else before
    if head is None:
        raise LedgerError(f"row {sequence - 1} is missing", where=str(path))
    if chained_hash(head, sequence, kind, at, body) != recorded:
        raise _changed(path, sequence, kind, at)
    return read_row(raw, path)


def _changed(path: Path, sequence: int, kind: str, at: str) -> LedgerError:
    return LedgerError(f"row {sequence} ({kind} at {at}) was changed after it was written", where=str(path))


def verify_ledger(path: Path) -> tuple[int, str]:
    """Check the whole chain of hashes.

    Rows that were cut off at the end are found only by comparison with a hash that was kept elsewhere.

    Returns
    -------
    tuple[int, str]
        Number of rows, and the hash of the last one.

    Raises
    ------
    LedgerError
        If a row is missing or was changed; the message names the first such row.
    """
    with closing(open_to_read(path)) as connection:
        return verify_rows(connection, path)


def verify_rows(connection: sqlite3.Connection, path: Path) -> tuple[int, str]:
    """Check the whole chain of an open ledger, as `verify_ledger`."""
    checked = quick_chain_end(connection, GENESIS)
    if checked is not None:
        return checked
    count, head = 0, GENESIS
    for count, *_, head in checked_rows(connection, path):  # noqa: B007 - the last values are used
        pass
    return count, head


def checked_rows(connection: sqlite3.Connection, path: Path) -> Iterator[RawRow]:
    """Yield the rows of an open ledger in order, each checked against the chain. Raises LedgerError for a bad row."""
    head = GENESIS
    for expected, row in enumerate(_raw_rows(connection, path), start=1):
        sequence, kind, at, body, recorded = row
        if sequence != expected:
            raise LedgerError(f"row {expected} is missing", where=str(path), was=f"row {sequence} in its place")
        head = chained_hash(head, sequence, kind, at, body)
        if head != recorded:
            raise _changed(path, sequence, kind, at)
        yield row


def begins_with(connection: sqlite3.Connection, count: int, head: str) -> bool:
    """Return True if the whole chain of an open ledger is valid and its row number `count` has this hash."""
    checked = quick_chain_end(connection, GENESIS)
    if checked is None or checked[0] < count:
        return False
    (found,) = connection.execute("SELECT hash FROM events WHERE sequence = ?", (count,)).fetchone()
    return bool(found == head)


def rows_after(connection: sqlite3.Connection, path: Path, count: int) -> Iterator[RawRow]:
    """Yield the rows of an open ledger after a number, with their hashes unchecked. Raises LedgerError."""
    return _raw_rows(connection, path, count)


def back_up_ledger(path: Path, target: Path) -> tuple[int, str]:
    """Copy a ledger, also while it is in use, and check the chain of the copy before it gets its name.

    Returns
    -------
    tuple[int, str]
        Number of rows of the copy, and the hash of the last one.

    Raises
    ------
    LedgerError
        If the target exists, or the copy fails or is damaged.
    """
    return back_up(FAULTS, path, open_to_read, target, verify_rows)[1]


def back_up_numbered(path: Path, target: Path) -> tuple[Path, int, str]:
    """Copy a ledger as `back_up_ledger`, with a number in the copy's name if the name is taken, and return its path."""
    copy, (rows, head) = back_up(FAULTS, path, open_to_read, target, verify_rows, numbered=True)
    return copy, rows, head


def _raw_rows(connection: sqlite3.Connection, path: Path, last: int = -1) -> Iterator[RawRow]:
    """Yield every row after the number `last` in order, some per query, so that writers can go on."""
    query = "SELECT sequence, kind, at, body, hash FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?"
    while True:
        found = _asked(connection, path, query, (last, _AT_ONCE))
        yield from found
        if len(found) < _AT_ONCE:
            return
        last = found[-1][0]


def _asked(connection: sqlite3.Connection, path: Path, query: str, values: Sequence[object]) -> list[Any]:
    """Return every row of an answer. Raises LedgerError that names the first unreadable row."""
    with FAULTS.translate(path):
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as problem:
            if "decode" not in str(problem):
                raise
        except sqlite3.DatabaseError as problem:
            raise _unreadable(connection, path, str(problem)) from None
        connection.text_factory = _lenient  # invalid UTF-8 is replaced here and then fails its hash
        return connection.execute(query, values).fetchall()


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _unreadable(connection: sqlite3.Connection, path: Path, problem: str) -> LedgerError:
    """Return the error that names the first unreadable row, found by reading up to it."""
    # SQLite fails for the whole query; row by row, those before the damage are still readable. One query a row, because
    # Python's cursor reads one row ahead and drops a good row if the next one is damaged.
    query = "SELECT sequence, hash FROM events WHERE sequence > ? ORDER BY sequence LIMIT 1"
    read = 0
    with suppress(sqlite3.DatabaseError):
        while (found := connection.execute(query, (read,)).fetchone()) is not None:
            read = found[0]
    return LedgerError(
        f"is damaged: row {read + 1} and all later rows cannot be read ({problem})",
        where=str(path),
        mend="bot review salvage copies the valid rows; a backup may have more",
    )
