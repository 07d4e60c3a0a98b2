"""Bars of one symbol from the store's tables: row by row, or from the arrays that are kept beside the rows."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.core.errors import StoreError
from bot.core.moments import Days
from bot.data.store.stored import RowVersion, StoredRows
from bot.data.vendors.raw_bars import COLUMNS, RawBars

LATEST_SECOND = 2**62
"""Later than every time in the store: reads all of it."""
EVERY_DAY = ("", "~")
"""Texts before and after every date."""


def read_bars(
    connection: sqlite3.Connection,
    symbol: str,
    version: RowVersion,
    seen_by: int = LATEST_SECOND,
    days: tuple[str, str] = EVERY_DAY,
) -> StoredRows | None:
    """Read the final rows of a symbol from the newest vintage that was open at a time.

    Parameters
    ----------
    version
        First seen or latest value of each day.
    seen_by
        Seconds since 1970; rows that were first seen later are left out.
    days
        First and last date, ISO-8601.
    """
    newest = "SELECT max(vintage) FROM vintages WHERE symbol = :symbol AND opened_at <= :seen"
    first = "AND revision = 0" if version is RowVersion.FIRST_SEEN else ""
    found = connection.execute(
        "SELECT date, sources.name, open, high, low, close, volume, max(revision) FROM bars "
        f"JOIN sources ON sources.id = bars.source WHERE symbol = :symbol AND vintage = ({newest}) "
        f"AND date BETWEEN :from AND :to AND final AND first_seen_at <= :seen {first} GROUP BY date ORDER BY date",
        {"symbol": symbol, "seen": seen_by, "from": days[0], "to": days[1]},
    ).fetchall()
    if not found:
        return None
    dates: Days = np.array([row[0] for row in found], "datetime64[D]")
    values = np.array([row[2:7] for row in found], np.float64)
    sources = _first_dates([(row[0], row[1]) for row in found])
    return StoredRows(RawBars(symbol, sources[-1][1], dates, *values.T.copy()), sources)


def save_arrays(connection: sqlite3.Connection, symbol: str) -> None:
    """Write a symbol's first-seen rows as arrays.

    A market is read from these about 40 times faster than row by row.
    """
    stored = read_bars(connection, symbol, RowVersion.FIRST_SEEN)
    if stored is not None:
        _write_arrays(connection, stored)


def update_arrays(connection: sqlite3.Connection, symbol: str, first: str, last: str) -> None:
    """Write a symbol's arrays again after its rows of some days were written, and read only those days row by row.

    Parameters
    ----------
    first, last
        Dates that enclose the new rows, ISO-8601. Their vintage is that of the stored arrays.
    """
    found = connection.execute("SELECT sources, data FROM columns WHERE symbol = ?", (symbol,)).fetchone()
    stored = _arrays(symbol, *found) if found is not None else None
    if stored is None:  # missing or damaged arrays are made of the rows
        save_arrays(connection, symbol)
        return
    dates = stored.rows.dates
    parts = (
        _cut(stored, dates < np.datetime64(first)),
        read_bars(connection, symbol, RowVersion.FIRST_SEEN, days=(first, last)),
        _cut(stored, dates > np.datetime64(last)),
    )
    present = [part for part in parts if part is not None]
    if present:
        _write_arrays(connection, _joined(present))


def _cut(stored: StoredRows, keep: npt.NDArray[np.bool_]) -> StoredRows | None:
    """Return the rows of a mask, each stretch with its source."""
    rows = stored.rows.where(keep)
    if not len(rows):
        return None
    before = [source for source in stored.sources if source[0] <= str(rows.dates[0])]
    later = [source for source in stored.sources if str(rows.dates[0]) < source[0] <= str(rows.dates[-1])]
    return StoredRows(rows, ((str(rows.dates[0]), before[-1][1]), *later))


def _joined(parts: list[StoredRows]) -> StoredRows:
    """Join rows that follow each other."""
    rows = [part.rows for part in parts]
    columns = [np.concatenate([one.columns[name] for one in rows]) for name in COLUMNS]
    dates: Days = np.concatenate([one.dates for one in rows])
    sources = _first_dates([source for part in parts for source in part.sources])
    return StoredRows(RawBars(rows[-1].symbol, sources[-1][1], dates, *columns), sources)


def _write_arrays(connection: sqlite3.Connection, stored: StoredRows) -> None:
    columns = [stored.rows.dates.astype(np.int64), *stored.rows.columns.values()]
    # Little-endian, so that a copy of the store is read on every machine.
    data = b"".join(column.astype("<i8" if column.dtype.kind == "i" else "<f8").tobytes() for column in columns)
    row = (stored.rows.symbol, json.dumps(stored.sources), data)
    connection.execute("INSERT OR REPLACE INTO columns VALUES (?, ?, ?)", row)


def load_arrays(path: Path, symbol: str, sources: str, data: bytes) -> StoredRows:
    """Read a symbol's rows from the arrays that `save_arrays` wrote. Raises StoreError if they are damaged."""
    stored = _arrays(symbol, sources, data)
    if stored is None:
        raise StoreError(f"the arrays of {symbol} are damaged", where=str(path), mend="put a backup in its place")
    return stored


def _arrays(symbol: str, sources: str, data: bytes) -> StoredRows | None:
    n, rest = divmod(len(data), 8 * (1 + len(COLUMNS)))
    if rest or not n:
        return None
    dates: Days = np.frombuffer(data, "<i8", n).astype("datetime64[D]")
    values = np.frombuffer(data, "<f8", offset=8 * n).reshape(len(COLUMNS), n)
    by_date = tuple((day, name) for day, name in json.loads(sources))
    return StoredRows(RawBars(symbol, by_date[-1][1], dates, *values), by_date)


def _first_dates(rows: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the first date and the source of every stretch of rows from one source."""
    return tuple(row for i, row in enumerate(rows) if i == 0 or row[1] != rows[i - 1][1])
