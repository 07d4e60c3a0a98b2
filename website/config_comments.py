"""Read the reasons of config keys: the comments of config/*.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.settings.state_folder import CONFIG_FOLDER, DEFAULT_CONFIG


def config_comments() -> dict[str, str]:
    """Return the comment of each key by its dotted name, from config/default.yaml and the files that it extends."""
    extended = yaml.safe_load(DEFAULT_CONFIG.read_text(encoding="utf-8"))["extends"]
    comments: dict[str, str] = {}
    for name in [*extended, DEFAULT_CONFIG.name]:
        comments |= comments_of((Path(CONFIG_FOLDER) / name).read_text(encoding="utf-8"))
    return comments


def comments_of(text: str) -> dict[str, str]:
    """Return the comment beside or directly above each key of a YAML text.

    A comment beside the first key of a line is that line's; further keys of the same line have none.
    """
    lines = text.splitlines()
    found: dict[str, str] = {}
    seen: set[int] = set()
    for name, line in _keys(yaml.compose(text), ""):
        if line in seen:
            continue
        seen.add(line)
        comment = _beside(lines[line]) or _above(lines, line)
        if comment:
            found[name] = comment
    return found


def _keys(node: yaml.Node | None, prefix: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{prefix}{key.value}", key.start_mark.line
            yield from _keys(value, f"{prefix}{key.value}.")


def _beside(line: str) -> str:
    found = re.search(r"\s#\s*(.+)$", line)
    return found.group(1).strip() if found else ""


def _above(lines: list[str], line: int) -> str:
    above: list[str] = []
    while line > 0 and lines[line - 1].strip().startswith("#") and "# ---" not in lines[line - 1]:
        line -= 1
        above.insert(0, lines[line].strip().lstrip("# "))
    return " ".join(above)
