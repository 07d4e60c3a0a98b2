"""The capacity table in words, for the screen and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.report import numbers


def capacity_title(found: Mapping[str, Any]) -> str:
    """Return the title of the table; a daily strategy may decide otherwise with more money."""
    # Runs of an older version lack the key.
    same = not found.get("decides_anew", False)
    return "Capacity: " + ("the same decisions with more money" if same else "the strategy, run again with more money")


def capacity_rows(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the head and the rows of the table; `found` is the capacity of `summary.json`."""
    head = ("Capital", "Total return", "Spread", "Impact", "Costs a year", "Delay", "Days to leave")
    return [head, *(_row(row) for row in found["rows"])]


def capacity_sentences(found: Mapping[str, Any]) -> list[str]:
    """Return the two capitals at which size begins to hurt, in words."""
    dear, slow = found["dear_from"], found["slow_from"]
    smallest = found["rows"][0]["capital"]
    return [
        "Costs pass 1% of equity a year " + _from(dear, smallest),
        "Leaving a position takes over 3 days " + _from(slow, smallest),
    ]


def _from(capital: int | None, smallest: int) -> str:
    if capital is None:
        return "at no capital of the table."
    return f"from {numbers.money(capital)} on{', the smallest capital' if capital == smallest else ''}."


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    def tenths(value: float | None) -> str:
        return numbers.NOTHING if value is None else f"{value:.1f}"

    return (
        numbers.short_money(row["capital"]),
        numbers.growth(row["total_return"]),
        tenths(row["spread_bps"]),
        tenths(row["impact_bps"]),
        f"{row['costs_a_year']:.2%}",
        numbers.minus(f"{row['delay'] * 100:+.1f}"),
        numbers.NOTHING if row["days_to_leave"] is None else str(row["days_to_leave"]),
    )
