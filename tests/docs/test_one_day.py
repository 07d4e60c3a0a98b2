"""docs/one-day.md is run as it stands, on the folder of prices that its rule makes."""

from __future__ import annotations

import doctest
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "one-day"


def test_every_example_of_the_page_gives_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = doctest.testfile(str(ROOT / "docs" / "one-day.md"), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert found.failed == 0
    assert found.attempted > 50


def test_the_prices_are_those_of_the_rule() -> None:
    made = runpy.run_path(str(FOLDER / "make.py"))["tables"]()
    assert made == {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.csv")}


def test_the_files_stay_small() -> None:
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= 101 for path in FOLDER.glob("*.csv"))
