"""A ledger's file: whether it is there, and how a writer makes and closes it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import LedgerError
from bot.core.events import Acknowledged
from bot.ledger.ledger_file import is_there, open_to_read
from bot.ledger.record import verify_ledger
from bot.ledger.writer import KnownRows, LedgerWriter

EVENT = Acknowledged(datetime(2024, 3, 1, tzinfo=UTC))


def test_a_ledger_is_there_if_its_file_has_a_byte(tmp_path: Path) -> None:
    empty, one = tmp_path / "empty", tmp_path / "one"
    empty.write_bytes(b"")
    one.write_bytes(b"x")
    assert [is_there(path) for path in (tmp_path / "none", empty, one, tmp_path)] == [False, False, True, True]


def test_an_empty_file_is_read_as_no_ledger_and_begun_by_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    path.write_bytes(b"")
    with pytest.raises(LedgerError, match="there is no ledger"):
        open_to_read(path)
    with LedgerWriter.open(path) as writer:
        writer.append([EVENT])
    assert verify_ledger(path)[0] == 1


def test_a_writer_makes_the_folders_of_its_file_at_the_first_event(tmp_path: Path) -> None:
    path = tmp_path / "paper" / "one" / "book.sqlite3"
    with LedgerWriter.open(path) as writer:
        assert not path.parent.exists()
        writer.append([EVENT])
    assert verify_ledger(path)[0] == 1


def test_a_writer_without_events_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    with LedgerWriter.open(path) as writer:
        assert writer.rows == []
    assert not path.exists()


def test_a_writer_is_closed_at_the_end(tmp_path: Path) -> None:
    with LedgerWriter.open(tmp_path / "book.sqlite3") as writer:
        writer.append([EVENT])
    with pytest.raises(LedgerError, match="closed"):
        writer.append([EVENT])


def three_rows(path: Path) -> KnownRows:
    """Write a ledger of three rows, and open it once more so that they are known."""
    known = KnownRows()
    with LedgerWriter.open(path) as writer:
        writer.append([EVENT] * 3)
    with LedgerWriter.open(path, known):
        pass
    return known


def changed(path: Path, statement: str) -> None:
    """Change a ledger's file as another program could."""
    with closing(sqlite3.connect(path)) as other, other:
        for name in ("changed", "replaced", "deleted"):
            other.execute(f"DROP TRIGGER events_are_never_{name}")
        other.execute(statement)


class TestKnownRows:
    def test_a_second_opening_decodes_the_later_rows_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "book.sqlite3"
        known = three_rows(path)
        before = list(known.rows)
        with LedgerWriter.open(path) as writer:  # another command
            writer.append([Acknowledged(datetime(2024, 3, 2, tzinfo=UTC))])
        with LedgerWriter.open(path, known) as writer:
            assert [row.sequence for row in writer.rows] == [1, 2, 3, 4]
            assert all(one is two for one, two in zip(writer.rows[:3], before, strict=True))
            assert (len(writer.rows), writer.head) == verify_ledger(path)
            writer.append([EVENT])
            assert len(known.rows) == 4  # what is written is read from the file at the next opening
        with LedgerWriter.open(path, known) as writer:
            assert (len(writer.rows), writer.head) == verify_ledger(path)

    def test_known_rows_keep_their_events_without_bodies(self, tmp_path: Path) -> None:
        known = three_rows(tmp_path / "book.sqlite3")
        assert [(row.event, row.body) for row in known.rows] == [(EVENT, {})] * 3

    @pytest.mark.parametrize(
        ("statement", "message"),
        [
            ("UPDATE events SET at = '2024-03-02T00:00:00Z' WHERE sequence = 2", "row 2 .* was changed"),
            ("DELETE FROM events WHERE sequence = 1", "row 1 is missing"),
        ],
    )
    def test_a_known_row_that_was_changed_is_an_error(self, tmp_path: Path, statement: str, message: str) -> None:
        path = tmp_path / "book.sqlite3"
        known = three_rows(path)
        changed(path, statement)
        with pytest.raises(LedgerError, match=message), LedgerWriter.open(path, known):
            pass

    def test_another_ledger_at_the_path_is_read_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "book.sqlite3"
        known = three_rows(path)
        path.unlink()
        with LedgerWriter.open(path) as writer:
            writer.append([Acknowledged(datetime(2025, 1, 1, tzinfo=UTC))] * 4)
        with LedgerWriter.open(path, known) as writer:
            assert [row.at[:4] for row in writer.rows] == ["2025"] * 4
