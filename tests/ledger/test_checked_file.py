"""The digest of a checked file saves a second check of the same bytes, and no check of others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bot.core.errors import LedgerError
from bot.ledger import checked_file
from bot.ledger.checked_file import checked_path, verify_changed
from bot.ledger.record import as_rows, verify_ledger, write_ledger
from bot.ledger.writer import LedgerWriter
from tests.ledger.forgeries import every_kind
from tests.ledger.test_record import TRIGGERS, run


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "paper.sqlite3"
    write_ledger(path, as_rows(every_kind()))
    run(path, *(f"DROP TRIGGER {name}" for name in TRIGGERS))
    monkeypatch.setattr(checked_file, "_LEAST", 0)
    return path


def checks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the list to which each check of all rows adds its ledger."""
    found: list[Path] = []

    def counted(path: Path) -> tuple[int, str]:
        found.append(path)
        return verify_ledger(path)

    monkeypatch.setattr(checked_file, "verify_ledger", counted)
    return found


def test_rows_are_checked_once_while_the_bytes_stay(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = checks(monkeypatch)
    assert verify_changed(ledger) == verify_changed(ledger) == verify_ledger(ledger)
    assert found == [ledger]


def test_an_appended_row_is_checked(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, head = verify_changed(ledger)
    with LedgerWriter.open(ledger) as writer:
        writer.append(every_kind()[:1])
    found = checks(monkeypatch)
    assert verify_changed(ledger) == verify_ledger(ledger) == (rows + 1, verify_ledger(ledger)[1])
    assert verify_changed(ledger)[1] != head
    assert found == [ledger]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET body = body || ' ' WHERE sequence = 1",
        "UPDATE events SET hash = upper(hash) WHERE sequence = 3",
        "DELETE FROM events WHERE sequence = 2",
    ],
)
def test_a_changed_row_is_reported_as_without_a_digest(ledger: Path, change: str) -> None:
    verify_changed(ledger)
    run(ledger, change)
    with pytest.raises(LedgerError) as with_digest:
        verify_changed(ledger)
    with pytest.raises(LedgerError) as without:
        verify_ledger(ledger)
    assert str(with_digest.value) == str(without.value)


def test_a_byte_that_the_disk_lost_is_found(ledger: Path) -> None:
    verify_changed(ledger)
    content = ledger.read_bytes()
    assert content.count(b'"small_caps"') > 0
    ledger.write_bytes(content.replace(b'"small_caps"', b'"small_cups"'))
    with pytest.raises(LedgerError, match="was changed after it was written"):
        verify_changed(ledger)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nul", '{"digest": "a", "rows": 1, "head": "b"}', "[" * 100_000, '{"rows": 3}']
)
def test_a_malformed_digest_is_none(ledger: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checked_path(ledger).write_text(text)
    found = checks(monkeypatch)
    assert verify_changed(ledger) == verify_ledger(ledger)
    assert found == [ledger]
    assert set(json.loads(checked_path(ledger).read_text())) == {"digest", "rows", "head"}


def test_a_ledger_that_grows_during_its_check_keeps_no_digest(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def grown(path: Path) -> tuple[int, str]:
        with LedgerWriter.open(path) as writer:
            writer.append(every_kind()[:1])
        return verify_ledger(path)

    monkeypatch.setattr(checked_file, "verify_ledger", grown)
    before = verify_ledger(ledger)[0]
    assert verify_changed(ledger)[0] == before + 1
    assert not checked_path(ledger).exists()


def test_rows_in_a_log_beside_the_file_are_checked_each_time(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(ledger, "PRAGMA journal_mode = WAL")
    found = checks(monkeypatch)
    assert verify_changed(ledger) == verify_changed(ledger)
    assert found == [ledger, ledger]
    assert not checked_path(ledger).exists()


def test_a_folder_that_is_read_only_is_no_error(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path, content: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(checked_file, "write_whole", denied)
    assert verify_changed(ledger) == verify_ledger(ledger)


def test_a_small_ledger_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "small.sqlite3"
    write_ledger(path, as_rows(every_kind()))
    assert verify_changed(path) == verify_ledger(path)
    assert [one.name for one in tmp_path.iterdir()] == ["small.sqlite3"]


def test_another_ledger_under_the_name_is_checked(ledger: Path, tmp_path: Path) -> None:
    verify_changed(ledger)
    write_ledger(tmp_path / "other.sqlite3", as_rows(every_kind()[:5]))
    shutil.move(tmp_path / "other.sqlite3", ledger)
    assert verify_changed(ledger) == verify_ledger(ledger)
    assert verify_changed(ledger)[0] == 5
