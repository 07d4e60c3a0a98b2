"""Damaged ledgers are told with the row at which the damage begins, and what is whole of them is saved."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.errors import LedgerError
from bot.core.events import TradingState, TradingStateChange
from bot.ledger.record import read_ledger, verify_ledger
from bot.ledger.writer import LedgerWriter
from bot.review.integrity.salvage import salvage
from bot.review.recording import Record
from tests.cli.running import bot, error_of
from tests.review.records import days_of_waiting, on, record, story

PAGE = 4096


@pytest.fixture
def long(tmp_path: Path) -> Record:
    """A ledger of many pages."""
    return record(tmp_path, [*story(), *days_of_waiting(2000)])


def cut_off(content: bytearray) -> bytearray:
    return content[: len(content) * 6 // 10 + 100]


def blotted(content: bytearray) -> bytearray:
    content[40 * PAGE : 42 * PAGE] = bytes(2 * PAGE)
    return content


def edited(content: bytearray) -> bytearray:
    place = content.find(b"waits_for_record", len(content) // 2)
    content[place : place + 3] = b"\xff\xfe\x00"
    return content


def beheaded(content: bytearray) -> bytearray:
    content[:100] = b"x" * 100
    return content


def damaged(path: Path, how: Callable[[bytearray], bytearray]) -> str:
    """Damage a file, and return the digest of what it is then."""
    content = bytes(how(bytearray(path.read_bytes())))
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("how", [cut_off, blotted, edited])
def test_what_is_whole_is_saved_and_the_damaged_file_is_left_as_it_is(
    long: Record, tmp_path: Path, how: Callable[[bytearray], bytearray]
) -> None:
    rows, new = list(read_ledger(long.path)), tmp_path / "new.sqlite3"
    digest = damaged(long.path, how)
    found = salvage(long.path, new)
    assert 100 < found.rows < len(rows)
    assert list(read_ledger(new)) == rows[: found.rows]
    assert verify_ledger(new) == (found.rows, found.head)
    assert found.unproved or found.unread
    assert hashlib.sha256(long.path.read_bytes()).hexdigest() == digest


def test_all_rows_are_saved_where_only_the_files_head_is_gone(long: Record, tmp_path: Path) -> None:
    count, head = verify_ledger(long.path)
    damaged(long.path, beheaded)
    found = salvage(long.path, tmp_path / "new.sqlite3")
    assert (found.rows, found.head, found.unread) == (count, head, 100)


def test_rows_that_run_over_several_pages_are_saved(tmp_path: Path) -> None:
    sources = [event for event in days_of_waiting(3)]
    object.__setattr__(sources[1], "readings", {f"reading {i}": "x" * 100 for i in range(300)})
    long = record(tmp_path, [*story(), *sources])
    found = salvage(long.path, tmp_path / "new.sqlite3")
    assert (found.rows, found.unproved, found.unread) == (len(story()) + 3, 0, 0)
    assert list(read_ledger(tmp_path / "new.sqlite3")) == list(read_ledger(long.path))


def test_nothing_is_written_where_nothing_can_be_saved(tmp_path: Path) -> None:
    junk, new = tmp_path / "junk.sqlite3", tmp_path / "new.sqlite3"
    junk.write_bytes(b"no database" * 5000)
    with pytest.raises(LedgerError, match="nothing can be saved"):
        salvage(junk, new)
    assert not new.exists()


def test_salvage_overwrites_nothing(long: Record, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("something")
    with pytest.raises(LedgerError, match="exists already"):
        salvage(long.path, tmp_path / "there")


@pytest.mark.parametrize("how", [cut_off, blotted, edited, beheaded])
@pytest.mark.parametrize("command", ["verify", "decisions --csv"])
def test_every_command_ends_in_one_line_that_names_the_row(
    long: Record, tmp_path: Path, how: Callable[[bytearray], bytearray], command: str
) -> None:
    damaged(long.path, how)
    line = error_of(bot("review", *command.split(), cwd=tmp_path), 5)
    assert "row " in line


def test_a_ledger_from_a_newer_version_is_refused(long: Record, tmp_path: Path) -> None:
    with closing(sqlite3.connect(long.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    for command in ("verify", "trades", "decisions", "orders", "episodes"):
        assert "newer version" in error_of(bot("review", command, cwd=tmp_path), 5)


class TestWhileItIsWritten:
    def test_a_reader_that_takes_its_time_keeps_no_writer_waiting(self, long: Record) -> None:
        reading = long.rows()
        next(reading)
        began = time.perf_counter()
        with LedgerWriter.open(long.path) as journal:
            journal.append([TradingStateChange(on(3000), TradingState.FLAT)])
        assert time.perf_counter() - began < 5  # who finds the file locked waits for 30 seconds
        assert len(list(reading)) == len(story()) + 2000 - 1

    def test_a_command_sees_the_ledger_of_one_moment(self, long: Record) -> None:
        pinned = long.pinned()
        with LedgerWriter.open(long.path) as journal:
            journal.append([TradingStateChange(on(3000), TradingState.FLAT)])
        assert pinned.last("switched") is None
        assert pinned.count() == len(list(pinned.rows())) == len(story()) + 2000
        assert long.pinned().count("switched") == 1


@pytest.mark.parametrize("command", ["trades", "orders", "decisions", "story", "why"])
def test_a_row_that_was_taken_out_is_missed_whatever_is_asked(long: Record, tmp_path: Path, command: str) -> None:
    with closing(sqlite3.connect(long.path)) as connection, connection:
        connection.execute("DROP TRIGGER events_are_never_deleted")
        (taken,) = connection.execute("SELECT sequence FROM events WHERE kind = 'fill'").fetchone()
        connection.execute("DELETE FROM events WHERE sequence = ?", (taken,))
    assert f"row {taken} is missing" in error_of(bot("review", command, cwd=tmp_path), 5)
