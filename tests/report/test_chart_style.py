"""One style of charts: every colour is in the palette, and the dashboard's style sheet is made from it."""

from __future__ import annotations

import re
from importlib.resources import files

from bot.report import chart_style, names


def test_every_colour_is_in_the_palette_of_both_modes() -> None:
    palette = files("bot.report").joinpath("page.css").read_text(encoding="utf-8")
    colours = {colour for colour, _ in chart_style.CURVES.values()} | set(chart_style.STAGES.values())
    used = colours | {chart_style.OTHER} | set(re.findall(r"var\((--[\w-]+)\)", chart_style.css()))
    assert {colour: palette.count(f"  {colour}:") for colour in used} == dict.fromkeys(used, 2)


def test_the_dashboard_draws_every_stage_but_waiting_in_the_colour_of_the_report() -> None:
    css = chart_style.css()
    for stage in names.STAGES:
        rule = f"rect.stage-{stage.lower()} {{ fill: var({chart_style.STAGES[stage]}); }}"
        assert (rule in css) is (stage != "STABLE")


def test_the_strategy_is_as_wide_on_the_dashboard_as_in_the_report() -> None:
    assert f".line.strategy:not(.thin) {{ stroke-width: {chart_style.MAIN_WIDTH}; }}" in chart_style.css()
