"""Fill the store from Binance's public archive, file by file, as a source of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.core.errors import ConfigError, DataError, did_you_mean
from bot.core.listing import Listing, Release
from bot.core.plural import counted
from bot.core.ports import Clock
from bot.core.series_kind import SeriesKind
from bot.data.quality import drop_faulty_rows
from bot.data.store.store import Store
from bot.data.store.update_result import UpdateResult, UpdateStatus
from bot.data.store.write_lock import write_lock
from bot.data.timeline import known_at, us_sessions
from bot.data.vendors.archive_file import ArchiveFile
from bot.data.vendors.failures import Postponed, VendorFailures
from bot.data.vendors.raw_bars import RawBars
from bot.infra.vendor_errors import Blocked, RateLimited, Unreachable, WrongClock
from bot.services.archive_coins import ARCHIVE, coin_of, is_coin
from bot.services.data_update import Advance
from bot.services.markets import store_path
from bot.services.vendors import bans_path
from bot.settings.loader import Config

if TYPE_CHECKING:
    from bot.data.vendors.archive import Archive
    from bot.infra.public_http import PublicSession

_VENDOR = "archive"
_HOLE = np.timedelta64(7, "D")
"""Days without a row from which a hole is named: a venue halts a coin for less, and relists it after more."""
_ENDED = timedelta(days=70)
"""Days after its last monthly file from which a pair is taken as ended."""
_COIN = Listing(SeriesKind.CRYPTO, Release.UTC_DAY)


@contextmanager
def open_archive_session(config: Config, clock: Clock) -> Iterator[PublicSession]:
    """Open the session to the archive's two hosts, with a guard profile of its own. Raises Unreachable offline."""
    from bot.data.vendors.archive_file import LARGEST_ZIP
    from bot.infra.archive_guard import FILES_HOST, LISTING_HOST, refuse_unless_archive
    from bot.infra.network_check import require_network
    from bot.infra.public_http import PublicSession
    from bot.infra.rate_limit import RetryPolicy

    require_network({"Binance's archive": FILES_HOST})
    sources = config.sources
    policy = RetryPolicy(
        clock,
        tries=sources.tries,
        pause=sources.archive.pause,
        longest_wait=sources.longest_wait,
        patience=sources.patience,
    )
    hosts = (FILES_HOST, LISTING_HOST)
    # A page of the listing has 1,000 names, a zip is smaller.
    with PublicSession(policy, hosts, profile=refuse_unless_archive, max_bytes=8 * LARGEST_ZIP) as session:
        yield session


def update_archive(
    config: Config,
    session: PublicSession,
    clock: Clock,
    coins: Sequence[str] = (),
    advance: Advance = lambda symbol, done, total: None,
    waiting: Callable[[str], None] = print,
) -> list[UpdateResult]:
    """Fetch the archive's files of the given coins, or of all, that the store lacks.

    Each file is stored in one transaction with its record, so a stop at any instant loses at most one.

    Parameters
    ----------
    coins
        Symbols of the bot or names of the archive; by default every coin that it ever listed.
    advance, waiting
        Show the progress, and a line while the store is locked.

    Returns
    -------
    list of UpdateResult
        One a pair. The first error of a pair is its `problem`; its other files are stored.

    Raises
    ------
    ConfigError
        A coin is unknown to the archive.
    DataError
        The listing is missing.
    WrongClock, StoreError
        As for an update of the vendors.
    """
    from bot.data.vendors.archive import Archive

    session.retry_policy.bans.keep_in(bans_path(config))
    archive, path = Archive(session), store_path(config)
    listed = frozenset(archive.pairs())
    pairs = sorted(pair for pair in listed if is_coin(config, pair, listed))
    chosen = _chosen(config, pairs, coins)
    with write_lock(path, clock, waiting=waiting), Store.writing(path) as store:
        live = {symbol for symbol in store.symbols() if not symbol.endswith(ARCHIVE)}
        store.save_archive_pairs(pairs, clock.now())
    # Coins without live rows first: they are what a store of live listings lacks.
    order = sorted(chosen, key=lambda pair: coin_of(config, pair, date.max) in live)
    run = _Run(config, archive, path, clock, waiting)
    results = []
    for done, pair in enumerate(order):
        advance(pair, done, len(order))
        results.append(run.update(pair))
    return results


def _chosen(config: Config, pairs: Sequence[str], coins: Sequence[str]) -> list[str]:
    """Return the pairs of some coins, by symbol or by the archive's name. Raises ConfigError for an unknown coin."""
    quote = config.sources.archive.quote
    names: dict[str, list[str]] = {}
    for pair in pairs:
        relisted = config.sources.archive.relisted.get(pair.removesuffix(quote))
        known = {
            pair,
            pair.removesuffix(quote),
            coin_of(config, pair, date.min),
            *([relisted.coin] if relisted else []),
        }
        for name in known:
            names.setdefault(name, []).append(pair)
    for coin in coins:
        if coin not in names:
            mend = did_you_mean(coin, names) or "see `sources.archive` in the config"
            raise ConfigError("is not in the archive", where=coin, expected=f"a coin with a pair in {quote}", mend=mend)
    return list(dict.fromkeys(pair for coin in coins for pair in names[coin])) if coins else list(pairs)


