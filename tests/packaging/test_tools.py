"""The files that run the tools name things that exist."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_make_help_lists_every_target() -> None:
    command = ["make", "--no-print-directory", "help"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [phony] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert [line.split()[0] for line in printed.splitlines()] == phony.split()


def test_the_default_target_installs() -> None:
    assert re.findall(r"^(\w+):", MAKEFILE, re.MULTILINE)[0] == "install"


def test_every_test_folder_in_the_makefile_exists() -> None:
    named = re.findall(r"tests/\S+", MAKEFILE)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_hooks_are_local_and_start_tools_of_the_environment() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    assert [hook["id"] for hook in hooks] == ["ruff", "ruff-format", "import-contracts"]
    assert {hook["entry"].split()[0] for hook in hooks} == {".venv/bin/ruff", ".venv/bin/lint-imports"}


def test_continuous_integration_runs_the_one_script() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_module_of_the_import_contracts_exists() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    named = {module for contract in contracts for key in ("allowed_importers",) for module in contract.get(key, [])}
    paths = {module: ROOT / module.replace(".", "/") for module in named}
    assert [m for m, path in paths.items() if not (path.is_dir() or path.with_suffix(".py").is_file())] == []


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_every_benchmark_can_be_imported(path: Path) -> None:
    if path.stem == "against_nautilus":
        pytest.importorskip("nautilus_trader", reason="NautilusTrader is no library of the project")
    importlib.import_module(f"benchmarks.{path.stem}" if path.stem != "__init__" else "benchmarks")
