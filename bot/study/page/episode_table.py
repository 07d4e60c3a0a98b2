"""Every event of a study as a table: counted, or the reason."""

from __future__ import annotations

import math

from bot.report import numbers
from bot.report.markup import Badge, Cell, Figure, Table, folded
from bot.study.page.plan_names import Figures, PlanNames, log_return


def episode_table(study: Figures, names: PlanNames) -> str:
    """Return every event that lies in the outcome's data as a table, and the earlier ones folded."""
    rows = study["episodes"]
    shown = [row for row in rows if row["y"] is not None or row["reason"] == "open"]
    early = [row for row in rows if row not in shown]
    title = f"Events of {names.signal} and {names.outcome} over the {names.horizon} sessions after each"
    return _table(title, shown) + (
        folded(f"Events without an outcome: {len(early)}", _table("Events that are not counted", early))
        if early
        else ""
    )


def _table(title: str, rows: list[Figures]) -> str:
    head: list[Cell] = ["Session", Figure("Log return"), Figure("Simple return"), "Counted"]
    return Table(title, head, [_row(row) for row in rows]).html()


def _row(row: Figures) -> list[Cell]:
    y = row["y"]
    share = None if y is None else math.exp(y) - 1
    return [
        row["session"],
        Figure(log_return(y, 3)),
        Figure(numbers.NOTHING) if share is None else Figure(numbers.change(share), share),
        Badge("counted", "confirmed") if row["counted"] else Badge(f"no: {row['reason']}", "expired"),
    ]