@dataclass
class _Run:
    """One pass over pairs; failures of the archive are counted over all of them."""

    config: Config
    archive: Archive
    path: Path
    clock: Clock
    waiting: Callable[[str], None]
    failures: VendorFailures = field(default_factory=VendorFailures)

    def update(self, pair: str) -> UpdateResult:
        """Fetch the missing files of a pair and store each as soon as it is there."""
        symbol, new, revised, problems = coin_of(self.config, pair, date.max), 0, 0, list[DataError]()
        notes: list[str] = []
        try:
            files = self.failures.ask(_VENDOR, lambda: self._missing_files(pair, notes))
            for file in files:
                try:
                    added = self._store(file, notes)
                    new, revised = new + added[0], revised + added[1]
                except (Unreachable, RateLimited, Blocked, Postponed, WrongClock):
                    raise
                except DataError as problem:  # one faulty file; the others of the pair are fetched
                    problems.append(problem)
        except WrongClock:
            raise
        except Postponed as later:
            return UpdateResult(
                symbol, _VENDOR, UpdateStatus.LATER, new, revised, notes=tuple(notes), problem=later.problem
            )
        except DataError as problem:
            problems.append(problem)
        else:
            self._finish(pair, is_complete=not problems)
        last = self._name_holes(pair, symbol, notes)
        if len(problems) > 1:
            notes.append(f"{counted(len(problems), 'file')} failed; the next run fetches them again")
        if problems:
            return UpdateResult(symbol, _VENDOR, UpdateStatus.FAILED, new, revised, last, tuple(notes), problems[0])
        status = UpdateStatus.NEW if new or revised else UpdateStatus.NOTHING_NEW
        return UpdateResult(symbol, _VENDOR, status, new, revised, last, tuple(notes))

    def _missing_files(self, pair: str, notes: list[str]) -> list[ArchiveFile]:
        """List the files of a pair that the store lacks: months, and the days of the other months."""
        with self._store_to_write() as store:
            done = store.archive_files(pair)
        months = self.archive.months(pair)
        files = list(months)
        for before, after in _holes(months, self.clock.now().date()):
            days = self.archive.days(pair, before, after)
            files += days
            if not days and months and after < months[-1].first:
                notes.append(f"{pair} has no file from {before + timedelta(days=1)} to {after}")
        return sorted((file for file in files if file.stamp not in done), key=lambda file: (file.first, file.stamp))

    def _store(self, file: ArchiveFile, notes: list[str]) -> tuple[int, int]:
        """Fetch one file and store its rows and its record together; return the numbers of new and revised rows."""
        rows, sha256 = self.failures.ask(_VENDOR, lambda: self.archive.candles(file, ""))
        stretches = list(_stretches(self.config, file.pair, rows))
        new = revised = 0
        with self._store_to_write() as store, store.transaction():
            for stretch in stretches:
                usable, faults = drop_faulty_rows(stretch, SeriesKind.CRYPTO)
                if faults:
                    notes.append(
                        f"{counted(len(faults), 'faulty row')} of {file.name} left out, "
                        f"the first {faults[0].day}: {faults[0].why}"
                    )
                known = known_at(usable.dates, _COIN.release, us_sessions(date(2017, 1, 3), date(2017, 1, 4)))
                now = self.clock.now()
                if len(known) and known[-1] > np.datetime64(now.replace(tzinfo=None), "s"):
                    raise WrongClock(
                        f"this machine's clock says {now:%Y-%m-%d}, and the archive has {file.name}",
                        mend="set the clock; nothing more was stored",
                    )
                added = store.append(usable, known, np.ones(len(usable), bool), now)
                new, revised = new + added.new, revised + added.revised
            store.save_archive_file(file, sha256, self.clock.now())
        return new, revised

    def _finish(self, pair: str, is_complete: bool) -> None:
        if is_complete:
            with self._store_to_write() as store:
                store.complete_archive_pair(pair, self.clock.now())

    def _name_holes(self, pair: str, symbol: str, notes: list[str]) -> str | None:
        """Name the stretches that lack rows, and return the last stored day."""
        with Store.reading(self.path) as store:
            stored = store.rows_of(symbol + ARCHIVE)
        if stored is None:
            return None
        dates = stored.rows.dates
        for i in np.flatnonzero(np.diff(dates) > _HOLE):
            first, last = dates[i] + 1, dates[i + 1] - 1
            notes.append(
                f"{pair} has no row from {first} to {last}: halted, or delisted and relisted; the name may mean "
                "another coin after it (sources.archive.relisted)"
            )
        return str(dates[-1])

    @contextmanager
    def _store_to_write(self) -> Iterator[Store]:
        """Hold the lock of the store for one write, so that a tick waits for one file at most."""
        with write_lock(self.path, self.clock, waiting=self.waiting), Store.writing(self.path) as store:
            yield store


def _holes(months: Sequence[ArchiveFile], today: date) -> Iterator[tuple[date, date]]:
    """Yield the stretches that lack a monthly file, as the days before and at the end of each, the newest included."""
    for before, after in pairwise(months):
        if after.first - before.last > timedelta(days=1):
            yield before.last, after.first - timedelta(days=1)
    if not months:
        yield date(2017, 1, 1), today
    elif today - months[-1].last < _ENDED:
        yield months[-1].last, today


def _stretches(config: Config, pair: str, rows: RawBars) -> Iterator[RawBars]:
    """Yield the rows of each coin that a pair meant, under the coin's name in the store."""
    symbols = np.array([coin_of(config, pair, day) for day in rows.dates.tolist()])
    for symbol in dict.fromkeys(symbols.tolist()):
        yield replace(rows.where(symbols == symbol), symbol=symbol + ARCHIVE)
