"""A page of a long list, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ROWS = 40
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class PagedRows:
    """Some rows of many; pages count from 1. `name` is what the address calls the page's number."""

    rows: Sequence[Any]
    page: int
    pages: int
    total: int
    name: str = "page"


def page_of(total: int, page: int, newest: Callable[[int], Sequence[Any]], name: str = "page") -> PagedRows:
    """The page of a list of so many rows, of which `newest` gives the first so many, the newest first."""
    pages = max(1, -(-total // ROWS))
    page = min(max(page, 1), pages)
    return PagedRows(newest(page * ROWS)[(page - 1) * ROWS :], page, pages, total, name)
