"""Ledgers of every version are read as they are, and brought to this one by whoever writes them."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import LedgerError
from bot.core.events import TradingState, TradingStateChange
from bot.ledger.ledger_file import MIGRATIONS, open_to_write
from bot.ledger.record import GENESIS, back_up_ledger, chained_hash, read_ledger, verify_ledger, write_ledger
from bot.ledger.writer import LedgerWriter

FIRST_VERSION = """
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
PRAGMA user_version = 1;
"""
"""What the first version's files were made of; it is never to change."""


def of_first_version(path: Path, rows: int = 4) -> Path:
    """A ledger as the first version wrote it."""
    head, written = GENESIS, []
    for sequence in range(1, rows + 1):
        row = (sequence, "switched", f"2026-01-01T00:{sequence // 60 % 60:02}:{sequence % 60:02}Z", '{"mode":"on"}')
        head = chained_hash(head, *row)
        written.append((*row, head))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_VERSION)
        with connection:
            connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", written)
    return path


def asked(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a file says, asked without the bot."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def version(path: Path) -> object:
    """The version that a file says it has."""
    return asked(path, "PRAGMA user_version")[0][0]


def indices(path: Path) -> list[object]:
    """The names of a file's indices."""
    return [name for (name,) in asked(path, "SELECT name FROM sqlite_master WHERE type = 'index'")]


def test_a_writer_brings_a_first_version_to_this_one_with_every_row_as_it_was(tmp_path: Path) -> None:
    path = of_first_version(tmp_path / "old.sqlite3")
    before = asked(path, "SELECT * FROM events")
    with LedgerWriter.open(path) as journal:
        journal.append([TradingStateChange(datetime(2026, 1, 2, tzinfo=UTC), TradingState.FLAT)])
    assert asked(path, "SELECT * FROM events WHERE sequence <= 4") == before
    assert (version(path), indices(path)) == (2, ["events_by_kind_and_moment"])
    assert verify_ledger(path)[0] == 5
    for change in ("UPDATE events SET at = at", "DELETE FROM events", "REPLACE INTO events VALUES (2, '', '', '', '')"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            asked(path, change)


def test_a_ledger_made_anew_is_the_same_as_one_brought_to_this_version(tmp_path: Path) -> None:
    old, new = of_first_version(tmp_path / "old.sqlite3"), tmp_path / "new.sqlite3"
    rows = list(read_ledger(old))
    head = write_ledger(new, rows)
    with LedgerWriter.open(old) as journal:
        assert journal.head == head
    tables = "SELECT type, name, replace(replace(sql, ' ', ''), char(10), '') FROM sqlite_master ORDER BY name"
    assert asked(old, tables) == asked(new, tables)


def test_who_reads_a_first_version_changes_no_byte_of_it(tmp_path: Path) -> None:
    path = of_first_version(tmp_path / "old.sqlite3")
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert len(list(read_ledger(path))) == verify_ledger(path)[0] == 4
    back_up_ledger(path, tmp_path / "copy.sqlite3")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.sqlite3", "old.sqlite3"]


def test_a_newer_version_is_refused_by_who_reads_and_by_who_writes_and_not_changed(tmp_path: Path) -> None:
    path = of_first_version(tmp_path / "new.sqlite3")
    asked(path, "PRAGMA user_version = 3")
    before = path.read_bytes()
    told = "new.sqlite3: is a ledger of a newer version; expected version 2 or older, was version 3; update the bot"
    with pytest.raises(LedgerError, match=told):
        verify_ledger(path)
    with pytest.raises(LedgerError, match=told), LedgerWriter.open(path):
        pass
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    asked(path, "CREATE TABLE notes (text)")
    before = path.read_bytes()
    for opened in (lambda: verify_ledger(path), lambda: open_to_write(path)):
        with pytest.raises(LedgerError, match="is another program's database"):
            opened()
    assert path.read_bytes() == before


def test_a_step_that_fails_leaves_the_version_before_whole(tmp_path: Path) -> None:
    path = of_first_version(tmp_path / "old.sqlite3")
    before = path.read_bytes()
    with pytest.raises(LedgerError):
        open_to_write(path, (MIGRATIONS[0], f"{MIGRATIONS[1]} INSERT INTO no_such_table VALUES (1);"))
    assert path.read_bytes() == before
    assert verify_ledger(path)[0] == 4


def test_the_next_version_is_one_more_step(tmp_path: Path) -> None:
    path = of_first_version(tmp_path / "old.sqlite3")
    open_to_write(path, (*MIGRATIONS, "CREATE TABLE more (x);")).close()
    assert (version(path), asked(path, "SELECT count(*) FROM more")) == (3, [(0,)])


@pytest.mark.slow
def test_a_killed_migration_leaves_the_first_version_whole(tmp_path: Path) -> None:
    rows = 70_000
    path = of_first_version(tmp_path / "old.sqlite3", rows)
    journal = tmp_path / "old.sqlite3-journal"
    if (child := os.fork()) == 0:
        # The step ends in a question that takes for ever: the index stands, and is not committed.
        for_ever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;"
        open_to_write(path, (MIGRATIONS[0], MIGRATIONS[1] + for_ever))
        os._exit(1)
    size, deadline = path.stat().st_size, time.monotonic() + 20
    while path.stat().st_size == size and time.monotonic() < deadline:
        time.sleep(0.005)  # until the index has spilled into the file
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert path.stat().st_size > size, "the kill must come when the file is half changed"
    assert journal.stat().st_size > 0
    assert verify_ledger(path)[0] == rows  # who reads it first takes the half away
    assert (version(path), indices(path)) == (1, [])
    with LedgerWriter.open(path):
        assert version(path) == 2


@pytest.mark.parametrize(
    "query",
    [
        "SELECT body FROM events WHERE kind = 'fill' ORDER BY sequence",
        "SELECT body FROM events WHERE kind = 'fill' AND at BETWEEN '2026-01-01' AND '2026-01-02' ORDER BY sequence",
    ],
)
def test_rows_of_a_kind_are_found_without_looking_through_all(tmp_path: Path, query: str) -> None:
    path = tmp_path / "new.sqlite3"
    write_ledger(path, [])
    (first, *_) = asked(path, f"EXPLAIN QUERY PLAN {query}")
    assert "USING INDEX events_by_kind_and_moment" in str(first[-1])


class TestBackup:
    def test_a_copy_made_while_another_process_writes_is_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "ledgers" / "paper.sqlite3"
        with LedgerWriter.open(path) as journal:
            journal.append([TradingStateChange(datetime(2026, 1, 2, tzinfo=UTC), TradingState.FLAT)])
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("INSERT INTO events VALUES (2, 'switched', 'x', '{}', 'half written')")
                rows, head = back_up_ledger(path, tmp_path / "copy.sqlite3")
                other.execute("ROLLBACK")
            assert (rows, head) == (1, journal.head) == verify_ledger(tmp_path / "copy.sqlite3")

    def test_a_file_that_is_there_is_not_overwritten(self, tmp_path: Path) -> None:
        path, copy = of_first_version(tmp_path / "old.sqlite3"), tmp_path / "copy"
        copy.write_text("mine")
        with pytest.raises(LedgerError, match="the backup exists already"):
            back_up_ledger(path, copy)
        assert copy.read_text() == "mine"

    def test_a_ledger_that_was_changed_gives_no_backup(self, tmp_path: Path) -> None:
        path, copy = of_first_version(tmp_path / "old.sqlite3"), tmp_path / "copy"
        asked(path, "DROP TRIGGER events_are_never_changed")
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE events SET at = 'x' WHERE sequence = 3")
        with pytest.raises(LedgerError, match="row 3"):
            back_up_ledger(path, copy)
        assert not copy.exists()
