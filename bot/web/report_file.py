"""Report of a run as the dashboard serves it: one file of the run's folder."""

from __future__ import annotations

from pathlib import Path

from bot.core.errors import LedgerError
from bot.review.recording import Record

_NAME = "report.html"


def has_report(record: Record) -> bool:
    """Return True for a run whose folder has its report."""
    return _inside(record) is not None


def read_report(record: Record) -> bytes:
    """Read the report of a run. Raises LedgerError if there is none, or if it is unreadable."""
    path = _inside(record)
    if path is None:
        raise LedgerError(f"there is no report of {record.name!r}")
    try:
        return path.read_bytes()
    except OSError as problem:
        # Without the path: the message goes to a browser.
        raise LedgerError(f"the report of {record.name!r} cannot be read: {problem.strerror}") from None


def _inside(record: Record) -> Path | None:
    """Return the report's path; None without the file, or where a link leads out of the run's folder."""
    if record.folder is None:
        return None
    folder = record.folder.path.resolve()
    path = (folder / _NAME).resolve()
    return path if path.parent == folder and path.is_file() else None
