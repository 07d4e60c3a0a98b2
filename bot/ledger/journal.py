"""A ledger that grows: the same file as a run's, to which events are added one transaction at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.ledger.codec import encode
from bot.ledger.record import GENESIS, SCHEMA, Row, chained_hash, require_version


class Journal:
    """An open ledger, and the rows that it has. Raises LedgerError where it cannot be written or trusted.

    `head` is the hash of the last row: who keeps it elsewhere can prove what was written before it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection
        self.rows: list[Row] = []
        self.head = GENESIS
        for sequence, kind, at, body, recorded in connection.execute(
            "SELECT sequence, kind, at, body, hash FROM events ORDER BY sequence"
        ):
            self.head = chained_hash(self.head, sequence, kind, at, body)
            if recorded != self.head or sequence != len(self.rows) + 1:
                raise LedgerError(f"row {sequence} ({kind} at {at}) was changed after it was written", where=str(path))
            self.rows.append(Row(sequence, kind, at, json.loads(body)))

    @classmethod
    @contextmanager
    def open(cls, path: Path | None) -> Iterator[Journal]:
        """The ledger at a path, made if it is not there; without a path one that is gone when it is closed."""
        file, path = path or ":memory:", path or Path("memory")
        with _told(path):
            if file is path:
                path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(file, timeout=30, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
                require_version(connection, path)
                journal = cls(path, connection)
            except BaseException:
                connection.close()
                raise
        try:
            yield journal
        finally:
            connection.close()

    def append(self, events: Iterable[Event]) -> list[Row]:
        """Add events, all of them or none, and return their rows."""
        new: list[Row] = []
        chained: list[tuple[int, str, str, str, str]] = []
        head = self.head
        for event in events:
            row = Row(len(self.rows) + len(new) + 1, *encode(event))
            body = json.dumps(row.body, separators=(",", ":"))
            head = chained_hash(head, row.sequence, row.kind, row.at, body)
            new.append(row)
            chained.append((row.sequence, row.kind, row.at, body, head))
        with _told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", chained)
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        self.rows += new
        self.head = head
        return new


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        raise LedgerError(f"cannot be written: {problem}", where=str(path)) from None
    except OSError as problem:
        raise LedgerError(f"cannot be written: {problem.strerror}", where=str(path)) from None
