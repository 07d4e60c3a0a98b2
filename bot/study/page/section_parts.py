"""Parts that every section of the page has: its sentence, its limits, its rows and its definitions."""

from __future__ import annotations

from collections.abc import Iterable

from bot.report.markup import bullets, paragraph, section
from bot.study.page.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames
from bot.study.page.rows_table import rows_table


def page_section(
    identity: str, title: str, figures: Figures, names: PlanNames, drawings: Iterable[Drawing | None], table: str = ""
) -> str:
    """Return a section as HTML; of one that lacks its data, the reason and its limits.

    Parameters
    ----------
    identity
        Anchor of the section.
    figures
        The section's figures.
    drawings
        Drawings in order; None for one that the figures do not allow.
    table
        Markup that follows the drawings.
    """
    if isinstance(figures.get("missing"), str):
        return section(identity, title, paragraph(figures["sentence"], "missing"), limits(figures))
    return section(
        identity,
        title,
        paragraph(figures["sentence"], "sentence"),
        *(drawing.html() for drawing in drawings if drawing is not None),
        table,
        limits(figures),
        bullets(figures["notes"]) if figures.get("notes") else "",
        rows_table(figures, title, names),
    )


def limits(figures: Figures) -> str:
    """Return the limits of a section as a sentence, if it names them."""
    text = figures.get("does_not_show")
    return paragraph(f"It does not show: {text[0].lower()}{text[1:]}", "limits") if text else ""
