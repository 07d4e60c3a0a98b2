"""Vendors of one symbol, and their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

from bot.core.errors import DataError
from bot.data.vendors.failures import Postponed
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Refused, Unreachable, WrongAnswer

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules

Rows = Callable[[date | None], RawBars]
"""Fetches the rows from a date on, or all. Raises DataError of the kinds in `bot.infra.vendor_errors`."""
_OVERLAP = timedelta(days=30)
"""Days for which the aggregate's rows are stored beside the venue's first ones, for comparison."""


class Feed(Protocol):
    """Vendors of one symbol."""

    @property
    def vendor(self) -> str:
        """Name of the vendor, one word."""
        ...

    def fetch(self, since: date | None, sources: Sequence[str], notes: list[str]) -> Sequence[RawBars]:
        """Fetch the rows of the symbol.

        Parameters
        ----------
        since
            First date, if only a part of the history is wanted.
        sources
            Sources of the stored rows, the oldest first.
        notes
            Receives sentences for the user.

        Raises
        ------
        DataError
            One of the kinds in `bot.infra.vendor_errors`.
        """
        ...

    def rules(self, source: str) -> VenueRules | None:
        """Fetch the rules of the venue behind a source, if the bot trades the series. Raises DataError."""
        ...


@dataclass(frozen=True, slots=True)
class SeriesFeed:
    """Feed with one vendor."""

    vendor: str
    rows: Rows

    def fetch(self, since: date | None, sources: Sequence[str], notes: list[str]) -> Sequence[RawBars]:
        """Fetch rows from a date on, or all. Raises DataError."""
        return [self.rows(since)]

    def rules(self, source: str) -> VenueRules | None:
        """Return the rules of a venue: none for a fund, an index or a macro series, which the bot only reads."""
        return None


@dataclass(frozen=True, slots=True)
class IndexFeed:
    """Feed of an index: its vendor, and a second one that is asked while the first refuses.

    `has_no_second` is added to the notes of a refusal where `second` is empty.
    """

    vendor: str
    rows: Rows
    second: Rows | None = None
    has_no_second: str = ""

    def fetch(self, since: date | None, sources: Sequence[str], notes: list[str]) -> Sequence[RawBars]:
        """Fetch rows from a date on, or all. Raises DataError."""
        try:
            bars = self.rows(since)
        except (Blocked, NotListed, Refused, RateLimited, WrongAnswer, Postponed) as refusal:
            # After a time-out the vendor is asked again at the next update, as for a coin.
            if isinstance(refusal, Postponed) and isinstance(refusal.problem, Unreachable):
                raise
            if self.second is None:
                notes += [self.has_no_second] if self.has_no_second else []
                raise
            try:
                bars = self.second(since)
            except DataError as problem:
                notes.append(f"its second feed gave no rows either ({problem.what})")
                raise refusal from None
            notes.append(f"{self.vendor} refuses it ({refusal.what}): fetched from {bars.source}")
        if sources and sources[-1] != bars.source:
            notes.append(f"Data source changes from {sources[-1]} to {bars.source}")
        return [bars]

    def rules(self, source: str) -> VenueRules | None:
        """Return the rules of a venue: an index has none."""
        return None


@dataclass(frozen=True, slots=True)
class VenueFeed:
    """One coin at one venue: its rows, its rules, and new notes on the venue's answers."""

    rows: Rows
    rules: Callable[[], VenueRules]
    notes: Callable[[], list[str]] = list


@dataclass(frozen=True, slots=True)
class CoinFeed:
    """Venues of a coin by name, and an aggregate for the days before a venue listed it."""

    venues: Mapping[str, VenueFeed]
    before: Rows | None = None
    vendor: str = field(default="exchange", init=False)

    def fetch(self, since: date | None, sources: Sequence[str], notes: list[str]) -> Sequence[RawBars]:
        """Fetch rows from a date on, or all: the venue's first, then the aggregate's.

        Parameters
        ----------
        since
            First date; None fetches the whole history.
        sources
            Sources of the stored rows, the oldest first.
        notes
            Receives a sentence for each change of the source.

        Raises
        ------
        NotListed
            Every venue lacks the coin or refuses this place.
        DataError
            The venue asked is unreachable or its answer is faulty.
        """
        last = next((source for source in reversed(sources) if _venue_of(source) in self.venues), None)
        bars = self._fetch_from_venue(since, last and _venue_of(last), notes)
        if last is not None and bars.source != last:
            notes.append(
                f"Data source changes from {last} to {bars.source}; volumes before and after are not comparable"
            )
        if self.before is None or not len(bars) or (since is not None and since >= bars.dates[0].item()):
            return [bars]
        # The venue's rows come first: of a day that both have, the store keeps the first row that it gets.
        return [bars, *self._fetch_earlier(self.before, since, bars, notes)]

    def rules(self, source: str) -> VenueRules | None:
        """Fetch the rules of the venue behind a source. Raises DataError."""
        venue = self.venues.get(_venue_of(source))
        return None if venue is None else venue.rules()

    def _fetch_from_venue(self, since: date | None, last: str | None, notes: list[str]) -> RawBars:
        """Fetch from the venue of the last row, or from the first other venue if that one refuses or lacks the coin."""
        refusals: list[DataError] = []
        # Only a refusal leads to the next venue. After a time-out the same venue is asked again at the next update:
        # a switch would put two venues' volumes into one series.
        for venue in sorted(self.venues, key=lambda name: name != last):
            try:
                return self.venues[venue].rows(since)
            except (Blocked, NotListed, Postponed) as refusal:
                if isinstance(refusal, Postponed) and not isinstance(refusal.problem, Blocked):
                    raise
                refusals.append(refusal)
                if venue == last:
                    notes.append(f"{venue} no longer has it ({refusal.what}): declare in `endings` if it has ended")
            finally:  # a coin may be missing because its entry in the list was invalid
                notes.extend(self.venues[venue].notes())
        if all(isinstance(refusal, Blocked | Postponed) for refusal in refusals):
            raise refusals[0]
        raise NotListed(
            "is listed at no venue that serves this place",
            was=", ".join(self.venues),
            mend="see sources.exchange in the config",
        )

    def _fetch_earlier(self, aggregate: Rows, since: date | None, bars: RawBars, notes: list[str]) -> list[RawBars]:
        """Fetch the aggregate's rows up to 30 days after the venue's first row."""
        try:
            early = aggregate(since)
        except DataError as problem:
            notes.append(f"its days before {bars.dates[0]} are missing ({problem}): fetch them with --since")
            return []
        earlier = early.where(early.dates <= bars.dates[0].item() + _OVERLAP)
        return [earlier] if len(earlier) else []


def _venue_of(source: str) -> str:
    """Return the venue's name in a source such as "binance ETH/USDT"."""
    return source.partition(" ")[0]
