"""A ledger's file: whether it is there, and how a writer makes and closes it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import LedgerError
from bot.core.events import Acknowledged
from bot.ledger.ledger_file import is_there, open_to_read
from bot.ledger.record import verify_ledger
from bot.ledger.writer import LedgerWriter

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
