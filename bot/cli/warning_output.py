"""Warnings of a run on the terminal: wrapped, and three at most unless all are requested."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bot.core.plural import counted
from bot.core.text import printable

_SHOWN = 3


def warning_lines(warnings: Sequence[str], width: int, every: bool, rest: str) -> list[str]:
    """Format warnings as a heading and a list.

    Parameters
    ----------
    warnings
        Warnings, the most important first.
    width
        Columns of the terminal.
    every
        Show all of them.
    rest
        How to see the others, for the heading.

    Returns
    -------
    list
        Lines of at most `width` columns.
    """
    if not warnings:
        return []
    shown = warnings if every else warnings[:_SHOWN]
    known = counted(len(warnings), "warning")
    lines = [f"{len(shown)} of {known}; {rest}:" if len(shown) < len(warnings) else f"{known}:"]
    for warning in shown:
        lines += textwrap.wrap(
            f"- {printable(warning)}", width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
        )
    return lines
