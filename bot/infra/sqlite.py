"""SQLite files: their versions, their transactions, copies made while they are in use, and every way they can fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import BotError

PATIENCE = 30.0
"""Seconds that a statement waits for another process to finish its transaction."""


@dataclass(frozen=True, slots=True)
class FileErrors:
    """How the faults of one kind of file are told: as which error, and how a damaged file is mended."""

    error: type[BotError]
    mend_damage: str

    @contextmanager
    def told(self, path: Path) -> Iterator[None]:
        """Turn SQLite's and the disk's errors into one line that says what to do."""
        try:
            yield
        except sqlite3.OperationalError as problem:
            raise self._operational(path, str(problem)) from None
        except sqlite3.IntegrityError:
            raise  # a rule of the tables was broken: a bug, and no damage
        except sqlite3.DatabaseError as problem:
            raise self.damaged(path, str(problem)) from None
        except OSError as problem:
            raise self.error(f"cannot be written: {problem.strerror}", where=str(path)) from None

    @contextmanager
    def transaction(self, connection: sqlite3.Connection, path: Path) -> Iterator[None]:
        """Do all of it or nothing, with the write lock held from the start."""
        with self.told(path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if connection.in_transaction:  # a full disk has rolled back already
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def damaged(self, path: Path, problem: str) -> BotError:
        """What is said of a file that cannot be believed."""
        return self.error(f"is damaged or no database: {problem}", where=str(path), mend=self.mend_damage)

    def _operational(self, path: Path, problem: str) -> BotError:
        if "locked" in problem:
            return self.error("is in use by another process", where=str(path), mend="try again when it is done")
        if "full" in problem:
            return self.error("the disk is full; what was stored before is kept", where=str(path), mend="make room")
        if "readonly" in problem:
            return self.error("is read-only", where=str(path), mend="give this user the right to write it")
        if "malformed" in problem:
            return self.damaged(path, problem)
        if path.is_dir():
            return self.error("is a folder, not a file", where=str(path), mend="move it away")
        return self.error(f"cannot be used: {problem}", where=str(path))


def connect(path: Path | str) -> sqlite3.Connection:
    """A file to be written, made if it is not there: what is committed is on the disk."""
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A file that is there, never to be changed.

    Not `mode=ro`: a reader may have to roll back what a killed writer left half done.
    """
    uri = f"{path.resolve().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, done: int, migrations: Sequence[str]) -> None:
    """Take a file of version `done` to the newest, a transaction a step; a new file, of version 0, takes all steps."""
    for version, script in enumerate(migrations[done:], start=done + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT;")


def back_up(
    faults: FileErrors,
    path: Path,
    source: Callable[[Path], sqlite3.Connection],
    target: Path,
    require_whole: Callable[[sqlite3.Connection, Path], object],
) -> None:
    """Copy a file while others may use it, and check the copy, whose damage is the file's. Never overwrites a file."""
    if target.exists():
        raise faults.error("the backup exists already", where=str(target), mend="name another file")
    part = target.with_name(f"{target.name}.part")  # what a stop leaves behind does not pass for a backup
    with faults.told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        try:
            with closing(source(path)) as connection, closing(sqlite3.connect(part)) as copy:
                connection.backup(copy)
                require_whole(copy, path)
            part.replace(target)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as problem:
            raise faults.damaged(path, str(problem)) from None
        finally:
            part.unlink(missing_ok=True)
