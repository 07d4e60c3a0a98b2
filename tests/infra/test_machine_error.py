"""A machine without room or memory is no bug of the bot, in whichever step a command meets it."""

from __future__ import annotations

import errno
import os
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from bot.cli import main
from bot.infra.machine_error import machine_error


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "No space left on device; make room, also in the folder of temporary files (TMPDIR)",
        ),
        (
            OSError(errno.EMFILE, os.strerror(errno.EMFILE), "prices/ETH.csv"),
            "prices/ETH.csv: Too many open files; allow more open files: ulimit -n",
        ),
        (
            OSError(errno.EROFS, os.strerror(errno.EROFS), "logs/runs"),
            "logs/runs: Read-only file system; mount it for writing",
        ),
        (
            OSError(errno.EFBIG, os.strerror(errno.EFBIG), "logs/runs"),
            "logs/runs: File too large; allow larger files: ulimit -f",
        ),
        (
            BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)),
            "Resource temporarily unavailable; allow more processes: ulimit -u",
        ),
        (
            RuntimeError("can't start new thread"),
            "the machine starts no more threads; allow more processes: ulimit -u",
        ),
        (
            PermissionError(errno.EACCES, os.strerror(errno.EACCES), "prices/ETH.csv"),
            "prices/ETH.csv: Permission denied; give this user the right to read and write it",
        ),
        (MemoryError(), "the machine has too little memory; free memory"),
        (BrokenProcessPool("abrupt"), "a process of the command was killed, as where memory is short; run it again"),
    ],
)
def test_a_command_ends_with_what_the_machine_lacks(
    problem: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise problem

    monkeypatch.setattr(main, "command_line", lambda: fail)
    with pytest.raises(SystemExit, match="5"):
        main.main(["data", "list"])
    assert capsys.readouterr().err == f"Error: {line}\n"


@pytest.mark.parametrize("option", ["--config", "--data-dir", "--out"])
def test_a_name_too_long_for_a_file_is_an_error_of_the_user(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main.main(["backtest", "--market", "auto", option, "x" * 300])
    (line,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("Error")]
    assert "too long" in line.lower()


@pytest.mark.parametrize("problem", [FileNotFoundError(errno.ENOENT, "No such file"), OSError("odd"), KeyError("ETH")])
def test_another_exception_is_a_bug(problem: Exception) -> None:
    assert machine_error(problem) is None


def test_a_machine_without_memory_is_named_though_no_more_modules_can_be_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise MemoryError

    monkeypatch.setattr(main, "command_line", lambda: fail)
    monkeypatch.setitem(sys.modules, "bot.infra.machine_error", None)
    with pytest.raises(SystemExit, match="5"):
        main.main(["data", "list"])
    assert capsys.readouterr().err == "Error: the machine has too little memory; free memory\n"


def test_a_current_folder_that_is_removed_during_a_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    found = machine_error(FileNotFoundError(errno.ENOENT, "No such file"))
    assert str(found) == "the current folder was removed; change to another folder: cd"


@pytest.mark.parametrize("part", ["home", "home/.bashrc"])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path, part: str) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(OSError, match=r"File exists|Not a directory") as caught:
        (tmp_path / part).mkdir(exist_ok=True)
    found = machine_error(caught.value)
    assert str(found) == (
        f"{tmp_path / part}: {tmp_path / 'home'} is a file, not a folder; move it away, or name another folder"
    )
