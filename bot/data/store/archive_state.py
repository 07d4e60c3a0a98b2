"""Progress of the archive in the store: the files that are stored, and the pairs of its listing."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.data.vendors.archive_file import ArchiveFile


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """Number of pairs that the archive listed, number of those that are stored whole, and the day of the listing."""

    pairs: int
    complete: int
    listed_on: date


def save_file(connection: sqlite3.Connection, file: ArchiveFile, sha256: str, seen_at: int) -> None:
    """Write the record of one stored file."""
    row = (file.name, file.pair, sha256, seen_at)
    connection.execute("INSERT OR REPLACE INTO archive_files VALUES (?, ?, ?, ?)", row)


def save_pairs(connection: sqlite3.Connection, pairs: Collection[str], seen_at: int) -> None:
    """Write the pairs of a listing; a pair that is known keeps the time at which it was complete."""
    connection.executemany(
        "INSERT INTO archive_pairs (pair, listed_at) VALUES (?, ?) ON CONFLICT (pair) DO UPDATE SET listed_at = ?",
        [(pair, seen_at, seen_at) for pair in pairs],
    )


def complete_pair(connection: sqlite3.Connection, pair: str, seen_at: int) -> None:
    """Write the time at which a pair was complete."""
    connection.execute("UPDATE archive_pairs SET complete_at = ? WHERE pair = ?", (seen_at, pair))


def stamps_of(connection: sqlite3.Connection, pair: str) -> frozenset[str]:
    """Return the months and days of the stored files of a pair."""
    found = connection.execute("SELECT name FROM archive_files WHERE pair = ?", (pair,))
    return frozenset(name.removeprefix(f"{pair}-1d-").removesuffix(".zip") for (name,) in found)


def read_state(connection: sqlite3.Connection) -> ArchiveState | None:
    """Return the numbers of listed and complete pairs, if the archive was ever listed."""
    # A store of an older version lacks the table until the next write.
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'archive_pairs'").fetchone():
        return None
    query = "SELECT count(*), count(complete_at), max(listed_at) FROM archive_pairs"
    pairs, complete, listed_at = connection.execute(query).fetchone()
    return ArchiveState(pairs, complete, datetime.fromtimestamp(listed_at, UTC).date()) if pairs else None
