"""The market store: every bar as it was first seen, and what was said differently later beside it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bot.core.errors import DataError, StoreError
from bot.core.market import SeriesKind
from bot.core.moments import Days, Times
from bot.data.store.store_file import epoch, open_to_read, open_to_write, require_whole, told, transaction
from bot.data.store.stored import Appended, Coverage, NeedsWholeHistory, Revision, RowVersion, Sight, StoredRows
from bot.data.vendors.raw_bars import COLUMNS, RawBars

if TYPE_CHECKING:
    from bot.core.instrument import VenueRules

FILE_NAME = "market.sqlite3"
_SAME = 1e-6
"""Prices that differ by less, relatively, are one price told with another rounding."""
_RESTATED = 1e-4
"""A fund's dividend moves its adjusted history by more than this; a vendor's noise by less."""
_SAME_VOLUME = 0.01
"""Volumes settle for days after the close; smaller changes than this are no news."""
_A_FEW_DAYS, _NEARLY_ALL = 7, 0.98
"""How much of a fund's history a restated one may lack."""
_DISAGREES = 0.02
"""Two vendors' closes of a day that lie further apart are worth a word."""


def is_restated(kind: SeriesKind) -> bool:
    """Whether a vendor rewrites the whole past of such a series, after each dividend or split."""
    return kind in (SeriesKind.ETF_ADJUSTED, SeriesKind.ETF_RAW)


