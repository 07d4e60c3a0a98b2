"""Coins that a stop sold and that the decisions since still target: what buys them again."""

from __future__ import annotations

from datetime import date

from bot.core.decision import Decision, Trade
from bot.core.orders import STOP_REASON, OrderIntent, Settlement
from bot.core.stop_orders import StopState
from bot.core.text import printable
from bot.ledger.recorded import Recorded
from bot.review.recording import Record


def stopped_sentences(record: Record, decision: Decision) -> list[str]:
    """Format the stop sales of the coins that a decision targets, since the last decision to trade now.

    Parameters
    ----------
    record
        A run or a forward ledger.
    decision
        One of its decisions. A sale on its day counts.

    Returns
    -------
    list of str
        One sentence for each such coin, in the order of the symbols.

    Raises
    ------
    LedgerError
        If a row is missing, was changed or is malformed.
    """
    targeted = sorted(symbol for symbol, weight in decision.weights.items() if weight)
    sold = _stop_sales(record, decision.at.date()) if targeted else {}
    return [
        f"{printable(symbol)} was sold by its stop on {sold[symbol]}; only a decision with Trade.NOW buys it again."
        for symbol in targeted
        if symbol in sold
    ]


def _stop_sales(record: Record, until: date) -> dict[str, str]:
    """Find the coins that a stop has sold since the last decision to trade now, with the day of the sale."""
    sold: dict[str, str] = {}
    # Most records have no stop sale, and their decisions need not be decoded.
    if next(record.events(OrderIntent, until=until, reason=STOP_REASON, limit=1), None) is None:
        return sold
    since: list[Recorded[Decision | OrderIntent | Settlement]] = []
    for one in record.events(Decision, OrderIntent, Settlement, until=until, newest_first=True):
        if isinstance(one.event, Decision) and one.event.trade is Trade.NOW:
            break
        since.append(one)
    state = StopState()
    for one in reversed(since):
        state.note(one.event)
        # A renamed coin keeps the day on which it was sold under its old name.
        day = sold.get(one.event.symbol, one.day) if isinstance(one.event, Settlement) else one.day
        sold |= dict.fromkeys(state.sold - sold.keys(), day)
    return sold
