"""Numbers of things in words, with the right plural."""

from __future__ import annotations


def counted(count: float, one: str, many: str | None = None) -> str:
    """Format a number of things: 1 session, 1,200 sessions.

    Parameters
    ----------
    count
        Whole number of things; shown with separators.
    one, many
        Noun after 1 and after any other number; by default `many` is `one` with an s.
    """
    return f"{count:,.0f} {one if round(count) == 1 else many or one + 's'}"
