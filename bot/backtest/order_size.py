"""Effects of order size on a run: market impact, and orders that the volume limit delayed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from bot.backtest.engines.exact import run_exact
from bot.backtest.figures import rounded
from bot.core.book import Book
from bot.core.events import Valuation
from bot.core.orders import Fill
from bot.core.plural import counted
from bot.core.run_plan import RunPlan
from bot.report import numbers

NO_LIMIT = Decimal(10**12)
"""Share of the median volume that is no limit."""


def order_size(book: Book) -> dict[str, Any]:
    """Compute what the size of orders did to a run.

    Parameters
    ----------
    book
        Book of a finished run.

    Returns
    -------
    dict
        `impact_bps` and `largest_impact_bps` are the mean and the largest market impact of a fill in basis points of
        its reference price, None without fills; `impact_cost` is the sum in the quote currency. `delayed` is None if
        the volume limit cut no order, else as `delayed_orders`. `line` says it.
    """
    fills = [event for event in book.events if isinstance(event, Fill)]
    shares = [book.impact_of(fill, float(fill.reference_price)) for fill in fills]
    found: dict[str, Any] = {
        "impact_bps": rounded(float(np.mean(shares)) * 1e4) if shares else None,
        "largest_impact_bps": rounded(max(shares) * 1e4) if shares else None,
        "impact_cost": rounded(sum(s * float(f.reference_worth) for s, f in zip(shares, fills, strict=True))),
        "delayed": delayed_orders(book),
    }
    return {**found, "line": _line(found)}


def delayed_orders(book: Book) -> dict[str, Any] | None:
    """Compute what the volume limit did to a run, by the same run without it.

    Returns
    -------
    dict or None
        `orders`, `days` and `coins` count the orders that it cut, the days on which it did, and their coins.
        `return_without` is the total return of the run without the limit, and `made` the return of this run less that.
        None if the limit cut no order.
    """
    if not book.capped:
        return None
    cut = set(book.capped)
    begun = [(day, symbol) for day, symbol in book.capped if (day - timedelta(days=1), symbol) not in cut]
    own, without = total_return(book), total_return(run_exact(without_limit(book.plan)))
    return {
        "orders": len(begun),
        "days": len({day for day, _ in cut}),
        "coins": len({symbol for _, symbol in cut}),
        "return_without": rounded(without),
        "made": rounded(own - without),
    }


def without_limit(plan: RunPlan) -> RunPlan:
    """Return the plan of a run whose orders may be of any share of the volume."""
    sizing = replace(plan.rules.sizing, volume_share=NO_LIMIT)
    return replace(plan, rules=replace(plan.rules, sizing=sizing))


def total_return(book: Book) -> float:
    """Return the total return of a run as a share of its start cash."""
    last = [event for event in book.events if isinstance(event, Valuation)][-1]
    return float(last.equity / book.plan.cash) - 1


def _line(found: dict[str, Any]) -> str:
    if found["impact_bps"] is None:
        return "No order was filled: no market impact."
    impact = (
        f"Market impact: {found['impact_bps']:.1f} bp an order on average, {found['largest_impact_bps']:.1f} bp at "
        f"most, {numbers.money(found['impact_cost'])} in all."
    )
    delayed = found["delayed"]
    if delayed is None:
        return impact
    made = delayed["made"]
    did = f"the delay {'made' if made >= 0 else 'cost'} {abs(made) * 100:,.1f} points"
    orders, days = counted(delayed["orders"], "order"), counted(delayed["days"], "day")
    return (
        f"{impact} The volume limit cut {orders} on {days}: without it the return is "
        f"{numbers.growth(delayed['return_without'])}, so that {did} by luck alone."
    )
