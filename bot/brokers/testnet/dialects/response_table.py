"""Meaning of a venue's answers: HTTP status, code and text are judged together, in one table a venue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import NamedTuple


class Meaning(Enum):
    """Outcome of a request, read from its response."""

    ACCEPTED = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    """The venue may have acted on the request."""
    MISSING = auto()
    """The venue states that the order does not exist."""
    WRONG_TIME = auto()
    KEY = auto()
    RATE_LIMIT = auto()


class ResponseMeaning(NamedTuple):
    """Outcome of a request, with the venue's own code and text."""

    meaning: Meaning
    code: str = ""
    text: str = ""


ACCEPTED = ResponseMeaning(Meaning.ACCEPTED)


class PageRule(NamedTuple):
    """Meaning of an answer without JSON: its HTTP status, and words of its text in lower case."""

    status: int
    words: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class ResponseTable:
    """Documented errors of a venue.

    A code outside the table is unknown: after a write the order is looked up, since it may exist. Only listed codes
    are refusals.

    Attributes
    ----------
    codes
        Meaning of each documented code.
    texts
        Meanings that depend on the text too, by code and exact text. They come before `codes`.
    pages
        Answers without JSON, such as those of a firewall.
    """

    codes: Mapping[str, Meaning]
    texts: Mapping[tuple[str, str], Meaning] = field(default_factory=dict)
    pages: tuple[PageRule, ...] = ()

    def of_error(self, code: str, text: str) -> ResponseMeaning:
        """Return the meaning of an error in the venue's own format."""
        meaning = self.texts.get((code, text)) or self.codes.get(code, Meaning.UNKNOWN)
        return ResponseMeaning(meaning, code, text)

    def of_page(self, status: int, text: str) -> ResponseMeaning:
        """Return the meaning of an answer in another format than the venue's own."""
        folded = text[:_SEARCHED].lower()
        for rule in self.pages:
            if rule.status == status and rule.words in folded:
                return ResponseMeaning(rule.meaning, f"HTTP {status}", rule.words)
        return ResponseMeaning(Meaning.UNKNOWN, f"HTTP {status}")


_SEARCHED = 4000


def meanings(**groups: Iterable[str | int]) -> Mapping[str, Meaning]:
    """Build the codes of a table from lists by meaning, such as `refused=(-1121,)`."""
    return MappingProxyType({str(code): Meaning[name.upper()] for name, codes in groups.items() for code in codes})
