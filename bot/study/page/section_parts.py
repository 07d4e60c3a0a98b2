"""Parts that every section of the page has: its sentence, its drawings, its limits, its rows and definitions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report.drawing import Drawing
from bot.report.markup import bullets, paragraph, section
from bot.study.page.plan_names import Figures, PlanNames
from bot.study.page.rows_table import brief_table, rows_table

_MANY = 2  # from so many drawings on, they stand side by side


def page_section(
    identity: str, title: str, figures: Figures, names: PlanNames, drawings: Sequence[Drawing], table: str = ""
) -> str:
    """Return a section as HTML; of one that lacks its data, the reason and its limits.

    Parameters
    ----------
    identity
        Anchor of the section, and its name in study.json.
    figures
        The section's figures.
    drawings
        Drawings in order.
    table
        Markup before the last drawing.
    """
    if isinstance(figures.get("missing"), str):
        return section(identity, title, paragraph(figures["sentence"], "missing"), limits(figures))
    return section(
        identity,
        title,
        paragraph(figures["sentence"], "sentence"),
        _drawn(drawings, table),
        brief_table(identity, figures, title, names),
        limits(figures),
        bullets(figures["notes"]) if figures.get("notes") else "",
        rows_table(figures, title, names),
    )


def limits(figures: Figures) -> str:
    """Return the limits of a section as a sentence, if it names them."""
    text = figures.get("does_not_show")
    return paragraph(f"It does not show: {text[0].lower()}{text[1:]}", "limits") if text else ""


def _drawn(drawings: Sequence[Drawing], table: str) -> str:
    html = [drawing.html() for drawing in drawings]
    if table:
        return "".join((*html[:-1], table, *html[-1:]))
    return f'<div class="figures">{"".join(html)}</div>' if len(html) >= _MANY else "".join(html)
