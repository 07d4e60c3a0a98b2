"""Open the SQLite file of a ledger: its table, its versions, and the errors of an invalid file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bot.core.errors import LedgerError
from bot.core.text import printable
from bot.infra.sqlite import FileErrors, connect, connect_to_read, migrate

_SHOWN = 60
FAULTS = FileErrors(LedgerError, "put a backup in its place; bot paper backup writes to the folder backup")

# The triggers prevent mistakes of programs. A change of the file itself is found by the hashes.
_FIRST_VERSION = """
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
# A day's rows of a kind are found in a millisecond among a million; in their own order they are sorted on the way.
_FOUND_BY_KIND_AND_MOMENT = "CREATE INDEX events_by_kind_and_moment ON events (kind, at);"
MIGRATIONS: Sequence[str] = (_FIRST_VERSION, _FOUND_BY_KIND_AND_MOMENT)
"""SQL that raises a ledger to each next version and leaves its rows as they are; a new ledger runs all of it."""


def is_there(path: Path) -> bool:
    """Return True if there is a file with content. A stop can leave an empty file, which counts as no ledger yet."""
    return path.exists() and (not path.is_file() or path.stat().st_size > 0)


def open_to_write(path: Path | None, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open a ledger for writing: create it if it is missing, migrate it if it is older.

    Parameters
    ----------
    path
        File of the ledger; None for one in memory.
    migrations
        SQL of all versions, the oldest first.

    Raises
    ------
    LedgerError
        If the file is another program's, of a newer version, or fails to open.
    """
    where = path or Path("memory")
    with FAULTS.translate(where):
        connection = connect(path or ":memory:")
        try:
            # A stop during the first start can leave a file without a table: it is set up like a new one.
            is_new = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            migrate(connection, 0 if is_new else _version(connection, where, len(migrations)), migrations)
        except BaseException:
            connection.close()
            raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a ledger of this version or an older one for reading only; its file is left as it is. Raises LedgerError."""
    if not is_there(path):
        raise LedgerError("there is no ledger", where=str(path))
    with FAULTS.translate(path):
        connection = connect_to_read(path)
        try:
            _version(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


_COLUMNS = [("sequence", "INTEGER"), ("kind", "TEXT"), ("at", "TEXT"), ("body", "TEXT"), ("hash", "TEXT")]


def _require_table(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerError unless `events` is a strict table of the columns of a ledger."""
    # A view or a virtual table of that name would run foreign SQL at each query: endless rows, other ones each time.
    found = connection.execute("PRAGMA table_list('events')").fetchall()
    columns = connection.execute("PRAGMA table_xinfo('events')").fetchall()
    is_table = [(kind, strict) for _, _, kind, _, _, strict in found] == [("table", 1)]
    if not is_table or [(name, form, hidden) for _, name, form, _, _, _, hidden in columns] != [
        (name, form, 0) for name, form in _COLUMNS
    ]:
        raise LedgerError("has no table of events as a ledger has", where=str(path), mend="move it away")
    # A trigger of somebody else would change rows after they were written.
    for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"):
        if f"{sql};" not in _FIRST_VERSION:
            where = f"{path}, {printable(str(name))[:_SHOWN]}"
            raise LedgerError("has a trigger that no ledger has", where=where, mend="put a backup in its place")


def _version(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > newest:
        raise LedgerError(
            "is a ledger of a newer version",
            where=str(path),
            expected=f"version {newest} or older",
            was=f"version {version}",
            mend="update the bot",
        )
    if not version:  # SQLite's default: the file was made by another program
        raise LedgerError("is another program's database", where=str(path), mend="move it away")
    _require_table(connection, path)
    return int(version)
