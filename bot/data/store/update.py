"""Update of the store, symbol by symbol. Each symbol is committed at once, so an update may stop anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bot.core.errors import DataError
from bot.core.listing import Listing, Release
from bot.core.moments import Days, Times, iso
from bot.core.plural import counted
from bot.core.ports import Clock
from bot.core.session_calendar import Sessions
from bot.data.quality import drop_faulty_rows
from bot.data.store.bar_writer import is_restated
from bot.data.store.store import Store
from bot.data.store.stored import Appended, NeedsWholeHistory, StoredRows
from bot.data.store.update_result import UpdatePolicy, UpdateResult, UpdateStatus
from bot.data.timeline import due, known_at
from bot.data.vendors.failures import Postponed
from bot.data.vendors.feed import Feed
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import InvalidRules, NotListed, WrongClock

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules

_LOOK_BACK = np.timedelta64(400, "D")
"""Days before the last row that are searched for a gap."""
_RELEASED_WITHIN = timedelta(days=7)
"""Longest time between a row's date and its release, by any release rule."""


@dataclass
class Updater:
    """Updates a store. `skews` returns the seconds by which each vendor's clock is ahead of this machine's."""

    store: Store
    listings: Mapping[str, Listing]
    sessions: Sessions
    policy: UpdatePolicy
    clock: Clock
    skews: Callable[[], Mapping[str, float]]

    def update(self, symbol: str, feed: Feed, since: date | None = None) -> UpdateResult:
        """Fetch and store the new rows of one symbol.

        Parameters
        ----------
        symbol
            Key of `listings`.
        feed
            Vendors of the symbol.
        since
            Fetch again from this day on; by default from a few days before the last row.

        Returns
        -------
        UpdateResult
            Counts and notes. A vendor's error is its `problem`; the other symbols go on.

        Raises
        ------
        WrongClock
            This machine's clock differs from the vendors' clocks.
        StoreError
            The store fails to be written.
        """
        stored = self.store.rows_of(symbol)
        if since is None and stored is not None and not self._may_have_more(symbol, stored.rows.dates[-1:]):
            return UpdateResult(symbol, feed.vendor, UpdateStatus.UP_TO_DATE, last=str(stored.rows.dates[-1]))
        notes: list[str] = []
        try:
            appended = self._fetch(symbol, feed, since, stored, notes)
        except WrongClock:
            raise
        except NotListed as problem:
            # A clock that is behind asks for days that the vendor has dropped: check it before blaming the symbol.
            self._require_clock_like_vendors()
            status = UpdateStatus.NOT_LISTED if stored is None else UpdateStatus.GONE
            return UpdateResult(symbol, feed.vendor, status, notes=tuple(notes), problem=problem)
        except Postponed as later:
            return UpdateResult(symbol, feed.vendor, UpdateStatus.LATER, notes=tuple(notes), problem=later.problem)
        except DataError as problem:
            return UpdateResult(symbol, feed.vendor, UpdateStatus.FAILED, notes=tuple(notes), problem=problem)
        stored = self.store.rows_of(symbol)
        changed = appended.new or appended.revised or appended.vintage
        status = UpdateStatus.NEW if changed else UpdateStatus.NOTHING_NEW
        last = None if stored is None else str(stored.rows.dates[-1])
        all_notes = (*notes, *_format_notes(appended))
        return UpdateResult(symbol, feed.vendor, status, appended.new, appended.revised, last, all_notes)

    def require_clock_after_store(self) -> None:
        """Raise WrongClock if the clock is behind the newest write of the store."""
        newest = self.store.newest_seen_at()
        if newest is not None and newest - self.clock.now() > timedelta(seconds=self.policy.clock_tolerance):
            raise self._wrong_clock(f"behind the store, which was last written at {iso(newest)}")

    def _may_have_more(self, symbol: str, last: Days) -> bool:
        """Return True if a row after the last one is due and final, so that asking is worth a request."""
        release = self.listings[symbol].release
        expected = due(last, release, self.sessions)
        after = expected[expected > known_at(last, release, self.sessions)[0]]
        return bool(len(after)) and bool(self._is_final(after[:1], release, self.clock.now())[0])

    def _fetch(
        self, symbol: str, feed: Feed, since: date | None, stored: StoredRows | None, notes: list[str]
    ) -> Appended:
        # The time before the request decides which rows are final, however long the answer takes.
        start, requested_at = self._start(symbol, since, stored), self.clock.now()
        sources = [] if stored is None else [name for _, name in stored.sources]
        try:
            return self._save(symbol, feed, feed.fetch(start, sources, notes), requested_at, start is None, notes)
        except NeedsWholeHistory:
            return self._save(symbol, feed, feed.fetch(None, sources, notes), requested_at, True, notes)

    def _start(self, symbol: str, since: date | None, stored: StoredRows | None) -> date | None:
        """Return the day to fetch from: with an overlap, and before the oldest gap so that it can be filled."""
        if stored is None:
            return since
        last: date = stored.rows.dates[-1].item()
        start = min(last - self.policy.overlap, self._oldest_gap(symbol, stored.rows.dates) or last)
        return start if since is None else min(start, since)

    def _oldest_gap(self, symbol: str, dates: Days) -> date | None:
        """Return a day before the oldest missing row of the last 400 days, if a row is missing."""
        release = self.listings[symbol].release
        recent = dates[dates >= dates[-1] - _LOOK_BACK]
        known = known_at(recent, release, self.sessions)
        expected = due(recent, release, self.sessions)
        missing = np.setdiff1d(expected[expected < known[-1]], known)
        return None if not len(missing) else missing[0].item().date() - _RELEASED_WITHIN

    def _save(
        self, symbol: str, feed: Feed, answers: Sequence[RawBars], requested_at: datetime, whole: bool, notes: list[str]
    ) -> Appended:
        self._require_clock_like_vendors()
        usable = [self._drop_unusable(bars, notes) for bars in answers]
        if not any(len(rows) for rows in usable):
            raise DataError("the answer has no valid row", where=answers[0].source, was="; ".join(notes))
        rules = self._rules(feed, answers[0].source, notes)
        # One transaction a symbol: a symbol with half of its sources would look up to date.
        with self.store.transaction():
            saved = [self._append(rows, requested_at, whole) for rows in usable]
            if rules is not None:
                self._save_rules(symbol, rules, notes)
        return Appended(
            sum(one.new for one in saved),
            sum(one.revised for one in saved),
            sum(one.disagreeing for one in saved),
            next((one.vintage for one in saved if one.vintage), None),
        )

    def _rules(self, feed: Feed, source: str, notes: list[str]) -> VenueRules | None:
        """Fetch the venue's rules. A pair whose rules are invalid keeps its stored ones, and its prices are stored."""
        try:
            return feed.rules(source)
        except InvalidRules as problem:
            notes.append(f"its rules are left as they were: {problem}")
            return None

    def _append(self, rows: RawBars, requested_at: datetime, whole: bool) -> Appended:
        listing = self.listings[rows.symbol]
        known = known_at(rows.dates, listing.release, self.sessions)
        final = self._is_final(known, listing.release, requested_at)
        return self.store.append(rows, known, final, self.clock.now(), is_restated(listing.kind), whole)

    def _save_rules(self, symbol: str, rules: VenueRules, notes: list[str]) -> None:
        """Store the venue's rules, and propose an entry in `endings` if the venue has stopped trading the coin."""
        is_new = self.store.save_rules(rules, self.clock.now())
        stored = self.store.rows_of(symbol)
        if is_new and not rules.active and stored is not None:
            entry = f"endings: {{{symbol}: {{kind: halted, last: {stored.rows.dates[-1]}}}}}"
            notes.append(f"{rules.venue} has halted or delisted {rules.pair}; if that is its end, declare it: {entry}")

    def _drop_unusable(self, bars: RawBars, notes: list[str]) -> RawBars:
        """Drop rows off the calendar and faulty rows, with a note on each kind."""
        listing = self.listings[bars.symbol]
        rows, faults = drop_faulty_rows(self._drop_off_session(bars, listing.release, notes), listing.kind)
        if faults:
            first = faults[0]
            notes.append(f"{counted(len(faults), 'faulty row')} left out, the first {first.day}: {first.why}")
        return rows

    def _drop_off_session(self, bars: RawBars, release: Release, notes: list[str]) -> RawBars:
        """Keep the rows that have a close and, for a US series, a session on their date."""
        keep = ~np.isnan(bars.close)
        if release is Release.SESSION:
            is_session = np.isin(bars.dates, self.sessions.dates)
            if off := int(np.count_nonzero(keep & ~is_session)):
                notes.append(f"{counted(off, 'row')} on days without a US session left out")
            keep &= is_session
        return bars.where(keep)

    def _is_final(self, known: Times, release: Release, requested_at: datetime) -> npt.NDArray[np.bool_]:
        """Return True for each row whose settle time was over when it was requested."""
        settled = requested_at - self.policy.settle[release]
        final: npt.NDArray[np.bool_] = known <= np.datetime64(settled.astimezone(UTC).replace(tzinfo=None), "s")
        return final

    def _require_clock_like_vendors(self) -> None:
        """Raise WrongClock if this clock differs from most vendors' clocks: a forming bar could be stored as final."""
        skews = self.skews()
        wrong = {host: skew for host, skew in skews.items() if abs(skew) > self.policy.clock_tolerance}
        # With one vendor off among several, it is that vendor's clock that is wrong.
        if 2 * len(wrong) <= len(skews):
            return
        host, skew = next(iter(wrong.items()))
        side = "behind" if skew > 0 else "ahead of"
        raise self._wrong_clock(f"{timedelta(seconds=round(abs(skew)))} {side} that of {host}")

    def _wrong_clock(self, difference: str) -> WrongClock:
        return WrongClock(
            f"this machine's clock is {difference}",
            expected=f"at most {self.policy.clock_tolerance:g} s",
            mend="set the clock; nothing more was stored",
        )


def _format_notes(appended: Appended) -> list[str]:
    notes = []
    if appended.revised:
        notes.append(
            f"{counted(appended.revised, 'row differs', 'rows differ')} from the first-seen values; both are kept"
        )
    if appended.vintage:
        notes.append(f"a new vintage of the whole history: {appended.vintage}")
    if appended.disagreeing:
        notes.append(
            f"{counted(appended.disagreeing, 'close lies', 'closes lie')} over 2% from those of the vendor so far"
        )
    return notes
