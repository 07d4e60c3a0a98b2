"""Ranges of days that the charts of a page can show: three months, one year, all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

_MONTHS = {"3m": ("3 months", 3), "1y": ("1 year", 12)}
"""Text and calendar months of each range, by its name in an address."""


@dataclass(frozen=True, slots=True)
class RangeLink:
    """Link to a range: its text, its name in the address ("" for all days), and True if it is shown now."""

    text: str
    name: str
    is_chosen: bool


def first_shown(days: Sequence[str], name: str) -> int:
    """Return the index of the first day of a range.

    Parameters
    ----------
    days : sequence of str
        ISO dates in order.
    name : str
        "3m" or "1y": the calendar months up to the last day. Any other name means all days.
    """
    if not days or name not in _MONTHS:
        return 0
    since = pd.Timestamp(days[-1]) - pd.DateOffset(months=_MONTHS[name][1])
    return bisect_left(days, f"{since:%Y-%m-%d}")


def range_links(days: Sequence[str], chosen: str) -> list[RangeLink]:
    """Return the links to the ranges that are shorter than the days, and to all; empty where none is shorter."""
    shorter = [name for name in _MONTHS if first_shown(days, name) > 0]
    if not shorter:
        return []
    links = [RangeLink(_MONTHS[name][0], name, name == chosen) for name in shorter]
    return [*links, RangeLink("All", "", chosen not in shorter)]
