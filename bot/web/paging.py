"""Pages of a long list, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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
    pages = max(1, -(-total // ROWS))
    page = min(max(page, 1), pages)
    return PagedRows(newest(page * ROWS)[(page - 1) * ROWS :], page, pages, total, name)
