"""Text that came from outside, made fit to be shown."""

from __future__ import annotations


def printable(text: str, kept: str = "") -> str:
    """A text without control characters and marks that turn the direction of writing, but for those that are `kept`."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in kept else " " for letter in text)
