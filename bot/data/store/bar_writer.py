"""Append a vendor's rows: new rows, revisions of stored rows, and new vintages of restated series."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime

import numpy as np
import numpy.typing as npt

from bot.core.errors import DataError
from bot.core.moments import Times
from bot.core.plural import counted
from bot.core.series_kind import SeriesKind
from bot.data.store.bar_reader import read_bars, save_arrays, update_arrays
from bot.data.store.row_comparison import RESTATED_PRICE, SAME_PRICE, FinalRow, RowFate, compare_row
from bot.data.store.store_file import epoch
from bot.data.store.stored import Appended, NeedsWholeHistory, RowVersion
from bot.data.vendors.raw_bars import RawBars

_MISSING_DAYS, _COMPLETE = 7, 0.98
"""Days by which a restated history may begin later, and the share of the stored rows that it must have."""


def is_restated(kind: SeriesKind) -> bool:
    """Return True if a vendor rewrites the whole past of such a series after each dividend or split."""
    return kind in (SeriesKind.ETF_ADJUSTED, SeriesKind.ETF_RAW)


def append_bars(
    connection: sqlite3.Connection,
    bars: RawBars,
    known: Times,
    final: npt.NDArray[np.bool_],
    seen_at: datetime,
    restated: bool,
    whole: bool,
) -> Appended:
    """Write the rows of `Store.append` inside its transaction."""
    vintage = _newest_vintage(connection, bars.symbol)
    reason = _reason_for_a_vintage(connection, bars, final, vintage) if restated else None
    if reason and not whole:
        raise NeedsWholeHistory(reason)
    if reason:
        _require_complete(connection, bars)
    is_new_vintage = bool(reason) or not vintage
    if is_new_vintage:
        vintage += 1
        opened = (bars.symbol, vintage, epoch(seen_at), reason or "first fetched")
        connection.execute("INSERT INTO vintages VALUES (?, ?, ?, ?)", opened)
    # A restated price within the larger tolerance is noise of the vendor's scaling, no revision.
    tolerance = RESTATED_PRICE if restated else SAME_PRICE
    counts = _insert(connection, bars, known, final, epoch(seen_at), vintage, tolerance)
    if is_new_vintage:
        save_arrays(connection, bars.symbol)
    else:
        update_arrays(connection, bars.symbol, str(bars.dates[0]), str(bars.dates[-1]))
    return Appended(counts[RowFate.NEW], counts[RowFate.REVISED], counts[RowFate.DISAGREEING], reason)


def _reason_for_a_vintage(
    connection: sqlite3.Connection, bars: RawBars, final: npt.NDArray[np.bool_], vintage: int
) -> str | None:
    """Return the reason to rewrite a fund's history: a new vendor, or a past that was scaled as a whole.

    A dividend or a split scales every row before some day by one factor. A single row that differs is a correction or
    a fault; the other rows stay as they are.
    """
    stored = _final_rows(connection, bars, vintage)
    common = [i for i in np.flatnonzero(final).tolist() if str(bars.dates[i]) in stored]
    if not common:
        return None
    before = stored[str(bars.dates[common[0]])]
    if before.source != bars.source:
        return f"{bars.source} takes over from {before.source}"
    closes = np.array([stored[str(bars.dates[i])].close for i in common])
    factors = bars.close[common] / closes
    scaled = np.abs(factors - 1) > RESTATED_PRICE
    count = int(scaled.sum())
    # The scaled rows must be the oldest ones, more than one of them, and have one factor.
    if not scaled[:count].all() or not (count > 1 or count == len(common) == 1):
        return None
    if np.ptp(factors[:count]) > RESTATED_PRICE:
        return None
    day, close = bars.dates[common[0]], float(bars.close[common[0]])
    return f"the close of {day} was restated from {closes[0]:g} to {close:g}, as were those after it"


def _require_complete(connection: sqlite3.Connection, bars: RawBars) -> None:
    """Raise DataError if a restated history is much shorter than the stored one."""
    stored = read_bars(connection, bars.symbol, RowVersion.FIRST_SEEN)
    if stored is None:
        return
    before, first = len(stored.rows), stored.rows.dates[0]
    if bars.dates[0] > first + _MISSING_DAYS or len(bars) < _COMPLETE * before:
        raise DataError(
            "its restated history came with rows missing, and the one before is kept",
            expected=f"about {counted(before, 'row')} from {first} on",
            was=f"{len(bars)} from {bars.dates[0]} on",
        )


def _insert(
    connection: sqlite3.Connection,
    bars: RawBars,
    known: Times,
    final: npt.NDArray[np.bool_],
    seen_at: int,
    vintage: int,
    tolerance: float,
) -> Counter[RowFate]:
    stored, source = _final_rows(connection, bars, vintage), _source_id(connection, bars.source)
    known_at = known.astype("datetime64[s]").astype(np.int64).tolist()
    counts, rows = Counter[RowFate](), []
    # Forming rows are replaced by every answer; only final rows are kept for ever.
    connection.execute(
        "DELETE FROM bars WHERE symbol = ? AND NOT final AND (source = ? OR date BETWEEN ? AND ?)",
        (bars.symbol, source, str(bars.dates[0]), str(bars.dates[-1])),
    )
    for i, day in enumerate(map(str, bars.dates)):
        # NaN is unknown: SQLite keeps it as NULL.
        values = {name: _none_if_nan(float(column[i])) for name, column in bars.columns.items()}
        old = stored.get(day)
        fate = compare_row(old, values, bars.source, bool(final[i]), tolerance)
        counts[fate] += 1
        if fate.is_stored:
            revision = old.revision + 1 if old else 0
            facts = (source, known_at[i], seen_at, int(final[i]))
            rows.append((bars.symbol, vintage, day, revision, *values.values(), *facts))
    connection.executemany("INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return counts


def _final_rows(connection: sqlite3.Connection, bars: RawBars, vintage: int) -> dict[str, FinalRow]:
    """Return the latest final row of each stored day within the dates of `bars`."""
    found = connection.execute(
        "SELECT date, revision, open, high, low, close, volume, sources.name FROM bars "
        "JOIN sources ON sources.id = bars.source "
        "WHERE symbol = ? AND vintage = ? AND date BETWEEN ? AND ? AND final ORDER BY date, revision",
        (bars.symbol, vintage, str(bars.dates[0]), str(bars.dates[-1])),
    )
    return {row[0]: FinalRow(*row[1:]) for row in found}


def _newest_vintage(connection: sqlite3.Connection, symbol: str) -> int:
    query = "SELECT coalesce(max(vintage), 0) FROM vintages WHERE symbol = ?"
    (vintage,) = connection.execute(query, (symbol,)).fetchone()
    return int(vintage)


def _source_id(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO sources (name) VALUES (?)", (name,))
    (number,) = connection.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()
    return int(number)


def _none_if_nan(value: float) -> float | None:
    return None if value != value else value
