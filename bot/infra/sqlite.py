"""SQLite files: migrations, transactions, backups of a file in use, and errors in one line."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.core.errors import BotError
from bot.infra.whole_file import place_new, temporary_beside
from bot.infra.write_access import is_write_denied, write_error

_T = TypeVar("_T")
PATIENCE = 30.0
"""Seconds that a statement waits for another process to finish its transaction."""


@dataclass(frozen=True, slots=True)
class FileErrors:
    """Error class of one kind of file, and the remedy for a damaged one."""

    error: type[BotError]
    mend_damage: str

    @contextmanager
    def translate(self, path: Path) -> Iterator[None]:
        """Convert errors of SQLite and the disk into this kind of file's error, with what to do."""
        try:
            yield
        except sqlite3.OperationalError as problem:
            raise self._operational(path, str(problem)) from None
        except sqlite3.IntegrityError:
            raise  # a broken constraint is a bug of the bot, not damage of the file
        except sqlite3.DatabaseError as problem:
            raise self.damaged(path, str(problem)) from None
        except OSError as problem:
            raise write_error(self.error, path, problem) from None

    @contextmanager
    def transaction(self, connection: sqlite3.Connection, path: Path) -> Iterator[None]:
        """Run a transaction that holds the write lock from the start, and roll it back on any error."""
        with self.translate(path):
            # A deferred transaction takes the lock at its first write and fails there if another process was faster.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if connection.in_transaction:  # a full disk has rolled back already
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def damaged(self, path: Path, problem: str) -> BotError:
        """Return the error of a damaged file."""
        return self.error(f"is damaged or no database: {problem}", where=str(path), mend=self.mend_damage)

    def _operational(self, path: Path, problem: str) -> BotError:
        if "locked" in problem:
            return self.error("is in use by another process", where=str(path), mend="try again when it is done")
        if "full" in problem:
            return self.error("the disk is full; what was stored before is kept", where=str(path), mend="make room")
        if "I/O" in problem:
            # A limit on the size of files, a lost network drive and a faulty disk all read alike.
            what = f"could not be written or read ({problem}); what was stored before is kept"
            return self.error(what, where=str(path), mend="make room, or check the disk")
        if ("readonly" in problem or "unable to open" in problem) and is_write_denied(path):
            return write_error(self.error, path)
        if "readonly" in problem:
            return self.error("is read-only", where=str(path), mend="give this user the right to write it")
        if "malformed" in problem:
            return self.damaged(path, problem)
        if path.is_dir():
            return self.error("is a folder, not a file", where=str(path), mend="move it away")
        return self.error(f"cannot be used: {problem}", where=str(path))


def connect(path: Path | str) -> sqlite3.Connection:
    """Open a file for writing, and create it if needed. Committed data is on the disk."""
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open an existing file for queries only."""
    # mode=ro would fail after a killed writer: a reader must be able to roll its half-written transaction back.
    uri = f"{path.resolve().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, done: int, migrations: Sequence[str]) -> None:
    """Migrate a file to the newest version, one transaction per step.

    Parameters
    ----------
    connection : sqlite3.Connection
        File to migrate.
    done : int
        Version of the file, 0 for a new one.
    migrations : sequence of str
        SQL scripts; number i takes a file from version i to i + 1.
    """
    for version, script in enumerate(migrations[done:], start=done + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT;")


def back_up(
    errors: FileErrors,
    path: Path,
    source: Callable[[Path], sqlite3.Connection],
    target: Path,
    check_copy: Callable[[sqlite3.Connection, Path], _T],
    numbered: bool = False,
) -> tuple[Path, _T]:
    """Copy a file while others use it, check the copy, and only then give it its name.

    Parameters
    ----------
    errors : FileErrors
        Errors of this kind of file.
    path, target : Path
        File, and its copy. An existing target is an error.
    source : callable
        Opens the file.
    check_copy : callable
        Checks the copy. Damage of the copy is damage of the file and is reported so.
    numbered : bool
        Add a number to the name of a target that exists, instead of an error.

    Returns
    -------
    tuple
        Path of the copy, and what the check returned.
    """
    taken = errors.error("the backup exists already", where=str(target), mend="name another file")
    if target.exists() and not numbered:
        raise taken
    # A name of its own: two backups at once, or the rest of a killed one, must not share a file.
    with errors.translate(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with errors.translate(target), temporary_beside(target) as partial:
        try:
            with closing(source(path)) as connection, closing(sqlite3.connect(partial)) as copy:
                connection.backup(copy)
                checked = check_copy(copy, path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as problem:
            raise errors.damaged(path, str(problem)) from None
        try:
            return place_new(partial, target, numbered), checked
        except FileExistsError:
            raise taken from None