class Store:
    """An open market store. Raises StoreError for a file that cannot be used, a full disk, a store in use."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection

    @classmethod
    @contextmanager
    def writing(cls, path: Path) -> Iterator[Store]:
        """The store at a path, made if it is not there."""
        connection = open_to_write(path)
        try:
            yield cls(path, connection)
        finally:
            connection.close()

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator[Store]:
        """The store at a path, for reading only."""
        connection = open_to_read(path)
        try:
            with told(path):
                connection.execute("BEGIN")  # one moment of the store, whoever writes meanwhile
            yield cls(path, connection)
        finally:
            connection.close()

    # --- writing -----------------------------------------------------------------------------------------

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything that is written inside is kept as a whole, or nothing of it."""
        if self._connection.in_transaction:
            yield
        else:
            with transaction(self._connection, self.path):
                yield

    def append(
        self,
        fetched: RawBars,
        known: Times,
        final: npt.NDArray[np.bool_],
        seen_at: datetime,
        restated: bool = False,
        whole: bool = False,
    ) -> Appended:
        """Add what is new; what is there stays as it was first seen.

        `known` and `final` have an entry a row. A series that its vendor restates (`restated`) gets a new vintage
        where prices of the past have changed; that needs its `whole` history, else NeedsWholeHistory is raised and
        nothing is written. Of another vendor than a day's own, a row is only compared.
        """
        if not len(fetched):
            return Appended()
        with self.together():
            vintage = self._newest_vintage(fetched.symbol)
            reason = self._reason_for_a_vintage(fetched, final, vintage) if restated else None
            if reason and not whole:
                raise NeedsWholeHistory(reason)
            if reason:
                self._require_no_loss(fetched)
            if reason or not vintage:
                vintage += 1
                opened = (fetched.symbol, vintage, epoch(seen_at), reason or "first fetched")
                self._connection.execute("INSERT INTO vintages VALUES (?, ?, ?, ?)", opened)
            tolerance = _RESTATED if restated else _SAME
            appended = self._append(fetched, known, final, seen_at, vintage, tolerance)
            self._refresh_columns(fetched.symbol)
        return Appended(appended.new, appended.revised, appended.disagreeing, reason)

    def _reason_for_a_vintage(self, fetched: RawBars, final: npt.NDArray[np.bool_], vintage: int) -> str | None:
        """Why a fund's history is another one now: a new vendor, or a past that was scaled as a whole.

        A dividend or a split changes every row before some day by one factor. A single row that differs is a
        correction or a fault, and no reason to rewrite the rest.
        """
        kept = self._kept(fetched, vintage)
        there = [i for i in np.flatnonzero(final).tolist() if str(fetched.dates[i]) in kept]
        if not there:
            return None
        before = kept[str(fetched.dates[there[0]])]
        if before["source"] != fetched.source:
            return f"{fetched.source} takes over from {before['source']}"
        closes = np.array([kept[str(fetched.dates[i])]["close"] for i in there])
        factors = fetched.close[there] / closes
        scaled = np.abs(factors - 1) > _RESTATED
        count = int(scaled.sum())
        if not scaled[:count].all() or not (count > 1 or count == len(there) == 1):
            return None
        if np.ptp(factors[:count]) > _RESTATED:
            return None
        day, close = fetched.dates[there[0]], float(fetched.close[there[0]])
        return f"the close of {day} was restated from {closes[0]:g} to {close:g}, as were those after it"

    def _require_no_loss(self, fetched: RawBars) -> None:
        """Raise DataError where a new history is much shorter than the one it would take the place of."""
        stored = self.rows_of(fetched.symbol)
        if stored is None:
            return
        before, first = len(stored.rows), stored.rows.dates[0]
        if fetched.dates[0] > first + _A_FEW_DAYS or len(fetched) < _NEARLY_ALL * before:
            raise DataError(
                "its restated history came with rows missing, and the one before is kept",
                expected=f"about {before} rows from {first} on",
                was=f"{len(fetched)} from {fetched.dates[0]} on",
            )

    def _append(
        self,
        fetched: RawBars,
        known: Times,
        final: npt.NDArray[np.bool_],
        seen_at: datetime,
        vintage: int,
        tolerance: float,
    ) -> Appended:
        kept, source, seen = self._kept(fetched, vintage), self._source(fetched.source), epoch(seen_at)
        known_at = known.astype("datetime64[s]").astype(np.int64).tolist()
        counts, rows = Counter[str](), []
        self._connection.execute(
            "DELETE FROM bars WHERE symbol = ? AND NOT final AND (source = ? OR date BETWEEN ? AND ?)",
            (fetched.symbol, source, str(fetched.dates[0]), str(fetched.dates[-1])),
        )
        for i, day in enumerate(map(str, fetched.dates)):
            values = {name: _or_none(float(column[i])) for name, column in fetched.columns.items()}
            old = kept.get(day)
            fate = _fate(old, values, fetched.source, bool(final[i]), tolerance)
            counts[fate] += 1
            if fate in ("new", "revised", "forming"):
                revision = old["revision"] + 1 if old else 0
                facts = (source, known_at[i], seen, int(final[i]))
                rows.append((fetched.symbol, vintage, day, revision, *values.values(), *facts))
        self._connection.executemany("INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return Appended(counts["new"], counts["revised"], counts["disagreeing"])

    def _kept(self, fetched: RawBars, vintage: int) -> dict[str, dict[str, Any]]:
        """What the store says last of the days that a vendor told, by date."""
        found = self._connection.execute(
            "SELECT date, revision, open, high, low, close, volume, sources.name FROM bars "
            "JOIN sources ON sources.id = bars.source "
            "WHERE symbol = ? AND vintage = ? AND date BETWEEN ? AND ? AND final ORDER BY date, revision",
            (fetched.symbol, vintage, str(fetched.dates[0]), str(fetched.dates[-1])),
        )
        names = ("revision", *COLUMNS, "source")
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in found}

    def _newest_vintage(self, symbol: str) -> int:
        query = "SELECT coalesce(max(vintage), 0) FROM vintages WHERE symbol = ?"
        (vintage,) = self._connection.execute(query, (symbol,)).fetchone()
        return int(vintage)

    def _source(self, name: str) -> int:
        self._connection.execute("INSERT OR IGNORE INTO sources (name) VALUES (?)", (name,))
        (number,) = self._connection.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()
        return int(number)

    def _refresh_columns(self, symbol: str) -> None:
        """Keep a symbol's rows as arrays too: a market is read from these a hundred times faster."""
        stored = self._from_bars(symbol, RowVersion.FIRST_SEEN, None)
        if stored is None:
            return
        columns = [stored.rows.dates.astype(np.int64), *stored.rows.columns.values()]
        data = b"".join(column.astype("<i8" if column.dtype.kind == "i" else "<f8").tobytes() for column in columns)
        row = (symbol, json.dumps(stored.sources), data)
        self._connection.execute("INSERT OR REPLACE INTO columns VALUES (?, ?, ?)", row)

    def keep_rules(self, rules: VenueRules, seen_at: datetime) -> bool:
        """Keep what a venue allows for a coin from a moment on, if it is news. Returns whether it was."""
        least = None if rules.min_notional is None else str(rules.min_notional)
        now = (rules.pair, str(rules.step), str(rules.tick), least, int(rules.active))
        with self.together():
            before = self._connection.execute(
                "SELECT pair, step, tick, min_notional, active FROM venue_rules WHERE symbol = ? AND venue = ? "
                "ORDER BY seen_at DESC LIMIT 1",
                (rules.symbol, rules.venue),
            ).fetchone()
            if before == now:
                return False
            row = (rules.symbol, rules.venue, epoch(seen_at), *now)
            self._connection.execute("INSERT OR REPLACE INTO venue_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return True

    def leave_alone(self, closed: Mapping[str, datetime]) -> None:
        """Remember until when hosts asked to be left alone: the next command is to know it too."""
        with self.together():
            rows = [(host, epoch(until)) for host, until in closed.items()]
            self._connection.executemany("INSERT OR REPLACE INTO left_alone VALUES (?, ?)", rows)

    # --- reading -----------------------------------------------------------------------------------------

    def symbols(self) -> list[str]:
        """The symbols of which there are final rows, in order."""
        with told(self.path):
            return [symbol for (symbol,) in self._connection.execute("SELECT symbol FROM columns ORDER BY symbol")]

    def rows(
        self, reading: RowVersion = RowVersion.FIRST_SEEN, seen_by: datetime | None = None
    ) -> dict[str, StoredRows]:
        """The final rows of every symbol, by symbol; with `seen_by`, as the store was at that moment."""
        with told(self.path):
            if reading is RowVersion.FIRST_SEEN and seen_by is None:
                found = self._connection.execute("SELECT symbol, sources, data FROM columns ORDER BY symbol")
                return {
                    name: _from_columns(self.path, name, json.loads(sources), data) for name, sources, data in found
                }
            stored = {symbol: self._from_bars(symbol, reading, seen_by) for symbol in self.symbols()}
        return {symbol: rows for symbol, rows in stored.items() if rows is not None}

    def rows_of(self, symbol: str) -> StoredRows | None:
        """The final rows of one symbol, as first seen; None where there is none."""
        with told(self.path):
            found = self._connection.execute("SELECT sources, data FROM columns WHERE symbol = ?", (symbol,)).fetchone()
        return found and _from_columns(self.path, symbol, json.loads(found[0]), found[1])

    def left_alone(self) -> dict[str, datetime]:
        """Until when each host asked to be left alone."""
        with told(self.path):
            found = self._connection.execute("SELECT host, until FROM left_alone").fetchall()
        return {host: datetime.fromtimestamp(until, UTC) for host, until in found}

    def newest_sight(self) -> datetime | None:
        """The newest moment at which anything was seen; None in an empty store."""
        with told(self.path):
            (newest,) = self._connection.execute("SELECT max(first_seen_at) FROM bars").fetchone()
        return None if newest is None else datetime.fromtimestamp(newest, UTC)

    def coverage(self) -> list[Coverage]:
        """What there is of every symbol, in order."""
        query = (
            "SELECT symbol, vintage, count(*) FILTER (WHERE revision = 0), count(*) FILTER (WHERE revision > 0), "
            "max(first_seen_at) FROM bars WHERE final GROUP BY symbol, vintage ORDER BY symbol, vintage"
        )
        with told(self.path):
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
        """Every final bar of the newest vintages that was seen since a moment, in the order in which it was seen."""
        query = (
            "SELECT symbol, date, known_at, first_seen_at, revision FROM bars WHERE final AND first_seen_at >= ? "
            "AND vintage = (SELECT max(vintage) FROM vintages WHERE vintages.symbol = bars.symbol) "
            "ORDER BY first_seen_at, symbol, date, revision"
        )
        with told(self.path):
            return [Sight(*row) for row in self._connection.execute(query, (epoch(since),))]

    def revisions(self) -> list[Revision]:
        """Every bar of which a vendor later said something else, in the order in which that was seen."""
        columns = ", ".join(f"new.{name} IS NOT old.{name}" for name in COLUMNS)
        query = (
            f"SELECT new.symbol, new.date, new.first_seen_at, new.close, old.close, {columns} FROM bars AS new "
            "JOIN bars AS old ON old.symbol = new.symbol AND old.vintage = new.vintage AND old.date = new.date "
            "AND old.revision = new.revision - 1 WHERE new.revision > 0 AND new.final "
            "ORDER BY new.first_seen_at, new.symbol, new.date, new.revision"
        )
        with told(self.path):
            found = self._connection.execute(query).fetchall()
        return [
            Revision(symbol, day, seen, close, before, tuple(n for n, new in zip(COLUMNS, news, strict=True) if new))
            for symbol, day, seen, close, before, *news in found
        ]

    def rules(self, at: datetime | None = None) -> list[VenueRules]:
        """What each venue allowed for each coin, as it was last seen, or last seen by a moment."""
        from bot.core.instrument import VenueRules

        seen = 2**62 if at is None else epoch(at)
        query = (
            "SELECT symbol, venue, pair, step, tick, min_notional, active, max(seen_at) FROM venue_rules "
            "WHERE seen_at <= ? GROUP BY symbol, venue ORDER BY symbol, venue"
        )
        with told(self.path):
            found = self._connection.execute(query, (seen,)).fetchall()
        return [
            VenueRules(symbol, venue, pair, Decimal(step), Decimal(tick), least and Decimal(least), bool(active))
            for symbol, venue, pair, step, tick, least, active, _ in found
        ]

    def require_whole(self) -> None:
        """Look for damage in the file. Raises StoreError."""
        require_whole(self._connection, self.path)

    def _from_bars(self, symbol: str, reading: RowVersion, seen_by: datetime | None) -> StoredRows | None:
        seen = 2**62 if seen_by is None else epoch(seen_by)
        newest = "SELECT max(vintage) FROM vintages WHERE symbol = :symbol AND opened_at <= :seen"
        first = "AND revision = 0" if reading is RowVersion.FIRST_SEEN else ""
        found = self._connection.execute(
            "SELECT date, sources.name, open, high, low, close, volume, max(revision) FROM bars "
            f"JOIN sources ON sources.id = bars.source WHERE symbol = :symbol AND vintage = ({newest}) "
            f"AND final AND first_seen_at <= :seen {first} GROUP BY date ORDER BY date",
            {"symbol": symbol, "seen": seen},
        ).fetchall()
        if not found:
            return None
        dates: Days = np.array([row[0] for row in found], "datetime64[D]")
        values = np.array([row[2:7] for row in found], np.float64)
        sources = _runs([(row[0], row[1]) for row in found])
        return StoredRows(RawBars(symbol, sources[-1][1], dates, *values.T.copy()), sources)


def _from_columns(path: Path, symbol: str, sources: list[list[str]], data: bytes) -> StoredRows:
    """A symbol's rows from the arrays that `_refresh_columns` keeps. Raises StoreError where they are damaged."""
    n, rest = divmod(len(data), 8 * (1 + len(COLUMNS)))
    if rest or not n:
        raise StoreError(f"the arrays of {symbol} are damaged", where=str(path), mend="put a backup in its place")
    dates: Days = np.frombuffer(data, "<i8", n).astype("datetime64[D]")
    values = np.frombuffer(data, "<f8", offset=8 * n).reshape(len(COLUMNS), n)
    runs = tuple((day, name) for day, name in sources)
    return StoredRows(RawBars(symbol, runs[-1][1], dates, *values), runs)


def _runs(rows: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Each source with the first date of every stretch that it tells."""
    return tuple(row for i, row in enumerate(rows) if i == 0 or row[1] != rows[i - 1][1])


def _fate(
    old: Mapping[str, Any] | None, values: Mapping[str, float | None], source: str, final: bool, tolerance: float
) -> str:
    """What becomes of a row beside the final one that is kept of its day, if there is one."""
    if old is None:
        return "new" if final else "forming"
    if old["source"] != source:
        return "disagreeing" if _differs(old["close"], values["close"], _DISAGREES) else "another vendor's"
    same = not any(
        _differs(old[name], value, _SAME_VOLUME if name == "volume" else tolerance) for name, value in values.items()
    )
    return "known" if same or not final else "revised"


def _differs(old: float | None, new: float | None, tolerance: float) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > tolerance * max(abs(old), abs(new))


def _or_none(value: float) -> float | None:
    return None if value != value else value
