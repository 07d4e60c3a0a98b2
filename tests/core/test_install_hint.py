"""A missing library is named with a command that installs it from a package index."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from bot.core import install_hint
from bot.core.install_hint import install_command

ROOT = Path(__file__).parents[2]
LINES = ["numpy>=2.2", "numba>=0.60; extra == 'sweep'", 'scipy>=1.15 ; extra == "sweep"', "arch>=8; extra == 'study'"]


def test_the_command_names_the_libraries_of_one_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install_hint, "requires", lambda name: LINES)
    assert install_command("sweep") == "pip install 'numba>=0.60' 'scipy>=1.15'"
    assert install_command("study") == "pip install 'arch>=8'"


def test_sources_that_were_never_installed_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(install_hint, "requires", absent)
    assert install_command("sweep") == "install the project with its extra 'sweep'"


def test_the_code_asks_for_extras_that_exist() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    named = set(re.findall(r"""install_command\(["'](\w+)["']\)""", sources))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    elsewhere = {"dev", "docs", "notebook"}  # asked for by the Makefile and the notebooks
    assert named == set(project["optional-dependencies"]) - elsewhere


def test_no_page_installs_the_project_from_an_index() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    command = re.compile(r"(pip|pipx|uv tool) install [^\n`]*small-cap-rotation")
    assert [page.name for page in pages if command.search(page.read_text(encoding="utf-8"))] == []
