"""Selections of rows, readers that go forwards, backwards and in parts, and a ledger that grows: six rows by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.decision import Decision
from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.core.orders import Fill, OrderIntent, OrderResult, OrderStatus, Side
from bot.ledger import record
from bot.ledger.record import (
    GENESIS,
    back_up_ledger,
    count_rows,
    newest_rows,
    read_end,
    read_ledger,
    read_rows,
    verify_ledger,
    whole_up_to,
    write_ledger,
)
from bot.ledger.selection import Selection
from bot.ledger.writer import LedgerWriter

D = Decimal


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def events() -> list[Event]:
    """Rows 1 to 6: a decision for ETH, its order, fill and end on 03-01; a decision for A on 03-02 and its end."""
    return [
        Decision(at(1), "ETH", "STABLE", {"ETH": D("0.5")}, ("entered_eth", "confirmed")),
        OrderIntent("r-1", at(1), "ETH", Side.BUY, D(2), "entered_eth;confirmed"),
        Fill("r-1", at(1), "ETH", Side.BUY, D(2), D(2000), D(2000), D(4), "entered_eth;confirmed"),
        OrderResult("r-1", at(1), "ETH", Side.BUY, D(2), OrderStatus.FILLED, "entered_eth;confirmed"),
        Decision(at(2), "ALTS", "ETH", {"A": D("0.5")}, ("entered_eth_again",)),
        OrderResult("r-2", at(3, 12), "A", Side.BUY, D(3), OrderStatus.UNFILLED, "entered_eth_again"),
    ]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    with LedgerWriter.open(path) as writer:
        writer.append(events())
    return path


def numbers(path: Path, selection: Selection, newest_first: bool = False, limit: int | None = None) -> list[int]:
    return [row.sequence for row in read_rows(path, selection, newest_first, limit)]


@pytest.mark.parametrize(
    ("selection", "rows"),
    [
        (Selection(), [1, 2, 3, 4, 5, 6]),
        (Selection(("decision", "fill")), [1, 3, 5]),
        (Selection(since=date(2024, 3, 2)), [5, 6]),
        (Selection(since=date(2024, 3, 3)), [6]),
        (Selection(until=date(2024, 3, 1)), [1, 2, 3, 4]),
        (Selection(until=date(2024, 3, 3)), [1, 2, 3, 4, 5, 6]),
        (Selection(until=date.max), [1, 2, 3, 4, 5, 6]),
        (Selection(since=date(2024, 3, 2), until=date(2024, 3, 2)), [5]),
        (Selection(symbol="ETH"), [1, 2, 3, 4]),
        (Selection(symbol="A"), [5, 6]),
        (Selection(reason="entered_eth"), [1, 2, 3, 4]),  # a whole code, not the beginning of one
        (Selection(reason="confirmed"), [1, 2, 3, 4]),
        (Selection(reason="entered_eth_again"), [5, 6]),
        (Selection(outcome="filled"), [4]),
        (Selection(("order_result",), symbol="A", outcome="unfilled"), [6]),
        (Selection(moments=["2024-03-02T00:00:00Z", "2024-03-03T12:00:00Z"]), [5, 6]),
        (Selection(moments=[]), []),
        (Selection(head=2), [1, 2]),
    ],
)
def test_a_selection_has_these_rows(ledger: Path, selection: Selection, rows: list[int]) -> None:
    assert numbers(ledger, selection) == rows
    assert count_rows(ledger, selection) == len(rows)


@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 100])
def test_rows_come_in_order_however_many_are_read_at_once(
    ledger: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_AT_ONCE", at_once)
    assert numbers(ledger, Selection()) == [1, 2, 3, 4, 5, 6]
    assert numbers(ledger, Selection(), newest_first=True) == [6, 5, 4, 3, 2, 1]
    assert numbers(ledger, Selection(), limit=4) == [1, 2, 3, 4]
    assert numbers(ledger, Selection(), newest_first=True, limit=3) == [6, 5, 4]
    assert numbers(ledger, Selection(), limit=0) == []
    assert [row.sequence for row in read_ledger(ledger)] == [1, 2, 3, 4, 5, 6]
    assert verify_ledger(ledger)[0] == 6


@pytest.mark.parametrize(
    ("limit", "rows", "before"), [(None, [1, 3, 5], 0), (2, [3, 5], 1), (3, [1, 3, 5], 0), (9, [1, 3, 5], 0)]
)
def test_the_newest_rows_come_in_order_with_the_number_before_them(
    ledger: Path, limit: int | None, rows: list[int], before: int
) -> None:
    found, left = newest_rows(ledger, Selection(("decision", "fill")), limit)
    assert ([row.sequence for row in found], left) == (rows, before)


def test_a_ledger_is_complete_up_to_its_last_row(ledger: Path, tmp_path: Path) -> None:
    assert whole_up_to(ledger) == 6
    assert read_end(ledger) == verify_ledger(ledger)
    empty = tmp_path / "empty.sqlite3"
    write_ledger(empty, [])
    assert whole_up_to(empty) == 0
    assert read_end(empty) == (0, GENESIS)


@pytest.mark.parametrize("gone", [1, 2, 5])
def test_a_missing_row_is_named_by_every_reader_that_needs_it(ledger: Path, gone: int) -> None:
    with closing(sqlite3.connect(ledger)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM events WHERE sequence = ?", (gone,))
        connection.commit()
    with pytest.raises(LedgerError, match=f"row {gone} is missing"):
        whole_up_to(ledger)
    with pytest.raises(LedgerError, match=f"row {gone} is missing"):
        list(read_rows(ledger, Selection()))


def test_a_ledger_that_grows_has_the_hashes_of_one_written_at_once(ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "grown.sqlite3"
    with LedgerWriter.open(path) as writer:
        assert writer.append([]) == []
        assert not path.exists()
        assert [row.sequence for row in writer.append(events()[:2])] == [1, 2]
        assert [row.sequence for row in writer.append(events()[2:3])] == [3]
    with LedgerWriter.open(path) as writer:
        assert [row.sequence for row in writer.rows] == [1, 2, 3]
        assert [row.sequence for row in writer.append(events()[3:])] == [4, 5, 6]
        assert (6, writer.head) == read_end(path) == read_end(ledger)


def test_a_ledger_without_a_path_has_the_same_hashes(ledger: Path) -> None:
    with LedgerWriter.open(None) as writer:
        writer.append(events())
        assert (len(writer.rows), writer.head) == read_end(ledger)
        assert writer.path == Path("memory")


def test_a_backup_has_the_same_rows_and_replaces_no_file(ledger: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.sqlite3"
    assert back_up_ledger(ledger, target) == verify_ledger(ledger) == verify_ledger(target)
    with pytest.raises(LedgerError):
        back_up_ledger(ledger, target)
