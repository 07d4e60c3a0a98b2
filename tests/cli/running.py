"""Running the bot as a user does: in a folder, with words, looking at what came out and how it ended."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from bot.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
BOT = [sys.executable, "-c", "from bot.__main__ import main; main()"]


def bot(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, in this process: a tenth of the time that a new one takes."""
    out, error = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, COLUMNS="80"),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(error),
    ):
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int), code
    return subprocess.CompletedProcess(list(arguments), code, out.getvalue(), error.getvalue())


def bot_process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as its own process, with an environment of its own."""
    given: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", **environment}
    return subprocess.run([*BOT, *arguments], cwd=cwd, env=given, capture_output=True, text=True, check=False)


def error_of(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line of an error; fails on anything that is not one."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]
