"""Filters of a list, and a page of its newest items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from bot.review.recording import RowFilters

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Filters of a list: coin, first and last UTC day, reason code, outcome, and the number of newest items.

    None lets everything pass.
    """

    symbol: str | None = None
    since: date | None = None
    until: date | None = None
    reason: str | None = None
    outcome: str | None = None
    limit: int | None = None

    def filters(self) -> RowFilters:
        """Return the filters as arguments of a record's readers, except the limit."""
        return RowFilters(
            symbol=self.symbol, since=self.since, until=self.until, reason=self.reason, outcome=self.outcome
        )

    def newest(self, items: Sequence[Item]) -> Page[Item]:
        """Return the page of the newest items of a list in order."""
        kept = list(items) if self.limit is None else list(items[max(0, len(items) - self.limit) :])
        return Page(kept, len(items) - len(kept))

    def takes(self, at: str, symbol: str, codes: Iterable[str], outcome: str) -> bool:
        """Return True if an item passes; `at` is ISO-8601 (UTC), a text of `codes` may join several by `;`."""
        return (
            (self.symbol is None or symbol == self.symbol)
            and (self.since is None or at[:10] >= self.since.isoformat())
            and (self.until is None or at[:10] <= self.until.isoformat())
            and (self.reason is None or any(self.reason in joined.split(";") for joined in codes))
            and (self.outcome is None or outcome == self.outcome)
        )


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """The newest items of a list, in order, and the number of older ones left out."""

    items: list[Item]
    left_out: int
