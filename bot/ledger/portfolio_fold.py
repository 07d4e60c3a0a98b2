"""Compute the portfolio and the book that the events of a ledger lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bot.core.errors import LedgerError
from bot.core.events import Event
from bot.core.moments import iso
from bot.core.orders import Fill, Settlement
from bot.core.portfolio import Portfolio

if TYPE_CHECKING:
    from bot.core.book import Book


def apply_recorded(portfolio: Portfolio, event: Fill | Settlement) -> Portfolio:
    """Return the portfolio after a recorded fill or settlement.

    Raises
    ------
    LedgerError
        If the event takes more than there is: the ledger holds rows of another program, or of a bug.
    """
    try:
        return portfolio.apply(event)
    except ValueError as problem:
        kind = "fill" if isinstance(event, Fill) else "settlement"
        raise LedgerError(
            f"the {kind} of {event.symbol[:40]} at {iso(event.at)} does not fit the book before it",
            was=str(problem)[:200],
            mend="details: bot review verify",
        ) from None


def recall_recorded(book: Book, events: Iterable[Event]) -> None:
    """Restore the state of a book from the events of a ledger, in their order.

    Raises
    ------
    LedgerError
        If a fill or settlement takes more than there is.
    """
    try:
        book.recall(events)
    except ValueError as problem:
        raise LedgerError(
            "the rows do not fit each other", was=str(problem)[:200], mend="details: bot review verify"
        ) from None
