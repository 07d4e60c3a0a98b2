"""Read the sentences of the project: docstrings, texts on screen, error messages and pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("bot", "strategies") for path in (ROOT / folder).rglob("*.py"))
TEMPLATES = sorted((ROOT / "bot").rglob("*.html"))
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)

_TAG_OR_CODE = re.compile(r"<[^>]*>|(?<!`)`[^`\n]+`(?!`)")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the place at which it begins."""

    path: str
    line: int
    text: str

    @property
    def package(self) -> str:
        """`bot/core`, `strategies/rotation`, or the page itself."""
        return "/".join(self.path.split("/")[:2])


def docstrings_of(source: str, path: str) -> list[Text]:
    """Return the docstrings of a module, its classes and its functions."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, _DOCUMENTED)]
    found = [(node, ast.get_docstring(node)) for node in nodes]
    return [Text(path, getattr(node, "lineno", 1), text) for node, text in found if text]


def literals_of(source: str, path: str) -> list[Text]:
    """Return the texts that a reader may see: string literals with a blank or a capital letter, docstrings included.

    A literal of one word in small letters is a value: a JSON key, a CSV column, a reason code. HTML tags and
    code spans are blanked.
    """
    tree = ast.parse(source)
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    shown = [Text(path, node.lineno, _TAG_OR_CODE.sub(_blank, node.value)) for node in texts]
    return [text for text in shown if re.search(r"^[A-Z]|\s", text.text)]


def names_of(source: str, path: str) -> list[Text]:
    """Return the names of functions, parameters and variables; a TypedDict has JSON keys, which stay."""
    tree = ast.parse(source)
    dicts = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and "TypedDict" in map(ast.unparse, n.bases)]
    keys = {id(node) for one in dicts for node in ast.walk(one)}
    found = []
    for node in ast.walk(tree):
        if id(node) in keys:
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(Text(path, node.lineno, node.name))
        elif isinstance(node, ast.arg):
            found.append(Text(path, node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(Text(path, node.lineno, node.id))
    return found


def class_names_of(source: str, path: str) -> list[Text]:
    """Return the names of all classes."""
    return [
        Text(path, node.lineno, node.name) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)
    ]


def template_lines_of(source: str, path: str) -> list[Text]:
    """Return the lines of a page template with its tags and expressions blanked."""
    shown = re.sub(r"<style.*?</style>|<script.*?</script>|{[{%#].*?[}%#]}|<[^>]*>", _blank, source, flags=re.DOTALL)
    return [Text(path, number, line) for number, line in enumerate(shown.splitlines(), 1)]


def page_lines_of(source: str, path: str) -> list[Text]:
    """Return the lines of a Markdown page with code spans and link targets blanked; console blocks stay in."""
    shown = re.sub(r"(?<!`)`[^`\n]+`(?!`)|\]\([^)\s]*\)", _blank, source)
    return [Text(path, number, line) for number, line in enumerate(shown.splitlines(), 1)]


@cache
def docstrings() -> tuple[Text, ...]:
    """Return every docstring of the project."""
    return tuple(text for path in SOURCES for text in docstrings_of(*_read(path)))


@cache
def sentences() -> tuple[Text, ...]:
    """Return every text in which a forbidden word is looked for."""
    return tuple(_sentences())


def _sentences() -> Iterator[Text]:
    for path in SOURCES:
        yield from literals_of(*_read(path))
        yield from class_names_of(*_read(path))
    for path in TEMPLATES:
        yield from template_lines_of(*_read(path))
    for path in PAGES:
        yield from page_lines_of(*_read(path))


def _read(path: Path) -> tuple[str, str]:
    return path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())
