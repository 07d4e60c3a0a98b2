"""Sharpe ratios of the rotation, of its variants and of its benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report import numbers
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames
from bot.study.page.row_plot import MarkedValue, RowMark, row_plot

_GROUPS = {"gate": "Gates", "costs": "Costs", "delay": "Delay", "coins": "Coins"}
_CONFIG = "config"


def variant_dots(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the variants whose figures differ from those of the rotation as configured."""
    rows = study["sections"]["tables"]["rows"]
    own = _as_configured(rows)
    if own is None:
        return ()
    # Most gates change no order, so most dots would lie on top of each other.
    other = [
        row
        for row in rows
        if row is not own and row.get("sharpe") is not None and row["total_return"] != own["total_return"]
    ]
    marks = [_mark("", own["variant"], own), *(_mark(_GROUPS.get(r["table"], ""), r["variant"], r) for r in other)]
    return (
        _drawing(
            "What each change makes of the rotation",
            marks,
            (MarkedValue(own["sharpe"], "as configured", "limit"),),
            "Each dot is the Sharpe ratio a year of a variant, at the right its total return. Variants with the same "
            "orders as the configured rotation are left out; the table has them.",
        ),
    )


def benchmark_dots(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the rotation among its benchmarks, with the best Sharpe ratio that its trials give by luck."""
    found = study["sections"]["benchmarks"]
    rows = [row for row in found["rows"] if row.get("sharpe") is not None]
    if not rows or found.get("sharpe") is None:
        return ()
    # The total return of the rotation is in another section, which a study can lack.
    configured = _as_configured(study["sections"].get("tables", {}).get("rows") or [])
    own = RowMark("", "The rotation", numbers.growth(configured["total_return"]) if configured else "", found["sharpe"])
    marks = [own, *(_mark("", row["benchmark"], row, is_full=False) for row in rows)]
    values = [MarkedValue(0, "", "axis")]
    note = "Each dot is a Sharpe ratio a year, at the right the total return."
    if found.get("sr0") is not None and found.get("trials"):
        values.append(MarkedValue(found["sr0"], f"best of {found['trials']:,} trials by luck", "limit"))
        note += " A rotation left of the dashed line is no better than the best of as many trials without skill."
    return (_drawing("The rotation among its benchmarks", marks, values, note),)


def _as_configured(rows: Sequence[Figures]) -> Figures | None:
    """Return the row of the rotation as configured, if it has figures."""
    return next((row for row in rows if row.get("table") == _CONFIG and row.get("sharpe") is not None), None)


def _mark(group: str, label: str, row: Figures, *, is_full: bool = True) -> RowMark:
    return RowMark(group, label, numbers.growth(row["total_return"]), row["sharpe"], is_full=is_full)


def _drawing(title: str, marks: Sequence[RowMark], values: Sequence[MarkedValue], note: str) -> Drawing:
    listed = "; ".join(f"{mark.label} {numbers.ratio(mark.place)}" for mark in marks)
    return Drawing(title, f"{title}, Sharpe ratios: {listed}.", row_plot(marks, values, "Sharpe ratio a year"), note)
