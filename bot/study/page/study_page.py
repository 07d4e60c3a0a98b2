"""Report of a study as one static HTML file that opens offline, made from the figures of study.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files

from bot.report.drawing import Drawing
from bot.report.static_page import static_page
from bot.study.page.drop_one_dots import drop_one_dots
from bot.study.page.episode_table import episode_table
from bot.study.page.event_curves import event_curves
from bot.study.page.forest_plot import placebo_forest, replication_forest, reverse_forest
from bot.study.page.lead_lag_bars import lead_lag_bars
from bot.study.page.look_calendar import look_calendar, look_section
from bot.study.page.multiverse_dots import multiverse_dots
from bot.study.page.null_bands import null_bands
from bot.study.page.plan_names import Figures, PlanNames, names_of
from bot.study.page.power_curves import power_curves
from bot.study.page.section_parts import page_section
from bot.study.page.sharpe_dots import benchmark_dots, variant_dots
from bot.study.page.shift_distribution import shift_distribution
from bot.study.page.verdict_head import head

Draw = Callable[[Figures, PlanNames], Sequence[Drawing]]

TITLES = {
    "verdict": "The verdict's evidence",
    "replication": "Replication on other outcomes",
    "reverse": "The reverse test",
    "multiverse": "The multiverse of choices",
    "leadlag": "Lead and lag",
    "nulls": "Other null distributions",
    "placebos": "Placebos",
    "dropone": "Without each episode",
    "tables": "Gates, costs, delays and dead coins",
    "benchmarks": "Against the benchmarks",
    "worlds": "The test of the test",
    "looks": "The calendar of looks",
}
"""Headings of the sections in the order of the page."""
DRAWINGS: dict[str, tuple[Draw, ...]] = {
    "verdict": (event_curves, shift_distribution),
    "replication": (replication_forest,),
    "reverse": (reverse_forest,),
    "multiverse": (multiverse_dots,),
    "leadlag": (lead_lag_bars,),
    "nulls": (null_bands,),
    "placebos": (placebo_forest,),
    "dropone": (drop_one_dots,),
    "tables": (variant_dots,),
    "benchmarks": (benchmark_dots,),
    "worlds": (power_curves,),
    "looks": (look_calendar,),
}
"""Drawings of each section, in order."""


def render(study: Figures) -> str:
    """Return the report of a study as HTML.

    Parameters
    ----------
    study
        The figures of study.json. An absent section is left out; one that lacks its data says why.
    """
    style = (files("bot.study.page") / "study.css").read_text(encoding="utf-8")
    title = f"The honest test: {study['plan']['name']}"
    return static_page(title, [style], head(study), _html(study, names_of(study)))


def sections_of(study: Figures) -> dict[str, Figures]:
    """Return the sections of a study in the order of the page, the test of the test and the looks among them."""
    found = dict(study["sections"])
    found |= {"worlds": study["worlds"]} if study.get("worlds") else {}
    found |= {"looks": look_section(study)} if study["plan"].get("prospective") else {}
    return {name: found[name] for name in dict.fromkeys((*TITLES, *found)) if name in found}


def drawings_of(name: str, figures: Figures, study: Figures, names: PlanNames) -> list[Drawing]:
    """Return the drawings of a section, if it has its data."""
    if isinstance(figures.get("missing"), str):
        return []
    return [drawing for draw in DRAWINGS.get(name, ()) for drawing in draw(study, names)]


def _html(study: Figures, names: PlanNames) -> Iterable[str]:
    for name, figures in sections_of(study).items():
        table = episode_table(study, names) if name == "verdict" else ""
        drawings = drawings_of(name, figures, study, names)
        yield page_section(name, TITLES.get(name, name.capitalize()), figures, names, drawings, table)
