"""Clean text from outside for the screen."""

from __future__ import annotations


def printable(text: str, kept: str = "") -> str:
    """Replace control characters and direction marks by spaces, except those in `kept`."""
    if text.isprintable():  # the usual case, and much faster
        return text
    return "".join(letter if letter.isprintable() or letter in kept else " " for letter in text)
