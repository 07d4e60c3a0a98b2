"""Check the whole hash chain of a ledger without building its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

_AT_ONCE = 500
"""Rows per query. A writer can write between two queries, so a slow reader does not block it."""
_QUERY = "SELECT sequence, kind, at, body, hash FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?"


def quick_chain_end(connection: sqlite3.Connection, genesis: str) -> tuple[int, str] | None:
    """Check every row of an open ledger against the row before it, on the bytes of the file.

    Parameters
    ----------
    connection
        Ledger, opened to read.
    genesis
        Hash to which row 1 is chained.

    Returns
    -------
    tuple[int, str] or None
        Number and hash of the last row; 0 and `genesis` if there is none. None at a row that is missing, changed
        or unreadable: read the rows one by one for its error.
    """
    # On bytes, since a row as text is decoded only to be encoded again for its hash.
    with suppress(sqlite3.DatabaseError), _as_bytes(connection):
        return _chain_end(connection, genesis.encode())
    return None


def _chain_end(connection: sqlite3.Connection, head: bytes) -> tuple[int, str] | None:
    count = 0
    while True:
        found = connection.execute(_QUERY, (count or -1, _AT_ONCE)).fetchall()
        for sequence, kind, at, body, recorded in found:
            count += 1
            text = b"%b\n%d\n%b\n%b\n%b" % (head, sequence, kind, at, body)
            head = sha256(text).hexdigest().encode()
            if sequence != count or head != recorded or not (text.isascii() or _is_utf8(text)):
                return None
        if len(found) < _AT_ONCE:
            return count, head.decode()


def _is_utf8(text: bytes) -> bool:
    """Return True for valid UTF-8: a row with other bytes is unreadable, whatever its hash."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _as_bytes(connection: sqlite3.Connection) -> Iterator[None]:
    before = connection.text_factory
    connection.text_factory = bytes
    try:
        yield
    finally:
        connection.text_factory = before
