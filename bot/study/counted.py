"""Counted episodes: the events of an index, spaced, and cut to the sessions whose outcome is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bot.study.plan_values import Spacing
from strategies.indicators import Bools, Ints


class Uncounted(StrEnum):
    """Reason why an event is left out."""

    TOO_CLOSE = "too close"
    BEFORE = "before the outcome's data"
    OPEN = "open"


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Events of an index and which of them count.

    Attributes
    ----------
    rows
        Row of each event on the index, ascending, shape (events,).
    reasons
        Why each event is not counted; None where it is.
    """

    rows: Ints
    reasons: tuple[Uncounted | None, ...]

    @property
    def counted(self) -> Ints:
        """Rows of the counted episodes, ascending."""
        return self.rows[[reason is None for reason in self.reasons]]


def count_episodes(rows: Ints, sessions: int, start: Spacing, first: int, last: int) -> Episodes:
    """Space the events, then cut them to the sessions with a known outcome.

    Parameters
    ----------
    rows
        Row of each event on the index, ascending.
    sessions
        Least distance of two counted episodes.
    start
        "front": from the first event on; "back": from the last event back; "none": every event counts.
    first, last
        First and last row whose outcome is known.
    """
    spaced = spaced_events(rows, sessions, start)
    return Episodes(rows, tuple(_reason(bool(ok), int(row), first, last) for ok, row in zip(spaced, rows, strict=True)))


def spaced_events(rows: Ints, sessions: int, start: Spacing) -> Bools:
    """Return True for each event that lies at least `sessions` from the last counted one."""
    if start == "none":
        return np.ones(len(rows), bool)
    spaced = np.zeros(len(rows), bool)
    order = range(len(rows)) if start == "front" else reversed(range(len(rows)))
    counted: int | None = None
    for i in order:
        if counted is None or abs(int(rows[i]) - counted) >= sessions:
            spaced[i], counted = True, int(rows[i])
    return spaced


def _reason(is_spaced: bool, row: int, first: int, last: int) -> Uncounted | None:
    if not is_spaced:
        return Uncounted.TOO_CLOSE
    if row < first:
        return Uncounted.BEFORE
    return Uncounted.OPEN if row > last else None
