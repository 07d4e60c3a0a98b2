"""The market store's file: its tables, its versions, and every way in which a file can be no store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from bot.core.errors import StoreError

APPLICATION_ID = 0x53435231  # "SCR1": tells a store from any other SQLite file
_PATIENCE = 30.0
"""Seconds that a statement waits for another process to finish its transaction."""

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
MIGRATIONS: Sequence[str] = (_FIRST_VERSION,)
"""What makes each version from the one before; a new store goes through all of them."""


def open_to_write(path: Path, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open the store, make it if it is not there, and bring it to this version. Raises StoreError."""
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            if path.stat().st_size == 0:
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            _migrate(connection, path, migrations)
        except BaseException:
            connection.close()
            raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a store that is there, for reading only. Raises StoreError."""
    if not path.is_file() or not path.stat().st_size:
        raise StoreError("there is no market store", where=str(path), mend="make one with: bot data update")
    with told(path):
        # Not mode=ro: a reader may have to roll back what a killed update left half done.
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None
        )
        try:
            _require_this_version(connection, path)
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def back_up(source: Path, target: Path) -> None:
    """Copy a store while others may use it, and check the copy. Raises StoreError; never overwrites a file."""
    if target.exists():
        raise StoreError("the backup exists already", where=str(target), mend="name another file")
    part = target.with_name(f"{target.name}.part")  # what a stop leaves behind does not pass for a backup
    with told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(open_to_read(source)) as connection, closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
            require_whole(copy, part)
        part.replace(target)


def require_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Look for damage in the whole file. Raises StoreError that names the first."""
    with told(path):
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise _damaged(path, str(verdict))


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn SQLite's and the disk's errors into one line that says what to do."""
    try:
        yield
    except sqlite3.OperationalError as problem:
        raise _operational(path, str(problem)) from None
    except sqlite3.IntegrityError:
        raise  # a rule of the tables was broken: a bug, and no damage
    except sqlite3.DatabaseError as problem:
        raise _damaged(path, str(problem)) from None
    except OSError as problem:
        raise StoreError(f"cannot be written: {problem.strerror}", where=str(path)) from None


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Do all of it or nothing, with the write lock held from the start. Raises StoreError."""
    with told(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if connection.in_transaction:  # a full disk has rolled back already
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def epoch(moment: datetime) -> int:
    """A moment as the store keeps it: whole seconds since 1970."""
    return int(moment.timestamp())


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    done = _version(connection, path, len(migrations))
    for version, script in enumerate(migrations[done:], start=done + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT;")


def _require_this_version(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection, path)
    if version < len(MIGRATIONS):
        raise StoreError(
            "is of an older version", where=str(path), expected=str(len(MIGRATIONS)), was=str(version),
            mend="bring it up to date with: bot data update",
        )  # fmt: skip


def _version(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError("is another program's database", where=str(path), mend="name another `state` folder")
    if version > newest:
        raise StoreError(
            "was written by a newer version of the bot", where=str(path), expected=f"version {newest} or older",
            was=f"version {version}", mend="update the bot",
        )  # fmt: skip
    return int(version)


def _operational(path: Path, problem: str) -> StoreError:
    if "locked" in problem:
        return StoreError("is in use by another process", where=str(path), mend="try again when it is done")
    if "full" in problem:
        return StoreError("the disk is full; what was stored before is kept", where=str(path), mend="make room")
    if "readonly" in problem:
        return StoreError("is read-only", where=str(path), mend="give this user the right to write it")
    if "malformed" in problem:
        return _damaged(path, problem)
    return StoreError(f"cannot be used: {problem}", where=str(path))


def _damaged(path: Path, problem: str) -> StoreError:
    mend = "put a backup in its place, or move it away and fetch again with: bot data update"
    return StoreError(f"is damaged or no database: {problem}", where=str(path), mend=mend)
