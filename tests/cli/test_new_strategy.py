"""`bot new-strategy` writes a strategy that runs, with a test that passes, and keeps what is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, bot, error_of

FILES = {"my_rule.py", "test_my_rule.py", "my_rule.yaml"}


def test_it_writes_three_files_and_names_them(tmp_path: Path) -> None:
    done = bot("new-strategy", "my_rule", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "schema_version": 2,
        "strategy": "my_rule.py",
        "test": "test_my_rule.py",
        "config": "my_rule.yaml",
    }
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert "class MyRule:" in (tmp_path / "my_rule.py").read_text()
    assert "NAME" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_a_folder_is_named_in_the_config(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert bot("new-strategy", "my_rule", "--folder", "mine", cwd=tmp_path).returncode == 0
    assert 'file: "mine/my_rule.py"\n' in (tmp_path / "mine" / "my_rule.yaml").read_text()
    assert bot("config", "check", "mine/my_rule.yaml", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("taken", sorted(FILES))
def test_a_file_that_exists_is_kept_and_nothing_is_written(taken: str, tmp_path: Path) -> None:
    (tmp_path / taken).write_text("mine")
    assert "exists already" in error_of(bot("new-strategy", "my_rule", cwd=tmp_path), 2)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(taken, "mine")]


@pytest.mark.parametrize("name", ["My Rule", "../rule", "", "1rule", "x" * 61])
def test_an_unfit_name_is_refused(name: str, tmp_path: Path) -> None:
    assert "no name of a strategy" in error_of(bot("new-strategy", name, cwd=tmp_path), 2)
    assert not list(tmp_path.iterdir())


def test_a_keyword_of_python_is_refused_as_a_name(tmp_path: Path) -> None:
    message = error_of(bot("new-strategy", "class", cwd=tmp_path), 2)
    assert "'class': is a keyword of Python; choose another name" in message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["bot", "numpy"])
def test_the_name_of_an_installed_module_is_refused(name: str, tmp_path: Path) -> None:
    assert "is the name of an installed module" in error_of(bot("new-strategy", name, cwd=tmp_path), 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["default", "gated"])
def test_the_name_of_the_bot_s_own_config_is_refused(name: str, tmp_path: Path) -> None:
    assert "is the name of one of the bot's own configs" in error_of(bot("new-strategy", name, cwd=tmp_path), 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "taken"), [("value_error", "ValueError"), ("decision", "Decision")])
def test_a_name_whose_class_would_hide_another_is_refused(name: str, taken: str, tmp_path: Path) -> None:
    assert f"gives its class the name {taken}, which is taken" in error_of(bot("new-strategy", name, cwd=tmp_path), 2)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in error_of(bot("new-strategy", "my_rule", "--folder", "nowhere", cwd=tmp_path), 2)


@pytest.mark.slow
def test_its_own_test_passes(tmp_path: Path) -> None:
    bot("new-strategy", "my_rule", cwd=tmp_path)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_rule.py"]
    done = subprocess.run(words, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=False, timeout=300)
    assert done.returncode == 0
