"""JSON of version 2: lists and objects as such; and of version 1, by `--json-version 1`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.core.json_schema import versioned
from tests.cli.running import bot


def test_version_2_has_its_number_and_version_1_the_old_key() -> None:
    data = {"checks": [{"name": "chain", "message": "3 rows"}], "error": {"type": "DataError", "message": "is old"}}
    assert versioned(data, 2) == {"schema_version": 2, **data}
    assert versioned(data, 1) == {**data, "checks": [{"name": "chain", "told": "3 rows"}]}


@pytest.mark.parametrize("flag", [("--json-version", "1"), ("--json-version=1",)])
def test_version_1_is_chosen_before_or_after_a_command(tmp_path: Path, flag: tuple[str, ...]) -> None:
    before = json.loads(bot(*flag, "runs", "--json", cwd=tmp_path).stdout)
    after = json.loads(bot("runs", "--json", *flag, cwd=tmp_path).stdout)
    assert before == after == {"runs": []}
    assert json.loads(bot("runs", "--json", cwd=tmp_path).stdout) == {"schema_version": 2, "runs": []}


@pytest.mark.parametrize("words", [("--json-version", "3"), ("--json-version",)])
def test_an_unknown_version_is_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = bot("runs", "--json", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: --json-version: is unknown")
