"""`bot study` on the command line: help, and faults of one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.study.sections import SECTIONS


def code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["study", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_help_names_every_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("--help") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in SECTIONS)


@pytest.mark.parametrize("command", [(), ("register",), ("worlds",)])
def test_a_plan_without_its_event_file_is_one_line_and_one_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    plan = tmp_path / "own.yaml"
    plan.write_text("extends: study.yaml\nsignal: {file: none.py}\n")
    assert code_of(*command, "--plan", str(plan), "--json") == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["exit_code"] == 2
    assert shown.err.splitlines()[-1].startswith("Error: none.py: there is no such event file")


def test_an_unknown_section_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("--only", "nuls") == 2
    assert capsys.readouterr().err == "Error: --only: there is no such section; was nuls; did you mean 'nulls'?\n"
