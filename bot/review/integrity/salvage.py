"""Save the valid rows of a damaged ledger into a new one; the damaged file is kept as it is."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import LedgerError
from bot.ledger.record import GENESIS, chained_hash, write_raw_rows
from bot.ledger.row import RawRow
from bot.ledger.sqlite_pages import DatabasePages, rows_in_order


@dataclass(frozen=True, slots=True)
class Salvaged:
    """Rows saved of a file, and rows and bytes lost.

    Attributes
    ----------
    rows, head, until
        Number of saved rows, hash of the last, and its moment (ISO-8601, UTC).
    unproved, highest
        Number of later rows that can be read but are outside the chain, and the highest row number among them.
    first_lost, last_lost
        First and last moment of those rows; else empty.
    unread, size
        Unreadable bytes, and bytes of the file.
    """

    rows: int
    head: str
    until: str
    unproved: int
    highest: int
    first_lost: str
    last_lost: str
    unread: int
    size: int


def salvage(source: Path, target: Path) -> Salvaged:
    """Write the rows of the unbroken chain, from the first on, into a new ledger.

    Raises
    ------
    LedgerError
        If the chain is empty, the new file exists, or reading or writing fails.
    """
    if not source.is_file():
        raise LedgerError("there is no such file", where=str(source))
    if target.exists():
        raise LedgerError("the file exists already", where=str(target), mend="name a new one")
    with _settled(source) as file:
        pages = DatabasePages.of(file)
    places = pages.rows()
    proved = list(_proved(pages, places))
    if not proved:
        raise LedgerError("has no row that can be proved: nothing can be saved", where=str(source))
    write_raw_rows(target, proved)
    rows = len(proved)
    lost = [row for number in sorted(places) if number > rows for row in _readable(pages, places[number])]
    moments = sorted(row[2] for row in lost)
    return Salvaged(
        rows,
        proved[-1][4],
        proved[-1][2],
        len({row[0] for row in lost}),
        max((row[0] for row in lost), default=rows),
        moments[0] if moments else "",
        moments[-1] if moments else "",
        pages.unread(),
        len(pages.content),
    )


def proved_rows(path: Path) -> int:
    """Count the rows of a file that the chain proves, from the first on. Raises LedgerError."""
    pages = DatabasePages.of(path)
    return sum(1 for _ in _proved(pages, pages.rows()))


def _proved(pages: DatabasePages, places: dict[int, list[int]]) -> Iterator[RawRow]:
    """Read the rows that the chain proves, from the first on."""
    head = GENESIS
    for _, candidates in rows_in_order(pages, places):
        # Pages that SQLite has freed may hold an old copy of a row; the hash picks the right one.
        row = next((row for row in candidates if chained_hash(head, *row[:4]) == row[4]), None)
        if row is None:
            return
        head = row[4]
        yield row


def _readable(pages: DatabasePages, places: list[int]) -> list[RawRow]:
    found = [row for place in places if (row := pages.row(place)) is not None]
    return found[:1]


@contextmanager
def _settled(source: Path) -> Iterator[Path]:
    """Yield the file, or a copy with an interrupted transaction rolled back."""
    journal = source.with_name(f"{source.name}-journal")
    if not journal.is_file() or not journal.stat().st_size:
        yield source
        return
    # Opening the file itself would write to it: SQLite rolls an interrupted transaction back at the first query.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, source.name)
        shutil.copyfile(source, copy)
        shutil.copyfile(journal, copy.with_name(journal.name))
        with suppress(sqlite3.Error), closing(sqlite3.connect(copy)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield copy
