"""Interest of idle cash as a report and a terminal show it: a note and a figure for each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def interest_note(symbol: str) -> str:
    """Explain the column of cash interest."""
    return f"Interest: what idle cash would have earned at {symbol}; returns exclude it"


def interest_amounts(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return the interest of the strategy and each benchmark in the quote currency, by name."""
    return {name: one["amount"] for name, one in _interest(summary).items()}


def interest_shares(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the interest of the strategy and each benchmark as a share of the start cash, by name."""
    return {name: one["share"] for name, one in _interest(summary).items()}


def _interest(summary: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = summary.get("cash_interest")
    return {} if found is None else {"strategy": found["strategy"], **found["benchmarks"]}
