"""The quick check of a chain agrees with the slow one, and leaves every fault to it."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.errors import LedgerError
from bot.ledger.chain_check import quick_chain_end
from bot.ledger.ledger_file import open_to_read
from bot.ledger.record import GENESIS, as_rows, checked_rows, verify_ledger, write_ledger
from tests.ledger.forgeries import every_kind
from tests.ledger.test_record import TRIGGERS, run


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    write_ledger(path, as_rows(every_kind() * 60))  # more rows than one query returns
    run(path, *(f"DROP TRIGGER {name}" for name in TRIGGERS))
    return path


def quick(path: Path) -> tuple[int, str] | None:
    with closing(open_to_read(path)) as connection:
        return quick_chain_end(connection, GENESIS)


def slow(path: Path) -> tuple[int, str]:
    with closing(open_to_read(path)) as connection:
        rows = list(checked_rows(connection, path))
    return len(rows), rows[-1][-1]


def test_it_counts_the_rows_and_returns_the_last_hash(ledger: Path) -> None:
    assert quick(ledger) == slow(ledger) == verify_ledger(ledger)
    assert slow(ledger)[0] == 60 * len(every_kind()) > 1000


def test_an_empty_ledger_ends_with_the_text_to_which_row_1_is_chained(tmp_path: Path) -> None:
    write_ledger(tmp_path / "empty.sqlite3", [])
    assert quick(tmp_path / "empty.sqlite3") == (0, GENESIS)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET body = substr(body, 2) WHERE sequence = 1004",
        "UPDATE events SET body = body || ' ' WHERE sequence = 1",
        "UPDATE events SET at = '2024-03-02T00:00:00Z' WHERE sequence = 700",
        "UPDATE events SET kind = kind || 's' WHERE sequence = 500",
        "UPDATE events SET hash = upper(hash) WHERE sequence = 501",
        "UPDATE events SET hash = '' WHERE sequence = 2",
        "UPDATE events SET sequence = 100000 WHERE sequence = 999",
        "UPDATE events SET sequence = 0 WHERE sequence = 1",
        "UPDATE events SET sequence = -5 WHERE sequence = 1",
        "DELETE FROM events WHERE sequence = 501",
        "DELETE FROM events WHERE sequence = 1",
        "UPDATE events SET body = CAST(x'ff' AS TEXT) WHERE sequence = 600",
    ],
)
def test_it_leaves_a_fault_to_the_check_that_names_the_row(ledger: Path, change: str) -> None:
    run(ledger, change)
    assert quick(ledger) is None
    with pytest.raises(LedgerError) as caught:
        verify_ledger(ledger)
    with pytest.raises(LedgerError) as expected:
        slow(ledger)
    assert str(caught.value) == str(expected.value)


def test_other_bytes_than_utf8_are_a_fault_even_with_a_right_hash(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.text_factory = bytes
        count, head = connection.execute("SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1").fetchone()
        text = b'%b\n%d\nlate\n2024-03-05T00:00:00Z\n{"x": "\xff"}' % (head, count + 1)
        row = (count + 1, b"late", b"2024-03-05T00:00:00Z", b'{"x": "\xff"}', hashlib.sha256(text).hexdigest())
        connection.execute("INSERT INTO events VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?)", row)
    assert quick(ledger) is None
    with pytest.raises(LedgerError, match=rf"row {count + 1} \("):
        verify_ledger(ledger)


def test_the_connection_returns_text_again(ledger: Path) -> None:
    with closing(open_to_read(ledger)) as connection:
        quick_chain_end(connection, GENESIS)
        assert connection.execute("SELECT kind FROM events WHERE sequence = 1").fetchone() == ("epoch",)
