"""Rows of a section as tables: a small one to read, and all columns with their definitions, folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.report import numbers
from bot.report.markup import Cell, Figure, Table, facts, folded
from bot.study.page.plan_names import Figures, PlanNames, log_return, p_value

_HEADINGS = {
    "null": "Null",
    "placebo": "Replaced",
    "label": "By",
    "n": "Episodes",
    "excess": "Excess (log)",
    "p_up": "p for a lead",
    "p_low": "p against the effect",
    "word": "Word",
    "table": "Table",
    "variant": "Variant",
    "benchmark": "Benchmark",
    "is_beaten": "Beaten",
    "is_better": "Better",
    "episodes": "Episodes",
    "total_return": "Total return",
    "max_drawdown": "Drawdown",
    "sharpe": "Sharpe",
    "trades": "Trades",
}
_SHARES = frozenset({"total_return", "cagr", "max_drawdown", "exposure", "rate", "error_near", "rate_near", "reached"})
_LOG_RETURNS = frozenset(
    {"excess", "y", "bound", "detectable", "interval_low", "interval_high", "null_low", "null_high"}
)
BRIEF = {
    "looks": ("episodes", "early", "expected", "late", "p_up", "p_low"),
    "nulls": ("null", "excess", "p_up", "p_low", "word"),
    "benchmarks": ("benchmark", "total_return", "sharpe", "is_beaten", "is_better"),
    "placebos": ("placebo", "label", "n", "excess", "p_up"),
    "tables": ("table", "variant", "total_return", "max_drawdown", "sharpe", "trades"),
}
"""Columns of the small table of a section."""


def brief_table(name: str, figures: Figures, title: str, names: PlanNames) -> str:
    """Return the small table of a section, if it has one, as HTML."""
    rows = brief_rows(name, figures)
    return plain_table(title, rows, names.labels) if rows else ""


def brief_rows(name: str, figures: Figures) -> list[Figures]:
    """Return the columns of a section's small table; a row that lacks its data ends with the reason."""
    keys, rows = BRIEF.get(name), figures.get("rows")
    if not keys or not rows:
        return []
    keys = (*keys, *(key for key in rows[0] if key.startswith("power_")))
    shown: list[Figures] = [{key: row.get(key) for key in keys} for row in rows]
    if any(row.get("missing") for row in rows):
        return [{**brief, "missing": row.get("missing") or ""} for brief, row in zip(shown, rows, strict=True)]
    return shown


def rows_table(figures: Figures, title: str, names: PlanNames) -> str:
    """Return the rows of a section and the definitions of its figures, each folded if present."""
    rows = figures.get("rows") or []
    table = folded(f"All rows: {len(rows):,}", plain_table(title, rows, names.labels)) if rows else ""
    definitions = figures.get("definitions") or {}
    if not definitions:
        return table
    listed = facts((_heading(key), str(text)) for key, text in definitions.items())
    return table + folded("Definitions", f'<div class="definitions">{listed}</div>')


def plain_table(title: str, rows: Sequence[Figures], labels: Mapping[str, str] | None = None) -> str:
    """Return rows as an HTML table; columns are all keys with plain values, in their order."""
    head, cells = table_cells(rows, labels or {})
    return Table(title, head, cells).html() if head else ""


def table_cells(rows: Sequence[Figures], labels: Mapping[str, str]) -> tuple[list[Cell], list[list[Cell]]]:
    """Return the head and the cells of a table of rows, formatted; a name is replaced by its label."""
    keys = list(dict.fromkeys(key for row in rows for key, value in row.items() if _is_plain(value)))
    is_text = {key: any(isinstance(row.get(key), str | bool) for row in rows) for key in keys}
    head: list[Cell] = [_heading(key) if is_text[key] else Figure(_heading(key)) for key in keys]
    return head, [[_cell(key, row.get(key), labels, is_text[key]) for key in keys] for row in rows]


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, (list, tuple, Mapping))


def _heading(key: str) -> str:
    if key.startswith("power_"):
        return f"Sees +{key.removeprefix('power_')}"
    return _HEADINGS.get(key, key.replace("_", " ").capitalize())


def _cell(key: str, value: Any, labels: Mapping[str, str], is_text: bool) -> Cell:
    if isinstance(value, str):
        return labels.get(value, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not _is_plain(value):
        return "" if is_text else Figure(numbers.NOTHING)
    return Figure(_number(key, value))


def _number(key: str, value: float) -> str:
    if isinstance(value, int):
        return numbers.count(value)
    if key.startswith("p_") or key == "p":
        return p_value(value)
    if key in _SHARES or key.startswith("power_"):
        return numbers.growth(value) if key == "total_return" else numbers.percent(value)
    if key in _LOG_RETURNS:
        return log_return(value, 3)
    return numbers.ratio(value, 3 if abs(value) < 10 else 1)
