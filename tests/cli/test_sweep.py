"""`bot sweep` and the commands that read its table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import bot


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """A folder in which a sweep of two sets was run."""
    (tmp_path / "grid.yaml").write_text("sizing.band: [0.02, 0.05]\n")
    done = bot("sweep", "--market", "demo", "--grid", "grid.yaml", "--name", "two", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 sets (trials)" in done.stdout and "Set 0" in done.stdout
    return tmp_path


@pytest.mark.slow
def test_a_sweep_is_listed_shown_and_exported(swept: Path) -> None:
    assert bot("sweep", "list", cwd=swept).stdout.startswith("two: 2 of 2 sets, 2102-01-0")
    printed = bot("sweep", "show", "two", cwd=swept).stdout
    for words in ("2 sets (trials)", "Deflated Sharpe ratio (DSR)", "overfitting (PBO)", "Plateau", "episodes", "luck"):
        assert words in printed
    shown = json.loads(bot("sweep", "show", "two", "--json", cwd=swept).stdout)
    assert [row["sizing.band"] for row in shown["sets"]] == [0.02, 0.05]
    assert shown["evidence"]["trials"] == 2
    assert {"deflated_sharpe", "pbo", "episodes", "plateau"} <= shown["evidence"].keys()
    assert bot("sweep", "export", "two", "--to", "two.csv", cwd=swept).returncode == 0
    lines = (swept / "two.csv").read_text().splitlines()
    assert lines[0].startswith("set,sizing.band,final_equity") and len(lines) == 3
    again = bot("sweep", "export", "two", "--to", "two.csv", cwd=swept)
    assert again.returncode == 2 and "exists already" in again.stderr


@pytest.mark.slow
def test_faults_are_one_line_with_their_exit_code(swept: Path) -> None:
    for words, code, message in (
        (["sweep", "--market", "demo", "--grid", "grid.yaml", "--name", "two"], 5, "exists already"),
        (["sweep", "--market", "demo", "--grid", "none.yaml"], 2, "none.yaml"),
        (["sweep", "--market", "demo", "--name", "../two"], 2, "is no valid name"),
        (["sweep", "--market", "demo", "--name", "\u00e9"], 2, "is no valid name"),
        (["sweep", "show", "tow"], 5, "did you mean 'two'"),
        (["sweep", "export", "two", "--to", "no/two.csv"], 5, "cannot be written"),
        (["sweep", "export", "two", "--to", "two.xlsx"], 2, "expected .csv or .parquet"),
    ):
        failed = bot(*words, cwd=swept)
        assert failed.returncode == code and message in failed.stderr, failed.stderr
        assert "Traceback" not in failed.stderr


@pytest.mark.slow
def test_a_damaged_sweep_is_marked_and_hides_no_other(swept: Path) -> None:
    (swept / "logs" / "sweeps" / "odd.sqlite3").write_text("no database")
    listed = bot("sweep", "list", cwd=swept)
    assert listed.returncode == 5 and "odd: damaged" in listed.stdout and "two: 2 of 2 sets" in listed.stdout
    assert "is damaged or no database" in listed.stderr
    assert "is damaged or no database" in bot("sweep", "show", "odd", cwd=swept).stderr
