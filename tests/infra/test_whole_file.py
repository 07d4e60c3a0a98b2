"""Copies are whole or absent, whoever else copies at the same time, and an error of a folder names user and owner."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.core.errors import LedgerError
from bot.core.events import TradingState, TradingStateChange
from bot.infra.whole_file import place_new, temporary_beside, write_whole
from bot.infra.write_access import write_error
from bot.ledger.record import as_rows, back_up_ledger, back_up_numbered, verify_ledger, write_ledger
from tests.cli.running import bot, error_of

STRANGER = 10001


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "paper.sqlite3"
    write_ledger(path, as_rows([TradingStateChange(datetime(2026, 1, 2, tzinfo=UTC), TradingState.ON)] * 400))
    return path


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Take the right to write a folder from this process, also if it is root's."""
    folder.chmod(0o555)
    before = os.geteuid()
    if before == 0:
        os.seteuid(STRANGER)
    try:
        yield
    finally:
        if before == 0:
            os.seteuid(before)
        folder.chmod(0o755)


def together(number: int, action: object) -> list[BaseException | None]:
    """Run an action in several threads at once and return how each ended."""
    gate, ended = threading.Barrier(number), list[BaseException | None]()

    def run() -> None:
        gate.wait()
        try:
            action()  # type: ignore[operator]
        except LedgerError as problem:
            ended.append(problem)
        else:
            ended.append(None)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


class TestBackup:
    def test_of_several_at_once_to_one_name_one_is_made_and_the_others_say_why(
        self, ledger: Path, tmp_path: Path
    ) -> None:
        target = tmp_path / "copies" / "copy.sqlite3"
        ended = together(6, lambda: back_up_ledger(ledger, target))
        assert ended.count(None) == 1
        assert {str(problem) for problem in ended if problem is not None} == {
            f"{target}: the backup exists already; name another file"
        }
        assert verify_ledger(target) == verify_ledger(ledger)
        assert [path.name for path in target.parent.iterdir()] == ["copy.sqlite3"]

    def test_of_several_at_once_with_the_default_name_each_is_made(self, ledger: Path, tmp_path: Path) -> None:
        target = tmp_path / "copies" / "copy.sqlite3"
        assert together(5, lambda: back_up_numbered(ledger, target)) == [None] * 5
        copies = sorted(path.name for path in target.parent.iterdir())
        assert copies == ["copy-2.sqlite3", "copy-3.sqlite3", "copy-4.sqlite3", "copy-5.sqlite3", "copy.sqlite3"]
        assert {verify_ledger(path) for path in target.parent.iterdir()} == {verify_ledger(ledger)}

    def test_leaves_the_half_copy_of_a_running_one_and_removes_that_of_a_killed_one(
        self, ledger: Path, tmp_path: Path
    ) -> None:
        killed = tmp_path / f".old.sqlite3.{'0' * 16}.part"
        killed.write_bytes(b"half")
        with temporary_beside(tmp_path / "other.sqlite3") as running:
            back_up_ledger(ledger, tmp_path / "copy.sqlite3")
            assert running.exists()
        assert not killed.exists()
        assert not running.exists()


def test_a_name_that_is_taken_between_check_and_rename_is_left_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "copy"
    with temporary_beside(target) as temporary:
        target.write_text("mine")
        with pytest.raises(FileExistsError):
            place_new(temporary, target)
    assert target.read_text() == "mine"


def test_a_page_whose_writing_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "page.html"
    target.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("page.html", "old")]


class TestDeniedFolder:
    @pytest.fixture
    def place(self) -> Iterator[Path]:
        """A folder that every user may enter; those of pytest are its user's alone."""
        with TemporaryDirectory() as folder:
            Path(folder).chmod(0o777)
            yield Path(folder)

    def test_names_the_user_and_the_owner(self, place: Path) -> None:
        folder = place / "volume"
        folder.mkdir()
        owner = folder.stat().st_uid
        with without_rights(folder):
            message = str(write_error(LedgerError, folder / "logs" / "paper.sqlite3", PermissionError(13, "denied")))
            user = os.geteuid()
        assert f"uid {user}" in message.partition("may not write to ")[0]
        assert message.partition("may not write to ")[2].startswith(f"{folder}, which belongs to ")
        assert f"uid {owner}" in message.partition("which belongs to ")[2]
        assert "space" not in message
        assert "room" not in message

    @pytest.mark.parametrize(
        ("command", "locked"),
        [
            (("paper", "new"), "logs"),
            (("paper", "backup", "--to", "locked/copy"), "locked"),
        ],
    )
    def test_ends_a_command_with_that_line(self, command: tuple[str, ...], locked: str, place: Path) -> None:
        (place / locked).mkdir()
        if "backup" in command:
            assert bot("paper", "new", cwd=place).returncode == 0
        with without_rights(place / locked):
            message = error_of(bot(*command, cwd=place), 5)
        assert f"may not write to {place / locked}, which belongs to" in message or (
            f"may not write to {locked}, which belongs to" in message
        )

    def test_a_full_disk_asks_for_room(self, tmp_path: Path) -> None:
        message = str(write_error(LedgerError, tmp_path / "x", OSError(28, "No space left on device")))
        assert message == f"{tmp_path / 'x'}: cannot be written: No space left on device; make room"


class TestObstacle:
    def test_names_the_file_in_the_place_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "logs").write_text("")
        path = tmp_path / "logs/runs/x"
        message = str(write_error(LedgerError, path, NotADirectoryError(20, "Not a directory")))
        assert message == (
            f"{path}: cannot be written: {tmp_path / 'logs'} is a file, not a folder; "
            "move it away, or name another folder"
        )

    def test_names_a_link_to_a_missing_folder(self, tmp_path: Path) -> None:
        (tmp_path / "logs").symlink_to("gone/disk")
        error = error_of(bot("paper", "new", cwd=tmp_path), 5)
        assert error.endswith("logs is a link to gone/disk, which is missing; make that folder, or remove the link")

    def test_names_a_file_given_as_the_folder_itself(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("")
        message = str(write_error(LedgerError, tmp_path / "out", FileExistsError(17, "File exists")))
        assert "out is a file, not a folder" in message
