"""Updating the store: each symbol by itself, each kept as soon as it is there, so that it can stop anywhere."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np
import numpy.typing as npt

from bot.core.errors import DataError, InUse, StoreError
from bot.core.market import Listing, Release, Sessions
from bot.core.moments import Days, Times, iso
from bot.core.ports import Clock
from bot.data.quality import screened
from bot.data.store.store import Store, is_restated
from bot.data.store.stored import Appended, NeedsWholeHistory, StoredRows
from bot.data.timeline import due, known_at
from bot.data.vendors.feed import Feed
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import Blocked, NotListed, RateLimited, Unreachable, WrongClock

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules

_LOOK_BACK = np.timedelta64(400, "D")
_RELEASED_WITHIN = timedelta(days=7)
"""No release rule makes a row known later than this after its date."""
_GIVE_UP_AFTER = 2
"""Symbols in a row for which a vendor was out of reach, before the rest of its symbols are left for later."""


class UpdateStatus(StrEnum):
    """What became of a symbol in an update."""

    NEW = "new rows"
    NOTHING_NEW = "nothing new"
    UP_TO_DATE = "up to date"
    NOT_LISTED = "not listed"
    GONE = "no longer listed"
    FAILED = "failed"
    LATER = "left for later"


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What came of one symbol, and why nothing did."""

    symbol: str
    vendor: str
    status: UpdateStatus
    new: int = 0
    revised: int = 0
    last: str | None = None
    notes: tuple[str, ...] = ()
    problem: DataError | None = None


@dataclass(frozen=True, slots=True)
class UpdatePolicy:
    """How an update asks, by the config: minutes by release until a row is final, days asked for again."""

    settle: Mapping[Release, timedelta]
    overlap: timedelta
    clock_tolerance: float


