"""Report of a study as one static HTML file that opens offline, made from the figures of study.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from importlib.resources import files
from string import Template

from bot.study.page.drawing import Drawing, drawing_css
from bot.study.page.episode_table import episode_table
from bot.study.page.multiverse_dots import multiverse_dots
from bot.study.page.plan_names import Figures, PlanNames, names_of
from bot.study.page.section_parts import page_section
from bot.study.page.shift_distribution import shift_distribution
from bot.study.page.verdict_head import head

Draw = Callable[[Figures, PlanNames], Drawing | None]

TITLES = {
    "verdict": "The verdict's evidence",
    "nulls": "Other null distributions",
    "replication": "Replication on other outcomes",
    "placebos": "Placebos",
    "reverse": "The reverse test",
    "leadlag": "Lead and lag",
    "multiverse": "The multiverse of choices",
    "dropone": "Without each episode",
    "tables": "Gates, costs, delays and dead coins",
    "benchmarks": "Against the benchmarks",
    "worlds": "The test of the test",
}
"""Headings of the sections; another section has its name."""
DRAWINGS: dict[str, tuple[Draw, ...]] = {
    "verdict": (shift_distribution,),
    "multiverse": (multiverse_dots,),
}
"""Drawings of each section, in order."""


def render(study: Figures) -> str:
    """Return the report of a study as HTML.

    Parameters
    ----------
    study
        The figures of study.json. An absent section is left out; one that lacks its data says why.
    """
    names = names_of(study)
    here, base = files("bot.study.page"), files("bot.report")
    style = (base / "page.css", here / "study.css")
    return Template((here / "study.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"The honest test: {study['plan']['name']}"),
        style="\n".join([*(sheet.read_text(encoding="utf-8") for sheet in style), drawing_css()]),
        head=head(study),
        sections="".join(_sections(study, names)),
    )


def _sections(study: Figures, names: PlanNames) -> Iterable[str]:
    for name, figures in study["sections"].items():
        drawings = (draw(study, names) for draw in DRAWINGS.get(name, ()))
        table = episode_table(study, names) if name == "verdict" else ""
        yield page_section(name, TITLES.get(name, name.capitalize()), figures, names, drawings, table)
