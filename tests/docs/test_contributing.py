"""The map in CONTRIBUTING matches the tree: packages, paths, layers, and names that are used twice."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SOURCES = [path for folder in ("bot", "strategies") for path in (ROOT / folder).rglob("*.py")]
PACKAGES = sorted(path.parent for path in SOURCES if path.name == "__init__.py")
TOP_LEVEL = [path for path in PACKAGES if path.parent == ROOT / "bot"]


def section(title: str) -> str:
    """The text of a section of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named_paths(text: str) -> list[str]:
    """The paths of files and folders in code spans, wildcards included."""
    spans = re.findall(r"(?<!`)`([^`\s]+)`", text)
    return [span for span in spans if "/" in span or re.fullmatch(r"[\w*.]+\.(py|md|yaml|toml)", span)]


def is_there(path: str) -> bool:
    return any(ROOT.glob(path.rstrip("/"))) if "/" in path else any((ROOT).rglob(path))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def names_used_twice() -> dict[str, set[str]]:
    """Modules of the same name, by name."""
    found = defaultdict(set)
    for path in SOURCES:
        found[path.stem].add(relative(path))
    return {name: paths for name, paths in found.items() if len(paths) > 1 and name != "__init__"}


def first_paragraph(package: Path) -> str:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def test_every_path_on_the_page_is_there() -> None:
    paths = named_paths(PAGE)
    assert [path for path in paths if not is_there(path)] == []
    assert len(paths) > 60


def test_the_tree_of_the_readme_has_every_package() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(bot/\w+)/ ", readme.partition("## The tree")[2], re.MULTILINE)
    assert sorted(listed) == [relative(path) for path in TOP_LEVEL]


def test_a_path_that_is_gone_is_found() -> None:
    assert named_paths("see `bot/core/`, `gone/file.py`, `*_page.py` and `word`") == [
        "bot/core/",
        "gone/file.py",
        "*_page.py",
    ]
    assert [path for path in ("bot/core/", "*_page.py", "gone/file.py", "gone_page.py") if is_there(path)] == [
        "bot/core/",
        "*_page.py",
    ]


def test_there_are_seventeen_packages_and_each_has_a_row() -> None:
    assert len([*TOP_LEVEL, ROOT / "strategies"]) == 17 + 1  # seventeen in bot, and the strategies beside it
    mapped = {cells[0].strip("`") for cells in rows("Where things are")}
    assert {relative(path) for path in PACKAGES} - mapped == set()


@pytest.mark.parametrize("package", PACKAGES, ids=relative)
def test_a_package_says_in_one_sentence_what_it_is(package: Path) -> None:
    sentence = first_paragraph(package)
    assert sentence.endswith(".")
    mapped = {cells[0].strip("`"): cells[1] for cells in rows("Where things are")}
    assert mapped[relative(package)] == sentence


@pytest.mark.parametrize(
    "thing", ["a gate", "a fee", "a vendor", "a venue", "a section of the report", "a command"], ids=str
)
def test_the_page_says_where_to_change(thing: str) -> None:
    assert any(cells[0].startswith(thing) for cells in rows("To change something"))


def test_the_layers_are_those_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(one["layers"] for one in contracts if one["name"].startswith("Eleven layers"))
    block = re.search(r"```text\n(.*?)```", section("Layers"), re.DOTALL)
    assert block is not None
    assert block.group(1).splitlines() == layers


def test_each_module_name_that_is_used_twice_has_a_row_with_a_reason() -> None:
    listed = {cells[0].strip("`"): set(named_paths(cells[1])) for cells in rows("Module names that are used twice")}
    assert listed == names_used_twice()
    assert len(listed) <= 12
    assert all(len(cells[2]) > 20 for cells in rows("Module names that are used twice"))


def test_class_names_are_unique() -> None:
    found = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(relative(path))
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}