@dataclass
class Updater:
    """Brings a store up to date. `skews` tells by how many seconds each host's clock is ahead of this one."""

    store: Store
    listings: Mapping[str, Listing]
    sessions: Sessions
    policy: UpdatePolicy
    clock: Clock
    skews: Callable[[], Mapping[str, float]]
    _closed: dict[str, DataError] = field(default_factory=dict, init=False)
    _failures: dict[str, int] = field(default_factory=dict, init=False)

    def update(self, symbol: str, feed: Feed, since: date | None = None) -> UpdateResult:
        """Fetch what is new of one symbol, or all from a day on, keep it, and tell what became of it.

        Raises WrongClock where this machine's clock cannot be believed, StoreError where the store cannot be written.
        """
        if feed.vendor in self._closed:
            return UpdateResult(symbol, feed.vendor, UpdateStatus.LATER, problem=self._closed[feed.vendor])
        stored = self.store.rows_of(symbol)
        if since is None and stored is not None and not self._may_have_more(symbol, stored.rows.dates[-1:]):
            return UpdateResult(symbol, feed.vendor, UpdateStatus.UP_TO_DATE, last=str(stored.rows.dates[-1]))
        notes: list[str] = []
        try:
            appended = self._fetch(symbol, feed, since, stored, notes)
        except WrongClock:
            raise
        except NotListed as problem:
            self._require_a_sound_clock()  # a clock that is behind asks for days that the vendor no longer tells
            came = UpdateStatus.NOT_LISTED if stored is None else UpdateStatus.GONE
            return UpdateResult(symbol, feed.vendor, came, notes=tuple(notes), problem=problem)
        except DataError as problem:
            self._remember_failure(feed.vendor, problem)
            return UpdateResult(symbol, feed.vendor, UpdateStatus.FAILED, notes=tuple(notes), problem=problem)
        self._failures[feed.vendor] = 0
        now_stored = self.store.rows_of(symbol)
        came = UpdateStatus.NEW if appended.new or appended.revised or appended.vintage else UpdateStatus.NOTHING_NEW
        last = None if now_stored is None else str(now_stored.rows.dates[-1])
        told = (*notes, *_remarks(appended))
        return UpdateResult(symbol, feed.vendor, came, appended.new, appended.revised, last, told)

    def _remember_failure(self, vendor: str, problem: DataError) -> None:
        """Leave a vendor alone that asks for it, that does not serve this place, or that is out of reach for long."""
        self._failures[vendor] = self._failures.get(vendor, 0) + isinstance(problem, Unreachable)
        for_good = isinstance(problem, RateLimited | Blocked)
        if for_good or self._failures[vendor] >= _GIVE_UP_AFTER:
            self._closed[vendor] = problem

    def _may_have_more(self, symbol: str, last: Days) -> bool:
        """Whether a row after the last one has come due and had time to settle."""
        release = self.listings[symbol].release
        expected = due(last, release, self.sessions)
        after = expected[expected > known_at(last, release, self.sessions)[0]]
        return bool(len(after)) and bool(self._is_final(after[:1], release, self.clock.now())[0])

    def _fetch(
        self, symbol: str, feed: Feed, since: date | None, stored: StoredRows | None, notes: list[str]
    ) -> Appended:
        start, asked_at = self._start(symbol, since, stored), self.clock.now()
        sources = [] if stored is None else [name for _, name in stored.sources]
        try:
            return self._keep(symbol, feed, feed.fetch(start, sources, notes), asked_at, start is None, notes)
        except NeedsWholeHistory:
            return self._keep(symbol, feed, feed.fetch(None, sources, notes), asked_at, True, notes)

    def _start(self, symbol: str, since: date | None, stored: StoredRows | None) -> date | None:
        """The day to ask from: never so late that a hole is left, and early enough to mend one that is there."""
        if stored is None:
            return since
        last: date = stored.rows.dates[-1].item()
        start = min(last - self.policy.overlap, self._oldest_hole(symbol, stored.rows.dates) or last)
        return start if since is None else min(start, since)

    def _oldest_hole(self, symbol: str, dates: Days) -> date | None:
        """A day some time before the oldest row that should have come in the last year or so, and did not."""
        release = self.listings[symbol].release
        recent = dates[dates >= dates[-1] - _LOOK_BACK]
        known = known_at(recent, release, self.sessions)
        expected = due(recent, release, self.sessions)
        missing = np.setdiff1d(expected[expected < known[-1]], known)
        return None if not len(missing) else missing[0].item().date() - _RELEASED_WITHIN

    def _keep(
        self, symbol: str, feed: Feed, answers: Sequence[RawBars], asked_at: datetime, whole: bool, notes: list[str]
    ) -> Appended:
        """Keep all that came of a symbol or, if this is stopped, nothing of it: what is half there looks up to date.

        What was still forming when it was asked for is not final, however long the answer took.
        """
        self._require_a_sound_clock()
        believed = [self._believed(fetched, notes) for fetched in answers]
        if not any(len(rows) for rows in believed):
            raise DataError("came without a row that can be believed", where=answers[0].source, was="; ".join(notes))
        rules = feed.rules(answers[0].source)
        with self.store.together():
            kept = [self._append(rows, asked_at, whole) for rows in believed]
            if rules is not None:
                self._keep_rules(symbol, rules, notes)
        return Appended(
            sum(one.new for one in kept),
            sum(one.revised for one in kept),
            sum(one.disagreeing for one in kept),
            next((one.vintage for one in kept if one.vintage), None),
        )

    def _append(self, rows: RawBars, asked_at: datetime, whole: bool) -> Appended:
        listing = self.listings[rows.symbol]
        known = known_at(rows.dates, listing.release, self.sessions)
        final = self._is_final(known, listing.release, asked_at)
        return self.store.append(rows, known, final, self.clock.now(), is_restated(listing.kind), whole)

    def _keep_rules(self, symbol: str, rules: VenueRules, notes: list[str]) -> None:
        """Keep what the venue allows, and propose an ending where it no longer lets the coin be traded."""
        is_news = self.store.keep_rules(rules, self.clock.now())
        stored = self.store.rows_of(symbol)
        if is_news and not rules.active and stored is not None:
            entry = f"endings: {{{symbol}: {{kind: halted, last: {stored.rows.dates[-1]}}}}}"
            notes.append(f"{rules.venue} has halted or delisted {rules.pair}; if that is its end, say so: {entry}")

    def _on_its_calendar(self, fetched: RawBars, release: Release, notes: list[str]) -> RawBars:
        """The rows that have a close, without those of a US series on a day without a session."""
        keep = ~np.isnan(fetched.close)
        if release is Release.SESSION:
            is_session = np.isin(fetched.dates, self.sessions.dates)
            if (keep & ~is_session).any():
                notes.append(f"{np.count_nonzero(keep & ~is_session)} row(s) on days without a US session left out")
            keep &= is_session
        return fetched.where(keep)

    def _believed(self, fetched: RawBars, notes: list[str]) -> RawBars:
        """The rows on their calendar, without those that contradict themselves."""
        listing = self.listings[fetched.symbol]
        rows, faults = screened(self._on_its_calendar(fetched, listing.release, notes), listing.kind)
        if faults:
            first = faults[0]
            notes.append(f"{len(faults)} row(s) that cannot be believed left out, the first {first.day}: {first.why}")
        return rows

    def _is_final(self, known: Times, release: Release, asked_at: datetime) -> npt.NDArray[np.bool_]:
        """Whether rows known at some moments had had time to settle when they were asked for."""
        settled = asked_at - self.policy.settle[release]
        final: npt.NDArray[np.bool_] = known <= np.datetime64(settled.astimezone(UTC).replace(tzinfo=None), "s")
        return final

    def _require_a_sound_clock(self) -> None:
        """Refuse to call a row final by a clock that vendors do not share: an unfinished bar could pass for a close.

        One vendor with a wrong clock among several is that vendor's trouble.
        """
        skews = self.skews()
        wrong = {host: skew for host, skew in skews.items() if abs(skew) > self.policy.clock_tolerance}
        if 2 * len(wrong) <= len(skews):
            return
        host, skew = next(iter(wrong.items()))
        side = "behind" if skew > 0 else "ahead of"
        raise self._wrong_clock(f"{timedelta(seconds=round(abs(skew)))} {side} that of {host}")

    def require_time_to_go_on(self) -> None:
        """Refuse a clock that stands before the newest thing that the store has seen. Raises WrongClock."""
        newest = self.store.newest_sight()
        if newest is not None and newest - self.clock.now() > timedelta(seconds=self.policy.clock_tolerance):
            raise self._wrong_clock(f"behind the store, which was last written at {iso(newest)}")

    def _wrong_clock(self, what: str) -> WrongClock:
        return WrongClock(
            f"this machine's clock is {what}",
            expected=f"at most {self.policy.clock_tolerance:g} s",
            mend="set the clock; nothing more was stored",
        )


