"""Capacity: what the same decisions return with more money, and from which size on they cannot be traded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.backtest.order_size import total_return, without_limit
from bot.core.book import Book
from bot.core.events import Valuation
from bot.core.orders import Fill
from bot.core.run_plan import RunPlan
from bot.report.metrics import PERIODS_PER_YEAR

CAPITALS = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
"""Start capitals of the table, in the quote currency."""
COSTS_A_YEAR = 0.01
"""Costs of a year, as a share of mean equity, from which on they count as high."""
DAYS_TO_LEAVE = 3
"""Days to sell a position, from which on a risk exit comes late."""
_STEPS = 6
"""Halvings of a factor of ten: a capital is found within 4%."""
_BPS = 10_000


@dataclass(frozen=True, slots=True)
class CapacityRow:
    """A run of the same decisions with one start capital.

    Attributes
    ----------
    capital
        Cash before the first day, in the quote currency.
    total_return
        Return of the run as a share.
    spread_bps, impact_bps
        Slippage without and by market impact, in basis points of the worth traded; None without fills.
    costs_a_year
        Fees and slippage of a year as a share of mean equity.
    delay
        Total return less that of the same run without the volume limit, a share.
    days_to_leave
        Most days that selling a position at the volume limit takes, over all days; None if no volume is known.
    """

    capital: int
    total_return: float
    spread_bps: float | None
    impact_bps: float | None
    costs_a_year: float
    delay: float
    days_to_leave: int | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """Capacity of a run.

    Attributes
    ----------
    rows
        A run for each capital of `CAPITALS`.
    dear_from
        Smallest capital whose costs pass 1% a year; None if none of the table does.
    decides_anew
        True for a strategy that decides day by day: it is asked again with each capital.
    slow_from
        Smallest capital with a position that takes over three days to sell; None if none of the table does.
    """

    rows: tuple[CapacityRow, ...]
    dear_from: int | None
    slow_from: int | None
    decides_anew: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, for `summary.json`."""
        return {**asdict(self), "rows": [asdict(row) for row in self.rows]}


def capacity_of(plan: RunPlan) -> Capacity:
    """Run the decisions of a plan with each capital.

    Parameters
    ----------
    plan
        Plan of a run with its decisions; its cash is replaced.
    """
    rows = tuple(_row(plan, capital) for capital in CAPITALS)
    return Capacity(
        rows,
        _smallest(plan, rows, lambda row: row.costs_a_year > COSTS_A_YEAR),
        _smallest(plan, rows, lambda row: (row.days_to_leave or 0) > DAYS_TO_LEAVE),
        decides_anew=plan.daily is not None,
    )


def _smallest(plan: RunPlan, rows: tuple[CapacityRow, ...], holds: Callable[[CapacityRow], bool]) -> int | None:
    """Return the smallest capital at which a condition holds, to two digits, by halving the step of the table."""
    above = next((row.capital for row in rows if holds(row)), None)
    if above is None or above == rows[0].capital:
        return above
    low, high = math.log10(above / 10), math.log10(above)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(_row(plan, round(10**middle))) else (middle, high)
    unit = int(10 ** (int(high) - 1))
    return round(10**high / unit) * unit


def _row(plan: RunPlan, capital: int) -> CapacityRow:
    sized = replace(plan, cash=Decimal(capital))
    book = run_exact(sized)
    delay = total_return(book) - total_return(run_exact(without_limit(sized))) if book.capped else 0.0
    fills = [event for event in book.events if isinstance(event, Fill)]
    equity = [float(event.equity) for event in book.events if isinstance(event, Valuation)]
    worth = sum(float(fill.reference_worth) for fill in fills)
    slippage = sum(float(fill.slippage_cost) for fill in fills)
    impact = sum(book.impact_of(f, float(f.reference_price)) * float(f.reference_worth) for f in fills)
    costs = slippage + sum(float(fill.fee) for fill in fills)
    return CapacityRow(
        capital,
        total_return(book),
        (slippage - impact) / worth * _BPS if worth else None,
        impact / worth * _BPS if worth else None,
        costs / float(np.mean(equity)) / (len(equity) / PERIODS_PER_YEAR),
        delay,
        _days_to_leave(book),
    )


def _days_to_leave(book: Book) -> int | None:
    """Return the most days that selling a position takes at the volume limit."""
    share = float(book.plan.rules.sizing.volume_share)
    found: list[int] = [0]
    for event in book.events:
        if not isinstance(event, Valuation):
            continue
        for symbol, quantity in event.holdings.items():
            volume = book.plan.prices.of(symbol).median_volume[book.plan.prices.index(event.day)]
            if volume > 0:  # false for NaN
                found.append(math.ceil(float(quantity * event.marks[symbol]) / (share * volume)))
    return max(found) or None
