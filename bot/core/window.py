"""The days of a run's trading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.core.decision import Decision


@dataclass(frozen=True)
class Window:
    """The first and last UTC day of trading, both included."""

    start: date
    end: date

    def cut(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Return the decisions inside the window."""
        return [decision for decision in decisions if self.start <= decision.at.date() <= self.end]
