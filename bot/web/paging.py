"""Pages of a long list, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
ROWS = 40
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class PagedRows:
    """Rows of one page; pages count from 1, and `name` is the query parameter of the page's number."""

    rows: Sequence[Mapping[str, object]]
    page: int
    pages: int
    total: int
    name: str = "page"


def page_of(
    total: int, page: int, newest: Callable[[int], Sequence[Mapping[str, object]]], name: str = "page"
) -> PagedRows:
    """Cut one page out of a list.

    Parameters
    ----------
    total : int
        Rows of the whole list.
    page : int
        Number of the page from 1; a number beyond either end gives the nearest page.
    newest : callable
        Returns the first so many rows, the newest first.
    name : str
        Query parameter of the page's number.
    """
    page, pages = _within(page, total)
    return PagedRows(newest(page * ROWS)[(page - 1) * ROWS :], page, pages, total, name)


def page_of_items(items: Sequence[T], page: int, row_of: Callable[[T], Mapping[str, object]]) -> PagedRows:
    """Cut one page out of a list whose rows are read only for that page; for `page` see `page_of`."""
    page, pages = _within(page, len(items))
    shown = items[(page - 1) * ROWS : page * ROWS]
    return PagedRows([row_of(item) for item in shown], page, pages, len(items))


def _within(page: int, total: int) -> tuple[int, int]:
    """Return the nearest page that exists, and the number of pages."""
    pages = max(1, -(-total // ROWS))
    return min(max(page, 1), pages), pages
