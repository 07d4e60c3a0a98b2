"""Build events from the rows of a ledger."""

from __future__ import annotations

from decimal import InvalidOperation
from pathlib import Path

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.ledger.event_fields import FIELDS_OF_KIND
from bot.ledger.record import Row


def decode(row: Row, path: Path | None = None) -> Event:
    """Build the event of a row; money is exact.

    Raises
    ------
    LedgerError
        If the kind is unknown or the body malformed; the message names the row, `where` is the path.
    """
    try:
        return FIELDS_OF_KIND[row.kind].decode(row.at, row.body)
    # The body may be any JSON, so each of these errors of a codec means a malformed body.
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
        where = None if path is None else str(path)
        raise LedgerError(f"row {row.sequence} ({row.kind} at {row.at}) is no such event", where=where) from None
