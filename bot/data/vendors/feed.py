"""A feed: where the rows of one symbol come from, and what it does when a vendor has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from bot.core.errors import DataError
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import Blocked, NotListed

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules

Rows = Callable[[date | None], RawBars]
"""Asks a vendor for the rows from a date on, or for all. Raises DataError of the kinds in `bot.infra.vendor_errors`."""


class Feed(Protocol):
    """The vendors of one symbol."""

    @property
    def vendor(self) -> str:
        """Who is asked, in one word."""
        ...

    def fetch(self, since: date | None, sources: Sequence[str], notes: list[str]) -> Sequence[RawBars]:
        """Rows from a date on, or all; `sources` are the sources of the rows so far, in their order.

        What a user should know is added to `notes`. Raises DataError.
        """
        ...

    def rules(self, source: str) -> VenueRules | None:
        """What the venue behind a source allows for the coin; None for what is not traded. Raises DataError."""
        ...


@dataclass(frozen=True, slots=True)
class SeriesFeed:
    """One vendor that is asked by one name."""

    vendor: str
    rows: Rows

    def fetch(self, since: date | None, sources: Sequence[str], notes: list[str]) -> Sequence[RawBars]:
        """Rows from a date on, or all. Raises DataError."""
        return [self.rows(since)]

    def rules(self, source: str) -> VenueRules | None:
        """None: no venue is behind it."""
        return None


@dataclass(frozen=True, slots=True)
class VenueFeed:
    """One coin at one venue."""

    rows: Rows
    rules: Callable[[], VenueRules]


@dataclass(frozen=True, slots=True)
class CoinFeed:
    """The venues of a coin, one at a time, and an aggregate for the days before the venue listed it.

    The venue's rows come first, so that where both tell a day the venue's is kept.

    The venue that told the last row is asked first; another takes over only where that one no longer serves this
    place or no longer lists the coin, never because it did not answer.
    """

    venues: Mapping[str, VenueFeed]
    before: Rows | None = None
    vendor: str = field(default="exchange", init=False)

    def fetch(self, since: date | None, sources: Sequence[str], notes: list[str]) -> Sequence[RawBars]:
        """Rows from a date on, or all. Raises DataError; NotListed where no venue has the coin."""
        last = next((source for source in reversed(sources) if _venue_of(source) in self.venues), None)
        found = self._first_that_lists(since, last and _venue_of(last), notes)
        if last is not None and found.source != last:
            notes.append(f"a seam: {found.source} takes over from {last}; volumes do not compare across it")
        if self.before is None or not len(found) or (since is not None and since >= found.dates[0].item()):
            return [found]
        return [found, *self._before(self.before, since, found, notes)]

    def rules(self, source: str) -> VenueRules | None:
        """What the venue behind a source allows for the coin. Raises DataError."""
        venue = self.venues.get(_venue_of(source))
        return None if venue is None else venue.rules()

    def _first_that_lists(self, since: date | None, last: str | None, notes: list[str]) -> RawBars:
        refusals = []
        for venue in sorted(self.venues, key=lambda name: name != last):
            try:
                return self.venues[venue].rows(since)
            except (Blocked, NotListed) as refusal:
                refusals.append(refusal)
                if venue == last:
                    notes.append(f"{venue} no longer has it ({refusal.what}): say why in `endings` if it has ended")
        if all(isinstance(refusal, Blocked) for refusal in refusals):
            raise refusals[0]
        raise NotListed(
            "is listed at no venue that serves this place",
            was=", ".join(self.venues),
            mend="see sources.exchange in the config",
        )

    def _before(self, aggregate: Rows, since: date | None, found: RawBars, notes: list[str]) -> list[RawBars]:
        """The aggregate's rows to a little beyond the venue's first, so that the two can be compared."""
        try:
            early = aggregate(since)
        except DataError as problem:
            notes.append(f"its days before {found.dates[0]} did not come ({problem}): ask for them with --since")
            return []
        overlap = found.dates[0].item() + timedelta(days=30)
        wanted = early.where(early.dates <= overlap)
        return [wanted] if len(wanted) else []


def _venue_of(source: str) -> str:
    """The venue's name in a source such as "binance ETH/USDT"."""
    return source.partition(" ")[0]
