"""Guarantees of the code itself: a violation is a bug, and raises under `python -O` too."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def not_none(value: T | None, what: str) -> T:
    """Return a value that is present by construction. Raises AssertionError if it is missing, naming `what`."""
    if value is None:
        raise AssertionError(f"{what} is missing")
    return value
