"""Figures of one run: performance, activity, costs and round trips."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from bot.core.book import Book
from bot.core.events import Valuation
from bot.core.orders import Fill, Settlement
from bot.ledger.round_trips import round_trips
from bot.report.metrics import activity, performance

_MONEY = ("final_equity", "fees", "slippage_cost")
"""The figures in the quote currency; the others are shares or counts."""


def figures_of(book: Book, start_cash: Decimal) -> dict[str, object]:
    """Compute the figures of a run.

    Parameters
    ----------
    book
        The book of the run, with one valuation a UTC day.
    start_cash
        Cash before the first day, in the quote currency.

    Returns
    -------
    dict[str, object]
        Figures by name. Money is text with two decimals, shares are floats, `trades` counts round trips.
    """
    valuations = [event for event in book.events if isinstance(event, Valuation)]
    equity = np.array([float(v.equity) for v in valuations])
    cash = np.array([float(v.cash) for v in valuations])
    fills = [event for event in book.events if isinstance(event, Fill)]
    trades = book_trades(book)
    wins = [Decimal(trade["pnl"]) > 0 for trade in trades]
    done = activity(
        equity,
        cash,
        [float(f.notional) for f in fills],
        [float(f.fee) for f in fills],
        [float(f.slippage_cost) for f in fills],
    )
    figures = {
        **performance(equity, float(start_cash)),
        **done,
        "trades": len(trades),
        "win_rate": sum(wins) / len(wins) if wins else None,
    }
    return {name: f"{value:.2f}" if name in _MONEY else rounded(value) for name, value in figures.items()}


def book_trades(book: Book) -> list[dict[str, str]]:
    """Return the round trips of a book, matched first in, first out."""
    return round_trips(event for event in book.events if isinstance(event, Fill | Settlement))


def rounded(value: float | None) -> float | None:
    """Round a figure to ten decimals, so that files leave out a float's last bits; a count stays an integer."""
    return value if value is None or isinstance(value, int) else round(float(value), 10)
