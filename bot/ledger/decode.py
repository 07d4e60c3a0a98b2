"""Build rows and their events from the file of a ledger. Every reader of a ledger gets its rows from here."""

from __future__ import annotations

from decimal import DecimalException
from pathlib import Path

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.ledger.body_json import parse_body
from bot.ledger.event_fields import FIELDS_OF_KIND
from bot.ledger.row import RawRow, Row

_SHOWN = 40
"""Characters of a kind or moment in an error; a forged one may have millions."""


def read_row(raw: RawRow, path: Path | None = None) -> Row:
    """Read a stored row and decode its event.

    Parameters
    ----------
    raw
        The row as stored. Its hash is checked elsewhere.
    path
        File of the ledger, for the message of an error.

    Returns
    -------
    Row
        The row with its event.

    Raises
    ------
    LedgerError
        If the kind is unknown, or the moment or the body is malformed; the message names the row.
    """
    sequence, kind, at, text, _ = raw
    try:
        row = Row(sequence, kind, at, parse_body(text))
    except (TypeError, ValueError) as problem:
        raise _malformed(sequence, kind, at, path, problem) from None
    return Row(sequence, kind, at, row.body, decode(row, path))


def decode(row: Row, path: Path | None = None) -> Event:
    """Return the event of a row, decoded if it has none yet; money is exact.

    Raises
    ------
    LedgerError
        If the kind is unknown or the body malformed; the message names the row, `where` is the path.
    """
    if row.event is not None:
        return row.event
    try:
        return FIELDS_OF_KIND[row.kind].decode(row.at, row.body)
    # The body may be any JSON, so each of these errors of a codec means a malformed body.
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, DecimalException) as problem:
        raise _malformed(row.sequence, row.kind, row.at, path, problem) from None


def _malformed(sequence: object, kind: object, at: object, path: Path | None, problem: Exception) -> LedgerError:
    name = f"row {sequence} ({str(kind)[:_SHOWN]} at {str(at)[:_SHOWN]}) is no such event"
    reason = f"{problem.args[0]!r} is missing or unknown" if isinstance(problem, KeyError) else str(problem)
    return LedgerError(name, where=None if path is None else str(path), was=reason[:200] or None)
