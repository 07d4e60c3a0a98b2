"""Clean text from outside: symbols, reasons, messages of venues, names of ledgers. Each output has one function.

Terminal, metrics and log use `printable`, CSV `csv_cell`, Markdown `markdown_cell`. HTML is escaped by its templates,
JSON by its writer.
"""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Letters, their full-width forms too, with which a spreadsheet begins a formula."""
_NUMBER = re.compile(r"[-+]([0-9][0-9,]*(\.[0-9]+)?|\.[0-9]+)([eE][-+]?[0-9]+)?%?|[-+]|[-+]inf", re.ASCII)
_MARKDOWN = re.compile(r"[\\`*\[\]<|&]")


def printable(text: str, kept: str = "") -> str:
    """Replace control characters and direction marks by spaces, except those in `kept`."""
    if text.isprintable():  # the usual case, and much faster
        return text
    return "".join(letter if letter.isprintable() or letter in kept else " " for letter in text)


def csv_cell(text: str) -> str:
    """Clean a cell of a CSV file; one that a spreadsheet would run as a formula gets an apostrophe in front.

    Numbers with a sign are left as they are.
    """
    clean = printable(text)
    is_formula = clean.lstrip().startswith(_FORMULA) and _NUMBER.fullmatch(clean) is None
    return f"'{clean}" if is_formula else clean


def markdown_cell(text: str) -> str:
    """Clean a cell of a Markdown table: no markup, link or HTML comes from the text."""
    return _MARKDOWN.sub(r"\\\g<0>", printable(text))
