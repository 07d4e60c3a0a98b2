"""Market store: every bar as it was first seen, with later values of it as revisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bot.core.moments import Times
from bot.data.store import archive_state
from bot.data.store.archive_state import ArchiveState
from bot.data.store.bar_reader import LATEST_SECOND, load_arrays, read_bars
from bot.data.store.bar_writer import append_bars
from bot.data.store.store_file import as_store_errors, check_integrity, epoch, open_to_read, open_to_write, transaction
from bot.data.store.stored import Appended, Coverage, Revision, RowVersion, Sight, StoredRows
from bot.data.store.venue_rules import read_venue_rules, save_venue_rules
from bot.data.vendors.raw_bars import COLUMNS, RawBars

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules
    from bot.data.vendors.archive_file import ArchiveFile

FILE_NAME = "market.sqlite3"


class Store:
    """Open market store.

    Every method raises StoreError if the file is damaged, locked by another process, or on a full disk.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection

    @classmethod
    @contextmanager
    def writing(cls, path: Path) -> Iterator[Store]:
        """Open the store at a path for writing; make it if it is missing."""
        connection = open_to_write(path)
        try:
            yield cls(path, connection)
        finally:
            connection.close()

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator[Store]:
        """Open the store at a path for reading only."""
        connection = open_to_read(path)
        try:
            with as_store_errors(path):
                # One read transaction: all queries see the same rows while another process writes.
                connection.execute("BEGIN")
            yield cls(path, connection)
        finally:
            connection.close()

    # --- writing -----------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything that is written inside as one, or roll all of it back."""
        if self._connection.in_transaction:
            yield
        else:
            with transaction(self._connection, self.path):
                yield

    def append(
        self,
        bars: RawBars,
        known: Times,
        final: npt.NDArray[np.bool_],
        seen_at: datetime,
        restated: bool = False,
        whole: bool = False,
    ) -> Appended:
        """Add a vendor's rows. Stored final rows stay as they were first seen.

        Parameters
        ----------
        bars
            Rows of one symbol, ascending by date.
        known
            UTC time at which each row was known; one entry a row.
        final
            False for a row whose day is still forming; one entry a row.
        seen_at
            UTC time of the fetch.
        restated
            True for a series whose whole past its vendor rewrites: a change of the past opens a new vintage.
        whole
            True if `bars` is the whole history, which a new vintage needs.

        Returns
        -------
        Appended
            Counts of new, revised and disagreeing rows. A row from another vendor than the stored row's is compared
            and left out.

        Raises
        ------
        NeedsWholeHistory
            The past was restated and `whole` is False; the store is unchanged.
        DataError
            The restated history lacks many of the stored rows; the store is unchanged.
        """
        if not len(bars):
            return Appended()
        with self.transaction():
            return append_bars(self._connection, bars, known, final, seen_at, restated, whole)

    def save_rules(self, rules: VenueRules, seen_at: datetime) -> bool:
        """Write the venue rules of a coin if they changed. Return True if they did."""
        with self.transaction():
            return save_venue_rules(self._connection, rules, seen_at)

    def save_archive_file(self, file: ArchiveFile, sha256: str, seen_at: datetime) -> None:
        """Record that every row of a file of the archive is stored."""
        with self.transaction():
            archive_state.save_file(self._connection, file, sha256, epoch(seen_at))

    def save_archive_pairs(self, pairs: Collection[str], seen_at: datetime) -> None:
        """Record the pairs of the archive's listing."""
        with self.transaction():
            archive_state.save_pairs(self._connection, pairs, epoch(seen_at))

    def complete_archive_pair(self, pair: str, seen_at: datetime) -> None:
        """Record that every file that the archive lists of a pair is stored."""
        with self.transaction():
            archive_state.complete_pair(self._connection, pair, epoch(seen_at))

    # --- reading -----------------------------------------------------------------------------------------

    def symbols(self) -> list[str]:
        """Return the symbols that have final rows, sorted."""
        with as_store_errors(self.path):
            return [symbol for (symbol,) in self._connection.execute("SELECT symbol FROM columns ORDER BY symbol")]

    def rows(
        self, version: RowVersion = RowVersion.FIRST_SEEN, seen_by: datetime | None = None
    ) -> dict[str, StoredRows]:
        """Return the final rows of every symbol.

        Parameters
        ----------
        version
            First seen or latest value of each day.
        seen_by
            UTC time; the store is read as it was then. All rows by default.
        """
        with as_store_errors(self.path):
            if version is RowVersion.FIRST_SEEN and seen_by is None:
                found = self._connection.execute("SELECT symbol, sources, data FROM columns ORDER BY symbol")
                return {name: load_arrays(self.path, name, sources, data) for name, sources, data in found}
            seen = LATEST_SECOND if seen_by is None else epoch(seen_by)
            stored = {symbol: read_bars(self._connection, symbol, version, seen) for symbol in self.symbols()}
        return {symbol: rows for symbol, rows in stored.items() if rows is not None}

    def rows_of(self, symbol: str) -> StoredRows | None:
        """Return the final rows of one symbol as first seen, if it has rows."""
        query = "SELECT sources, data FROM columns WHERE symbol = ?"
        with as_store_errors(self.path):
            found = self._connection.execute(query, (symbol,)).fetchone()
        return found and load_arrays(self.path, symbol, *found)

    def newest_seen_at(self) -> datetime | None:
        """Return the UTC time of the newest write, if there is one."""
        with as_store_errors(self.path):
            (newest,) = self._connection.execute("SELECT max(first_seen_at) FROM bars").fetchone()
        return None if newest is None else datetime.fromtimestamp(newest, UTC)

    def coverage(self) -> list[Coverage]:
        """Return the stored range of every symbol, sorted by symbol."""
        query = (
            "SELECT symbol, vintage, count(*) FILTER (WHERE revision = 0), count(*) FILTER (WHERE revision > 0), "
            "max(first_seen_at) FROM bars WHERE final GROUP BY symbol, vintage ORDER BY symbol, vintage"
        )
        with as_store_errors(self.path):
            newest = {row[0]: row for row in self._connection.execute(query)}
        stored = self.rows()
        return [
            Coverage(
                symbol,
                found.sources[-1][1],
                str(found.rows.dates[0]),
                str(found.rows.dates[-1]),
                newest[symbol][2],
                newest[symbol][3],
                newest[symbol][1],
                newest[symbol][4],
                found.sources[1:],
            )
            for symbol, found in stored.items()
        ]

    def sights(self, since: datetime) -> list[Sight]:
        """Return every final bar of the newest vintages that was seen since a UTC time, in the order of sight."""
        query = (
            "SELECT symbol, date, known_at, first_seen_at, revision FROM bars WHERE final AND first_seen_at >= ? "
            "AND vintage = (SELECT max(vintage) FROM vintages WHERE vintages.symbol = bars.symbol) "
            "ORDER BY first_seen_at, symbol, date, revision"
        )
        with as_store_errors(self.path):
            return [Sight(*row) for row in self._connection.execute(query, (epoch(since),))]

    def revisions(self) -> list[Revision]:
        """Return every later value of a stored bar, in the order of sight."""
        columns = ", ".join(f"new.{name} IS NOT old.{name}" for name in COLUMNS)
        query = (
            f"SELECT new.symbol, new.date, new.first_seen_at, new.close, old.close, {columns} FROM bars AS new "
            "JOIN bars AS old ON old.symbol = new.symbol AND old.vintage = new.vintage AND old.date = new.date "
            "AND old.revision = new.revision - 1 WHERE new.revision > 0 AND new.final "
            "ORDER BY new.first_seen_at, new.symbol, new.date, new.revision"
        )
        with as_store_errors(self.path):
            found = self._connection.execute(query).fetchall()
        return [
            Revision(symbol, day, seen, close, before, tuple(n for n, new in zip(COLUMNS, news, strict=True) if new))
            for symbol, day, seen, close, before, *news in found
        ]

    def rules(self, at: datetime | None = None) -> list[VenueRules]:
        """Return the venue rules of each coin and venue, as seen by a UTC time or the newest."""
        with as_store_errors(self.path):
            return read_venue_rules(self._connection, at)

    def archive_files(self, pair: str) -> frozenset[str]:
        """Return the months and days of a pair whose files are stored, such as `2024-02` and `2024-02-29`."""
        with as_store_errors(self.path):
            return archive_state.stamps_of(self._connection, pair)

    def archive(self) -> ArchiveState | None:
        """Return what is stored of the archive, if it was ever listed."""
        with as_store_errors(self.path):
            return archive_state.read_state(self._connection)

    def check_integrity(self) -> None:
        """Check the whole file. Raises StoreError if it is damaged."""
        check_integrity(self._connection, self.path)
