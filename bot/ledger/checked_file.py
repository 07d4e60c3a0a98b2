"""Digest of a ledger file whose hash chain was checked, kept beside it: the rows of equal bytes are checked once."""

from __future__ import annotations

import json
import re
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from bot.infra.whole_file import write_whole
from bot.ledger.ledger_file import FAULTS, open_to_read
from bot.ledger.record import verify_ledger

_LEAST = 8_000_000
"""Bytes of a file from which its digest is kept: the rows of a smaller one are checked in a tenth of a second."""
_AT_ONCE = 1 << 20
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Checked:
    """SHA-256 of the bytes of a file whose whole chain was valid, number of its rows, and hash of the last one."""

    digest: str
    rows: int
    head: str


def checked_path(ledger: Path) -> Path:
    """Return the file of a ledger's digest."""
    return ledger.with_name(f"{ledger.stem}.checked.json")  # no ledger's name has a dot


def verify_changed(path: Path) -> tuple[int, str]:
    """Check the whole chain of a ledger, as `verify_ledger`; a file with the bytes of an earlier check by its digest.

    Only for a process with a single connection to the ledger: closing the file ends SQLite's locks on it.

    Returns
    -------
    tuple[int, str]
        Number of rows, and the hash of the last one.

    Raises
    ------
    LedgerError
        If a row is missing or was changed; the message names the first such row.
    """
    # Opened first: SQLite then undoes what a killed writer left half-written, which changes bytes of the file.
    with closing(open_to_read(path)) as connection, FAULTS.translate(path):
        ((mode,),) = connection.execute("PRAGMA journal_mode")
    # Another program may have switched the file to a log of its own (WAL), which holds rows outside the file.
    if mode != "delete" or path.stat().st_size < _LEAST:
        return verify_ledger(path)
    kept, digest = _read(checked_path(path)), _digest(path)
    if kept is not None and kept.digest == digest:
        return kept.rows, kept.head
    rows, head = verify_ledger(path)
    # The file may have grown since its digest: a digest is kept only with the rows that it covers.
    if _digest(path) == digest:
        with suppress(OSError):  # a folder that this user may only read: the next status checks the rows again
            write_whole(checked_path(path), json.dumps(asdict(_Checked(digest, rows, head))).encode() + b"\n")
    return rows, head


def _digest(path: Path) -> str:
    found = sha256()
    with FAULTS.translate(path), path.open("rb", buffering=0) as opened:
        while some := opened.read(_AT_ONCE):
            found.update(some)
    return found.hexdigest()


def _read(path: Path) -> _Checked | None:
    """Read a digest, if the file is there and valid."""
    try:
        kept = _Checked(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts, rows = (kept.digest, kept.head), kept.rows
    is_valid = all(isinstance(text, str) and _HASH.fullmatch(text) for text in texts) and type(rows) is int
    return kept if is_valid and rows >= 0 else None
