"""Modules that a command imports before it does its work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bot.__main__ import main as start
from bot.cli.command_line import COMMANDS, command_line
from tests.cli.running import ROOT
from tests.ledger.forgeries import write_forgery

HEAVY = {"pandas", "numpy", "scipy", "backtrader", "plotly", "exchange_calendars", "ccxt"}


def modules_of(command: str, folder: Path, *allowed: str) -> None:
    """Run a command in a process of its own and fail if it imports a heavy library that is not allowed."""
    code = (
        "import sys\n"
        "from bot.cli.main import main\n"
        f"try: main({command.split()!r})\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"heavy = {HEAVY - set(allowed)!r} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["--version", "runs", "review --help"])
def test_help_and_the_list_of_runs_need_no_heavy_library(tmp_path: Path, command: str) -> None:
    run = tmp_path / "logs/runs/20240101T000000Z-aa"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text('{"market": "demo"}')
    (run / "summary.json").write_text('{"start": "a", "end": "b", "strategy": {"total_return": 0.5}}')
    modules_of(command, tmp_path)


def test_the_help_of_all_commands_imports_no_command(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from bot.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"assert not {set(name for name, _ in COMMANDS.values())!r} & set(sys.modules), sorted(sys.modules)\n"
        "assert not {'pydantic', 'rich', 'yaml'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_table_of_commands_has_the_summary_of_each() -> None:
    group = typer.main.get_group(command_line())
    context = group.context_class(group)
    for name, (_, summary) in COMMANDS.items():
        assert group.get_command(context, name).get_short_help_str(1_000) == summary, name


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    ["paper list", "paper status", "review paper", "review trades --run paper", "review orders --run paper"],
)
def test_lists_and_reviews_of_a_ledger_need_no_pandas(tmp_path: Path, command: str) -> None:
    write_forgery(tmp_path / "logs/ledgers/paper.sqlite3", None)
    modules_of(command, tmp_path, "numpy")


def test_ctrl_c_while_modules_are_imported_ends_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Importing:
        def __getattr__(self, name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "bot.cli.main", Importing())
    with pytest.raises(SystemExit) as ended:
        start()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Error: interrupted; nothing was begun\n"
