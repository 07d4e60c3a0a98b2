"""Machine code of the rule in the user's cache folder."""

from __future__ import annotations

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


@pytest.mark.slow
def test_a_second_process_takes_the_machine_code_of_the_first(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    answers = [
        subprocess.run(
            [sys.executable, "-c", SUM],
            env={"XDG_CACHE_HOME": str(tmp_path), "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert answers == [["6.0", "0"], ["6.0", "1"]]
