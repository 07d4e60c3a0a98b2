"""The excerpts of the README and of the docs are what their commands print on the demo market."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import bot
from tests.docs.blocks import ROOT
from tests.docs.excerpts import missing_lines
from tests.docs.test_commands import QUICK

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_line_that_is_not_printed_is_found() -> None:
    assert missing_lines("a\nb ... d\n", "a\nx\nb c d\n") == []
    assert missing_lines("b\na\n", "a\nb\n") == ["a"]


@pytest.mark.slow
def test_the_result_in_the_readme_is_that_of_the_demo(tmp_path: Path) -> None:
    [shown] = re.findall(r"among other lines:\n\n```text\n(.*?)```", README, re.DOTALL)
    printed = bot("backtest", "--market", "demo", "--seeds", "2", cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert missing_lines(shown, printed.stdout) == []


@pytest.mark.slow
def test_the_story_in_the_readme_is_that_of_the_demo(tmp_path: Path) -> None:
    [shown] = re.findall(r"From the demo:\n\n```text\n(.*?)```", README, re.DOTALL)
    assert "bot review latest  " in README
    assert bot("backtest", "--market", "demo", *QUICK, cwd=tmp_path).returncode == 0
    printed = bot("review", "latest", "--all", cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert missing_lines(shown, printed.stdout) == []
    assert bot("review", "why", "latest", "--run", "latest", cwd=tmp_path).returncode == 0
    assert bot("review", "trades", "--run", "latest", "--by", "coin", cwd=tmp_path).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("page", ["sweep.md", "walkforward.md"])
def test_the_result_in_a_page_is_that_of_its_second_command(page: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    [command] = re.findall(r"^\$ bot (.*--market demo.*)$", text, re.MULTILINE)[:1]
    [shown] = re.findall(r"second command prints, among other lines:\n\n```text\n(.*?)```", text, re.DOTALL)
    printed = bot(*shlex.split(command), cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert missing_lines(shown, printed.stdout) == []
