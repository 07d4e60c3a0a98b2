"""Plain words: how docstrings begin, how many speak by negation, and the words that are not used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from tests.words.texts import (
    SOURCES,
    Text,
    class_names_of,
    docstrings,
    docstrings_of,
    literals_of,
    names_of,
    page_lines_of,
    sentences,
    template_lines_of,
)

CLAUSE_WORDS = frozenset(
    ["what", "how", "whether", "who", "whom", "whose", "which", "where", "when", "why", "that", "if"]
)

NEGATION = re.compile(r"\b(not|no|nothing|nobody|none|never|neither|nor|without|cannot)\b|n't\b", re.IGNORECASE)
"""A negating word; `None` counts, so that a docstring says when there is a value."""

FORBIDDEN = (
    *("deeds", "Door", "Wanted", "chapters", "trips", "caveats", "unsent", "parted", "Ticked", "seam", "strays"),
    *("barred", "Turn", "Otherwise", "witness", "aside", "told", "tells", "whom"),
)
"""A word with a capital letter is forbidden as a name of a class; in small letters it is an ordinary word."""


ANY_FORBIDDEN = re.compile("|".join(FORBIDDEN), re.IGNORECASE)
"""Letters of a forbidden word, wherever they stand."""

FORBIDDEN_NAMES = {"told", "tells", "deeds", "unsent", "parted", "strays", "seam", "barred", "aside", "witness", "lack"}
"""Words that no part of a function's, a parameter's or a variable's name may be."""


class Allowed(NamedTuple):
    """A phrase in which a forbidden word is the right one."""

    phrase: re.Pattern[str]
    reason: str


EXCEPTIONS = (
    Allowed(re.compile(r"\bround[- ]trips", re.IGNORECASE), "the field's word for a closed position"),
    Allowed(re.compile(r"(?:^|[.:]\s+)Turn (?=[a-z])"), "the verb at the start of a sentence"),
    Allowed(re.compile(r"(?:^|[.;:|]\s+)Otherwise\b(?=[, ])"), "the adverb at the start of a sentence"),
)

NEGATIONS = 0.08
"""Largest share of docstrings with a negating word."""


def begins_with_clause(text: str) -> bool:
    return re.sub(r"[^a-z']", "", text.split()[0].lower()) in CLAUSE_WORDS


def forbidden_words(text: str) -> list[str]:
    """The forbidden words of a text, outside the phrases in which they are allowed."""
    if not ANY_FORBIDDEN.search(text):  # most lines: one search instead of twenty
        return []
    for allowed in EXCEPTIONS:
        text = allowed.phrase.sub(" ", text)
    return [found for word in FORBIDDEN for found in re.findall(_pattern(word), text)]


def _pattern(word: str) -> str:
    first = word[0] if word[0].isupper() else f"[{word[0]}{word[0].upper()}]"
    return rf"\b{first}{word[1:]}\b"


def places(texts: Iterable[Text]) -> list[str]:
    return [f"{text.path}:{text.line}: {text.text.splitlines()[0]}" for text in texts]


def found_words(texts: Iterable[Text]) -> list[str]:
    """Each forbidden word with its place, by the line on which it stands."""
    return [
        f"{text.path}:{text.line + offset}: {word}"
        for text in texts
        for offset, line in enumerate(text.text.splitlines())
        for word in forbidden_words(line)
    ]


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    found = [text for text in docstrings() if begins_with_clause(text.text)]
    assert not found, "\n".join(["docstrings that begin with a clause:", *places(found)])


def test_few_docstrings_speak_by_negation() -> None:
    found = [text for text in docstrings() if NEGATION.search(text.text)]
    assert len(found) <= NEGATIONS * len(docstrings()), "\n".join(["docstrings with a negation:", *places(found)])


def test_forbidden_words_are_not_used() -> None:
    found = found_words(sentences())
    assert not found, "\n".join(["words to replace by plain ones:", *found])


def test_names_in_the_code_are_plain() -> None:
    names = [name for path in SOURCES for name in names_of(path.read_text(encoding="utf-8"), str(path))]
    found = [name for name in names if FORBIDDEN_NAMES & set(name.text.lower().split("_"))]
    assert not found, "\n".join(["names to replace by plain ones:", *places(found)])


def test_a_name_in_the_old_words_is_found() -> None:
    names = names_of("def f(is_told):\n    aside = 1\nclass Row(TypedDict):\n    told: str\n", "x.py")
    assert [name.text for name in names] == ["f", "is_told", "aside"]


@pytest.mark.parametrize("opener", ["What a vendor sent.", "Whether it is open.", "If open, close it.", "how: so"])
def test_a_clause_is_found(opener: str) -> None:
    assert begins_with_clause(opener)


@pytest.mark.parametrize("opener", ["Load a config.", "Seconds between polls.", "Whatever.", "`what`s"])
def test_a_verb_or_noun_is_no_clause(opener: str) -> None:
    assert not begins_with_clause(opener)


@pytest.mark.parametrize("text", ["It isn't open.", "Never sent.", "The row, or None.", "No\nrow."])
def test_a_negation_is_found(text: str) -> None:
    assert NEGATION.search(text)


@pytest.mark.parametrize("text", ["A notice of another node.", "Nonetheless known."])
def test_a_part_of_a_word_is_no_negation(text: str) -> None:
    assert not NEGATION.search(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It Told the seam aside.", ["seam", "aside", "Told"]),
        ("A turn, and the door, otherwise.", []),
        ("class Turn of Door", ["Door", "Turn"]),
        ("Round trips, and trips of trips", ["trips", "trips"]),
        ("Turn a decision into orders. Otherwise, hold.", []),
        ("retold, seamless, besides, foretells", []),
    ],
)
def test_forbidden_words_are_whole_words(text: str, words: list[str]) -> None:
    assert forbidden_words(text) == words


def test_a_word_is_reported_by_its_line() -> None:
    assert found_words([Text("bot/a.py", 3, "First line.\n\nIt is told.")]) == ["bot/a.py:5: told"]


def test_docstrings_of_modules_classes_and_functions_are_read() -> None:
    source = '"""One."""\nclass A:\n    """Two."""\n    def b(self):\n        """Three."""\n'
    assert [(text.line, text.text) for text in docstrings_of(source, "a.py")] == [
        (1, "One."),
        (2, "Two."),
        (4, "Three."),
    ]


def test_sentences_of_code_are_read_and_values_are_not() -> None:
    source = 'a = {"told": f"It told {x} aside"}\nb = "Trips"\nc = "<p class=seam>Door</p>"\nclass Turn: pass\n'
    assert sorted(found_words(literals_of(source, "a.py"))) == [
        "a.py:1: aside",
        "a.py:1: told",
        "a.py:2: Trips",
        "a.py:3: Door",
    ]
    assert [(text.line, text.text) for text in class_names_of(source, "a.py")] == [(4, "Turn")]


def test_templates_and_pages_are_read_as_a_reader_sees_them() -> None:
    template = '<p class="caveats">{{ data.trips }} told</p>\n<style>\n.seam {}\n</style>\naside'
    assert found_words(template_lines_of(template, "a.html")) == ["a.html:1: told", "a.html:5: aside"]
    page = "`barred` is [told](seam.md)\n```console\n$ bot # aside\n```\n"
    assert found_words(page_lines_of(page, "a.md")) == ["a.md:1: told", "a.md:3: aside"]
