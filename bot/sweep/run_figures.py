"""Figures of a simulated run, by the definitions of `bot backtest`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from bot.core.market import Floats
from bot.report.metrics import performance
from bot.simulation.simulation import SimulatedRun
from strategies.indicators import Ints
from strategies.rotation.rules import Reason

FIGURES = ("final_equity", "total_return", "cagr", "max_drawdown", "sharpe", "trades", "exposure", "episodes")
"""Columns of a sweep: money in the quote currency, shares, and counts."""
MONTHLY = "monthly"
"""Name of the returns by month beside the figures."""

SetFigures = dict[str, float | int | bytes | None]
"""Figures of a set by the names of `FIGURES`, and its returns by month as bytes."""


def figures_of_run(run: SimulatedRun, cash: float, first: int, start: date) -> SetFigures:
    """Compute the figures of a simulated run.

    Parameters
    ----------
    run
        The run.
    cash
        Cash before the first day, in the quote currency.
    first
        Number of the first decision of the window.
    start
        First UTC day of the window.

    Returns
    -------
    dict
        Figures by the names of `FIGURES`. `episodes` counts the entries into ETH in the window. `monthly` is the
        simple return of each calendar month, as little-endian floats of four bytes.
    """
    figures = performance(run.equity, cash)
    entries = np.count_nonzero(run.reasons[first : first + len(run.equity)] & Reason.ENTERED_ETH.value)
    return {
        **{name: figures[name] for name in FIGURES[:5]},
        "trades": run.round_trips,
        "exposure": float(np.mean(1 - run.cash / run.equity)),
        "episodes": int(entries),
        MONTHLY: monthly_returns(run.equity, cash, start).astype("<f4").tobytes(),
    }


def monthly_returns(equity: Floats, cash: float, start: date) -> Floats:
    """Compute the simple return of each calendar month, UTC.

    Parameters
    ----------
    equity
        Equity at the close of each day, in the quote currency, shape (days,).
    cash
        Equity before the first day, in the quote currency.
    start
        First day.

    Returns
    -------
    Floats
        Shape (months,). The first and the last month may be a part of one.
    """
    closes = np.concatenate(([cash], equity[_month_ends(start, len(equity))]))
    returns: Floats = closes[1:] / closes[:-1] - 1
    return returns


@lru_cache(maxsize=8)
def _month_ends(start: date, days: int) -> Ints:
    """Return the place of the last day of each month."""
    months = (np.datetime64(start, "D") + np.arange(days)).astype("datetime64[M]")
    return np.append(np.flatnonzero(months[1:] != months[:-1]), days - 1)
