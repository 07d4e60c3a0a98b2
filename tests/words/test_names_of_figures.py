"""One name a figure: the names of the field, on every screen, page and table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.words.texts import PAGES, ROOT, SOURCES, TEMPLATES

TITLES = {
    "In coins": "Exposure",
    "in coins": "Exposure",
    "Held in coins": "Exposure",
    "Made": "Total return",
    "A year": "CAGR",
    "a year": "CAGR",
    "Annual return": "CAGR",
    "Won": "Win rate",
    "Hit rate": "Win rate",
    "Max DD": "Drawdown",
}
"""Old titles of a figure, by themselves in a cell, a quoted text or an element, and the title to use."""

PHRASES = {"deepest fall": "drawdown", "max drawdown": "drawdown", "maximum drawdown": "drawdown"}
"""Old names of a figure inside a sentence, and the name to use."""

_TITLE = re.compile(rf"(?:^|[\"'>|])\s*({'|'.join(map(re.escape, TITLES))})\s*(?=$|[\"'<|])")
_PHRASE = re.compile("|".join(PHRASES), re.IGNORECASE)


def old_names(text: str) -> list[str]:
    """Return the old names of figures in a source, a template or a page."""
    return [*_TITLE.findall(text), *_PHRASE.findall(text)]


def read_files() -> list[Path]:
    """Return all files that a name may be written in; the changelog tells of old names."""
    return [path for path in (*SOURCES, *TEMPLATES, *PAGES) if path.name != "CHANGELOG.md"]


def test_every_figure_has_its_one_name() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {name}: write {(TITLES | PHRASES).get(name, PHRASES.get(name.lower()))}"
        for path in read_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for name in old_names(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('Figure("Won")', ["Won"]),
        ('head = ("Days", "In coins")', ["In coins"]),
        ('<th scope="row">A year</th>', ["A year"]),
        ("| total return | a year | in coins |", ["a year", "in coins"]),
        ("The Deepest fall of all", ["Deepest fall"]),
        ('"won"', []),
        ("A year of 365 days, held in coins, was made.", []),
    ],
)
def test_an_old_name_is_found(text: str, names: list[str]) -> None:
    assert old_names(text) == names
