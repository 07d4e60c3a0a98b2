"""A command keeps its exit code and its files where its caller closed a stream or the stream's target fails."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import BOT, ROOT

FULL = "Error: standard output: cannot be written: No space left on device; make room, or write it elsewhere\n"


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `bot` is a command of its own process."""
    return subprocess.run(
        ["bash", "-c", line.replace("bot ", shlex.join(BOT) + " ", 1)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-", "--json >&-", "--json 2>&-"])
def test_a_closed_stream_ends_no_command(tmp_path: Path, closed: str) -> None:
    done = shell(f"bot config check {closed}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["<&- >&-", ">&-", "<&-"])
def test_a_file_of_a_command_takes_no_place_of_a_closed_stream(tmp_path: Path, closed: str) -> None:
    """The place of a closed stream is the first one free: the next file would get what a library prints."""
    code = (
        "import os, sys\n"
        "from bot.infra.standard_streams import open_closed_streams\n"
        "open_closed_streams()\n"
        "sys.stderr.write(str(os.open(os.devnull, os.O_RDONLY)))\n"
    )
    done = shell(f"{shlex.join([BOT[0], '-c', code])} {closed}", tmp_path)
    assert int(done.stderr) > 2


@pytest.mark.parametrize("option", ["", "--json "])
def test_a_full_disk_of_the_output_is_named(tmp_path: Path, option: str) -> None:
    done = shell(f"bot config check {option}>/dev/full", tmp_path)
    assert (done.returncode, done.stderr) == (5, FULL)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("bot config check 2>/dev/full", 0),
        ("bot config check --nope 2>/dev/full", 2),
        ("bot config check --nope --json >/dev/full 2>/dev/full", 2),
        ("bot config check --nope --json 2>/dev/full | cat >/dev/null; exit ${PIPESTATUS[0]}", 2),
    ],
)
def test_a_message_that_cannot_be_written_changes_no_exit_code(tmp_path: Path, line: str, code: int) -> None:
    assert shell(line, tmp_path).returncode == code


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    done = shell("bot config show --json | true; exit ${PIPESTATUS[0]}", tmp_path)
    assert (done.returncode, done.stderr.count("Error")) == (0, 0)


def test_a_removed_current_folder_is_named(tmp_path: Path) -> None:
    done = shell("mkdir gone; cd gone; rmdir ../gone; bot config check", tmp_path)
    assert (done.returncode, done.stderr) == (
        5,
        "Error: the current folder was removed; change to another folder: cd\n",
    )


@pytest.mark.parametrize("columns", ["0", "1", "-5", "many"])
def test_odd_columns_change_no_result(tmp_path: Path, columns: str) -> None:
    (tmp_path / "c.yaml").write_text("extends: default.yaml\n")
    done = shell(f"COLUMNS={columns} bot config check", tmp_path)
    assert done.returncode == 0, done.stderr
    assert max(len(line) for line in done.stdout.splitlines()) > 10
