"""What of a list is wanted, and what of it was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A list's filters, None for all, and how many of the newest are wanted, None for all.

    `reason` is a code.
    """

    symbol: str | None = None
    since: date | None = None
    until: date | None = None
    reason: str | None = None
    outcome: str | None = None
    limit: int | None = None

    def filters(self) -> dict[str, Any]:
        """The filters by name, as Record takes them."""
        return {name: getattr(self, name) for name in ("symbol", "since", "until", "reason", "outcome")}

    def newest(self, items: Sequence[Item]) -> Page[Item]:
        """The newest of a list that is in order."""
        kept = list(items) if self.limit is None else list(items[max(0, len(items) - self.limit) :])
        return Page(kept, len(items) - len(kept))

    def takes(self, at: str, symbol: str, codes: Iterable[str], outcome: str) -> bool:
        """Whether something of a moment passes the filters; `codes` are its reasons, which `;` may join."""
        return (
            (self.symbol is None or symbol == self.symbol)
            and (self.since is None or at[:10] >= self.since.isoformat())
            and (self.until is None or at[:10] <= self.until.isoformat())
            and (self.reason is None or any(self.reason in joined.split(";") for joined in codes))
            and (self.outcome is None or outcome == self.outcome)
        )


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """The newest of a list, in order, and how many more there are before them."""

    items: list[Item]
    left_out: int
