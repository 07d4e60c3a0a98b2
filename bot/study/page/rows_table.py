"""Rows of a section as a table with the definitions of its columns, folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.report import numbers
from bot.report.markup import Cell, Figure, Table, facts, folded
from bot.study.page.plan_names import Figures, PlanNames, p_value


def rows_table(section: Figures, title: str, names: PlanNames) -> str:
    """Return the rows of a section and the definitions of its figures, each folded if present."""
    rows = section.get("rows") or []
    found = ""
    if rows:
        table = plain_table(title, rows, names.labels)
        found += folded(f"All rows: {len(rows):,}", table)
    definitions = section.get("definitions") or {}
    if definitions:
        listed = facts((_heading(key), str(text)) for key, text in definitions.items())
        found += folded("Definitions", f'<div class="definitions">{listed}</div>')
    return found


def plain_table(title: str, rows: Sequence[Figures], labels: Mapping[str, str] | None = None) -> str:
    """Return rows as a table; columns are all keys of plain values, in their order."""
    keys = list(dict.fromkeys(key for row in rows for key, value in row.items() if not _is_nested(value)))
    is_text = {key: any(isinstance(row.get(key), str) for row in rows) for key in keys}
    head: list[Cell] = [_heading(key) if is_text[key] else Figure(_heading(key)) for key in keys]
    cells = [[_cell(key, row.get(key), labels or {}) for key in keys] for row in rows]
    return Table(title, head, cells).html() if keys else ""


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, tuple, Mapping))


def _heading(key: str) -> str:
    return key.replace("_", " ")


def _cell(key: str, value: Any, labels: Mapping[str, str]) -> Cell:
    if isinstance(value, str):
        return labels.get(value, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or _is_nested(value):
        return numbers.NOTHING
    if isinstance(value, int):
        return Figure(numbers.count(value))
    if key.startswith("p_") or key == "p":
        return Figure(p_value(value))
    return Figure(numbers.ratio(value, 3 if abs(value) < 10 else 1))