def _remarks(appended: Appended) -> list[str]:
    remarks = []
    if appended.revised:
        remarks.append(f"{appended.revised} row(s) differ from what was first seen and are kept beside it")
    if appended.vintage:
        remarks.append(f"a new vintage of the whole history: {appended.vintage}")
    if appended.disagreeing:
        remarks.append(f"{appended.disagreeing} close(s) lie over 2% from those of the vendor so far")
    return remarks


@contextmanager
def only_one(
    store: Path, clock: Clock, patience: float = 60.0, waiting: Callable[[str], None] = print
) -> Iterator[None]:
    """Hold the right to write a store or ledger; the system gives it back if this process dies.

    Waits up to `patience` seconds for another process, which `waiting` is told once. Raises InUse after that, or
    StoreError.
    """
    path = store.with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="utf-8")
    except OSError as problem:
        raise StoreError(f"cannot be written: {problem.strerror}", where=str(path)) from None
    with lock:
        began = clock.now()
        told = False
        while not _taken(lock.fileno()):
            lock.seek(0)
            holder = f"process {lock.read().strip() or 'unknown'}"
            if (clock.now() - began).total_seconds() >= patience:
                raise InUse(holder, where=str(store), mend="try again when it is done")
            if not told:
                waiting(f"{store.name} is in use by {holder}: waiting up to {patience:g} s for it.")
                told = True
            clock.sleep(0.2)
        _sign(lock, path)
        yield


def _sign(lock: TextIO, path: Path) -> None:
    """Write down whose lock it is, for whoever has to wait."""
    try:
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
    except OSError as problem:
        raise StoreError(f"cannot be written: {problem.strerror}", where=str(path)) from None


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
