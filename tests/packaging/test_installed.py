"""The wheel, installed into an environment of its own, runs in an empty folder.

The dependencies are those of the environment that runs the tests, so that no network is needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Mapping
from email.parser import HeaderParser
from pathlib import Path

import pytest

from bot.infra.version import __version__
from tests.cli.running import error_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
YEAR = ["--start", "2111-01-01", "--end", "2111-12-31"]
QUICK = [*YEAR, "--set", "demo.spread_seeds=2", "--set", "benchmarks.random_shifts=10"]
CLEAN: Mapping[str, str] = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-c", BUILD, folder], cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel; a path file lends it the dependencies, but not this checkout."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    install = ["--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, env=CLEAN)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


def run(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of this checkout on Python's path."""
    return subprocess.run(command, cwd=cwd, env=CLEAN, capture_output=True, text=True, check=False)


def test_the_wheel_holds_two_packages_and_no_others(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "bot",
        "strategies",
        f"small_cap_rotation-{__version__}.dist-info",
    }
    assert {"bot/py.typed", "strategies/py.typed"} <= set(names)


def test_the_wheel_holds_the_configs_inside_the_package(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    installed = {name for name in archive.namelist() if name.startswith("bot/config/")}
    own = (path for path in (ROOT / "config").rglob("*.yaml"))
    files = {f"bot/{path.relative_to(ROOT).as_posix()}": path.read_bytes() for path in own}
    assert {name: archive.read(name) for name in installed} == files


def test_the_metadata_name_maintainers_licence_and_keywords(wheel: Path) -> None:
    metadata = zipfile.ZipFile(wheel).read(f"small_cap_rotation-{__version__}.dist-info/METADATA").decode()
    fields = HeaderParser().parsestr(metadata)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert fields["Version"] == __version__
    assert fields["Author"] == fields["Maintainer"] == "The small-cap rotation maintainers"
    assert fields["License-Expression"] == "GPL-3.0-or-later"
    assert fields["Keywords"].split(",") == project["keywords"]
    assert fields.get_all("Classifier") == project["classifiers"]
    assert fields.get_all("Requires-Dist")


def test_an_editable_install_holds_no_second_copy_of_the_configs(tmp_path: Path) -> None:
    build = BUILD.replace("build_wheel", "build_editable")
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=ROOT, check=True, capture_output=True)
    [editable] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(editable).namelist()
    assert [name for name in names if ".dist-info/" not in name] == ["_small_cap_rotation.pth"]


def test_the_installed_bot_backtests_in_an_empty_folder(environment: Path, tmp_path: Path) -> None:
    bot = environment / "bin" / "bot"
    where = run([environment / "bin" / "python", "-c", "import bot, strategies; print(bot, strategies)"], tmp_path)
    assert where.stdout.count(str(environment)) == 2
    check, backtest, review = (
        run([bot, *words], tmp_path)
        for words in (
            ["config", "check", "gated.yaml"],
            ["backtest", *QUICK, "--config", "config/gated.yaml"],
            ["review", "latest"],
        )
    )
    assert (check.returncode, backtest.returncode, review.returncode) == (0, 0, 0), backtest.stderr
    assert check.stdout.startswith("gated.yaml is valid")
    assert list(tmp_path.glob("logs/runs/*/report.html"))
    assert "In a synthetic market, from 2111-01-01 to 2111-12-31" in review.stdout


def test_a_package_that_hides_the_strategies_ends_with_one_line(environment: Path, tmp_path: Path) -> None:
    own = tmp_path / "strategies"
    own.mkdir()
    bot = [environment / "bin" / "python", "-m", "bot"]
    assert run([*bot, "config", "check"], tmp_path).returncode == 0  # a folder without Python files hides nothing
    (own / "__init__.py").touch()
    ended = run([*bot, "backtest"], tmp_path)
    message = error_of(ended, 2)
    assert message.startswith(f"Error: {own}: hides the bot's own package `strategies`")
    assert message.endswith(f"rename it, or start the bot outside {tmp_path}")
