"""File of the market store: its tables, its versions, and checks that a file is a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.core.errors import StoreError
from bot.data.incomplete import require_complete_store
from bot.infra import sqlite as sqlite_file
from bot.infra.sqlite import FileErrors, connect, connect_to_read, migrate

APPLICATION_ID = 0x53435231  # "SCR1": marks a store among SQLite files
_FAULTS = FileErrors(StoreError, "put a backup in its place, or move it away and fetch again with: bot data update")
as_store_errors, transaction = _FAULTS.translate, _FAULTS.transaction

_FIRST_VERSION = """
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE vintages (
    symbol TEXT NOT NULL,
    vintage INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (symbol, vintage)
) STRICT, WITHOUT ROWID;
CREATE TABLE bars (
    symbol TEXT NOT NULL,
    vintage INTEGER NOT NULL,
    date TEXT NOT NULL,
    revision INTEGER NOT NULL,
    open REAL, high REAL, low REAL, close REAL NOT NULL, volume REAL,
    source INTEGER NOT NULL REFERENCES sources (id),
    known_at INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    final INTEGER NOT NULL CHECK (final IN (0, 1)),
    PRIMARY KEY (symbol, vintage, date, revision)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER final_bars_are_never_changed BEFORE UPDATE ON bars WHEN OLD.final
BEGIN SELECT RAISE(ABORT, 'a final bar is never rewritten'); END;
CREATE TRIGGER final_bars_are_never_deleted BEFORE DELETE ON bars WHEN OLD.final
BEGIN SELECT RAISE(ABORT, 'a final bar is never rewritten'); END;
CREATE TRIGGER final_bars_are_never_replaced BEFORE INSERT ON bars
WHEN EXISTS (
    SELECT 1 FROM bars WHERE symbol = NEW.symbol AND vintage = NEW.vintage AND date = NEW.date
    AND revision = NEW.revision AND final
)
BEGIN SELECT RAISE(ABORT, 'a final bar is never rewritten'); END;
CREATE TABLE columns (symbol TEXT PRIMARY KEY, sources TEXT NOT NULL, data BLOB NOT NULL) STRICT;
-- Bans of versions before 0.3. They are in a file of their own now, since testnets have no store.
CREATE TABLE left_alone (host TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
CREATE TABLE venue_rules (
    symbol TEXT NOT NULL,
    venue TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    pair TEXT NOT NULL,
    step TEXT NOT NULL,
    tick TEXT NOT NULL,
    min_notional TEXT,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    PRIMARY KEY (symbol, venue, seen_at)
) STRICT, WITHOUT ROWID;
"""
_QUANTITIES = """
ALTER TABLE venue_rules ADD COLUMN min_quantity TEXT;
ALTER TABLE venue_rules ADD COLUMN max_quantity TEXT;
"""
_ARCHIVE = """
-- Files of a public archive that are stored whole, by the hash of their bytes: what a stopped run goes on after.
CREATE TABLE archive_files (name TEXT PRIMARY KEY, pair TEXT NOT NULL, sha256 TEXT NOT NULL, seen_at INTEGER NOT NULL)
STRICT, WITHOUT ROWID;
-- Pairs of its listing. `complete_at` is the time at which every file that was listed then was stored.
CREATE TABLE archive_pairs (pair TEXT PRIMARY KEY, listed_at INTEGER NOT NULL, complete_at INTEGER)
STRICT, WITHOUT ROWID;
"""
_OLDEST_READABLE = 1
"""Oldest version that readers understand; only a writer migrates."""
MIGRATIONS: Sequence[str] = (_FIRST_VERSION, _QUANTITIES, _ARCHIVE)
"""SQL that makes each version from the one before; a new store runs all of it."""


def open_to_write(path: Path, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open the store, make it if it is missing, and bring it to this version. Raises StoreError."""
    with as_store_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path)
        try:
            if path.stat().st_size == 0:
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrate(connection, _version(connection, path, len(migrations)), migrations)
        except BaseException:
            connection.close()
            raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open an existing store for reading only. Raises StoreError."""
    if not path.is_file() or not path.stat().st_size:
        raise StoreError("there is no market store", where=str(path), mend="make one with: bot data update")
    with as_store_errors(path):
        connection = connect_to_read(path)
        try:
            _require_this_version(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def back_up(source: Path, target: Path, numbered: bool = False) -> Path:
    """Copy a store while others may use it, check the copy, and return its path.

    With `numbered` a name that is taken gets a number. Raises StoreError, else also if the target exists.
    """
    require_complete_store(source)
    return sqlite_file.back_up(_FAULTS, source, open_to_read, target, check_integrity, numbered)[0]


def check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    """Check the whole file. Raises StoreError that names the first damage."""
    with as_store_errors(path):
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise _FAULTS.damaged(path, str(verdict))


def epoch(moment: datetime) -> int:
    """Convert a time to whole seconds since 1970, the unit of the store."""
    return int(moment.timestamp())


def _require_this_version(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection, path)
    if version < _OLDEST_READABLE:
        raise StoreError(
            "is of an older version",
            where=str(path),
            expected=str(_OLDEST_READABLE),
            was=str(version),
            mend="bring it up to date with: bot data update",
        )


def _version(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError("is another program's database", where=str(path), mend="name another `state` folder")
    if version > newest:
        raise StoreError(
            "was written by a newer version of the bot",
            where=str(path),
            expected=f"version {newest} or older",
            was=f"version {version}",
            mend="update the bot",
        )
    return int(version)
