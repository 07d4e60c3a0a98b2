"""Guarantees of the code itself: a violation is a bug, and raises with and without `python -O`."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def not_none(value: T | None, what: str) -> T:
    """Return a value that is present by construction. Raises AssertionError, naming `what`, if it is None."""
    if value is None:
        raise AssertionError(f"{what} is missing")
    return value
