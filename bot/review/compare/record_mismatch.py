"""Differences between two records: of a day's decision, order or fill, and of a day's return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.review.compare.mismatch_causes import MismatchCause

Causes = tuple[MismatchCause, ...]
"""Possible causes of a difference; one in most cases."""


@dataclass(frozen=True, slots=True)
class RecordMismatch:
    """A difference between two records of a day; `what` is decision, order or fill.

    The same difference of decisions on days in a row is one mismatch; `days` is their number. Levels of stops may move
    within it: the texts have those of its first day, and `kind` has both texts without levels. For a difference that
    was carried over, `apart_since` has the day from which the two held different things, and the cause.
    """

    day: date
    what: str
    causes: Causes
    first: str
    second: str
    symbol: str = ""
    apart_since: str = ""
    days: int = 1
    kind: tuple[str, str] = ("", "")

    def as_dict(self) -> dict[str, object]:
        """Format the difference as JSON."""
        return {
            "day": str(self.day),
            "days": self.days,
            "what": self.what,
            "symbol": self.symbol,
            "cause": " or ".join(self.causes),
            "apart_since": self.apart_since,
            "first": self.first,
            "second": self.second,
        }


@dataclass(frozen=True, slots=True)
class DailyMove:
    """A day with its difference of returns, second less first, as a share; and the causes."""

    day: date
    difference: float
    causes: Causes
    apart_since: str = ""

    def as_dict(self) -> dict[str, object]:
        """Format the day as JSON."""
        return {
            "day": str(self.day),
            "difference": round(self.difference, 10),
            "cause": " or ".join(self.causes),
            "apart_since": self.apart_since,
        }
