"""Append events to a ledger, one transaction at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.core.events import Event
from bot.ledger.decode import read_row
from bot.ledger.event_fields import encode
from bot.ledger.ledger_file import FAULTS, is_there, open_to_write
from bot.ledger.record import GENESIS, begins_with, chained_hash, checked_rows, rows_after
from bot.ledger.row import Row

_NO_BODY: dict[str, Any] = {}


@dataclass(slots=True)
class KnownRows:
    """Rows of a ledger that a process keeps from one opening to the next, and the hash of the last of them.

    The whole chain of the file is checked at each opening. A file whose row of the same number has the same hash
    begins with these rows, so only later ones are decoded. Their events are kept and their bodies are empty: the text
    takes twice the memory of an event.
    """

    rows: list[Row] = field(default_factory=list)
    head: str = GENESIS


class LedgerWriter:
    """An open ledger and its rows. Raises LedgerError if a write fails or the chain is broken.

    `head` is the hash of the last row: a copy of it, kept elsewhere, proves all rows up to it. The file of a new
    ledger is created with its first events.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection | None) -> None:
        self.path, self._connection = path, connection
        self.rows: list[Row] = []
        self.head = GENESIS

    @classmethod
    @contextmanager
    def open(cls, path: Path | None, known: KnownRows | None = None) -> Iterator[LedgerWriter]:
        """Open the ledger at a path, new or existing, or one in memory, which ends with the block.

        With `known` the rows that an earlier opening read are taken from there, and those that this one reads are
        kept there.
        """
        connection = open_to_write(path) if path is None or is_there(path) else None
        journal = cls(path or Path("memory"), connection)
        try:
            journal._read(known)
            if known is not None:
                known.rows, known.head = list(journal.rows), journal.head
            yield journal
        finally:
            journal._close()

    def append(self, events: Iterable[Event]) -> list[Row]:
        """Add events in one transaction and return their rows."""
        new: list[Row] = []
        chained: list[tuple[int, str, str, str, str]] = []
        head = self.head
        for event in events:
            row = Row(len(self.rows) + len(new) + 1, *encode(event))
            # The hash covers the stored bytes, so the form of the JSON is fixed: compact, keys in the order of fields.
            body = json.dumps(row.body, separators=(",", ":"))
            head = chained_hash(head, row.sequence, row.kind, row.at, body)
            new.append(row)
            chained.append((row.sequence, row.kind, row.at, body, head))
        if not new:
            return []
        connection = self._begun()
        with FAULTS.transaction(connection, self.path):
            connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", chained)
        # Only after the commit: a failed write must leave this object as it was.
        self.rows += new
        self.head = head
        return new

    def _begun(self) -> sqlite3.Connection:
        """Return the connection; create the file first if it is missing."""
        if self._connection is None:
            with FAULTS.translate(self.path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = open_to_write(self.path)
        return self._connection

    def _read(self, known: KnownRows | None) -> None:
        if self._connection is None:
            return
        # The whole chain is checked at each opening, so that a damaged ledger never grows.
        if known is not None and known.rows and begins_with(self._connection, len(known.rows), known.head):
            self.rows, self.head = list(known.rows), known.head
            raw_rows = rows_after(self._connection, self.path, len(known.rows))
        else:
            raw_rows = checked_rows(self._connection, self.path)
        for raw in raw_rows:
            row = read_row(raw, self.path)
            self.rows.append(row if known is None else replace(row, body=_NO_BODY))
            self.head = raw[-1]

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
