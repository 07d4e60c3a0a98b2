"""Machine code of the rule in the user's cache folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.simulation import compiling
from bot.simulation.compiling import cache_folder, source_hash

SUM = """
from bot.simulation import compiling
compiling._RULE = ()
import numpy as np
from tests.simulation.compiled_sum import total
fast = compiling.compiled(total)
print(fast(np.arange(4.0)), sum(fast.stats.cache_hits.values()))
"""


def test_another_source_has_another_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "strategies").mkdir()
    monkeypatch.setattr(compiling, "_PROJECT", tmp_path)
    found = []
    for text in ("LIMIT = 1\n", "LIMIT = 2\n", "LIMIT = 1\n"):
        (tmp_path / "strategies" / "rule.py").write_text(text)
        source_hash.cache_clear()
        found.append(cache_folder())
    source_hash.cache_clear()
    assert found[0] == found[2] != found[1]


def test_without_a_cache_folder_the_code_is_compiled_anyway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_folder() is None


def test_only_the_folders_of_the_last_four_sources_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    home = tmp_path / "small-cap-rotation"
    for age in range(6):
        (home / f"compiled-{age}").mkdir(parents=True)
        os.utime(home / f"compiled-{age}", (1e9 - age, 1e9 - age))
    own = cache_folder()
    assert own is not None
    assert {path.name for path in home.iterdir()} == {own.name, "compiled-0", "compiled-1", "compiled-2"}


def answer(cache: Path) -> list[str]:
    """Sum the numbers from 0 to 3 in a new process, and return the sum and the machine code that was read."""
    pytest.importorskip("numba")
    run = subprocess.run(
        [sys.executable, "-c", SUM],
        env={"XDG_CACHE_HOME": str(cache), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.split()


@pytest.mark.slow
def test_a_second_process_takes_the_machine_code_of_the_first(tmp_path: Path) -> None:
    assert [answer(tmp_path), answer(tmp_path)] == [["6.0", "0"], ["6.0", "1"]]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["nbi", "nbc", "json"])
def test_a_damaged_file_is_removed_and_made_again(tmp_path: Path, suffix: str) -> None:
    answer(tmp_path)
    (path,) = tmp_path.rglob(f"*.{suffix}")
    for damaged in (path.read_bytes()[:-9], b"", path.read_bytes()[:-9] + b"123456789"):
        path.write_bytes(damaged)
        assert answer(tmp_path) == ["6.0", "0"]
    assert answer(tmp_path) == ["6.0", "1"]
