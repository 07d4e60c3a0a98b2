"""Section of the demo's two worlds: a path with a planted effect, a plain one, and their spread over many seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bot.report import numbers
from bot.report.chart_style import DEFAULT_WIDTH, EMPHASIS_WIDTH
from bot.report.contents import Contents, Worlds
from bot.report.markup import paragraph, section
from bot.report.plot import Chart, Plain, axis, dates, end_labels, line, log_axis, over_time, rounded, watermark_of
from bot.report.run_settings import settings

_ROWS = (
    ("eth_planted", "Holding {eth},<br>with effect", "--eth"),
    ("eth_absent", "Holding {eth},<br>without effect", "--eth"),
    ("planted", "Strategy,<br>with effect", "--planted"),
    ("absent", "Strategy,<br>without effect", "--strategy"),
)
_OWN_ROWS = (("eth_absent", "Holding {eth}", "--eth"), ("absent", "Strategy", "--strategy"))


def two_worlds(contents: Contents) -> str:
    """Return the section of the demo's worlds; "" for any other market."""
    if contents.worlds is None:
        return ""
    if contents.worlds.planted is None:
        spread = paragraph(_spread_lesson(contents.worlds), "lead")
        return section("worlds", "Other seeds of the demo", spread, _spread(contents, contents.worlds).html())
    return section(
        "worlds",
        "Two worlds from one seed",
        paragraph(lesson(contents.worlds), "lead"),
        _paths(contents, contents.worlds, contents.worlds.planted).html(),
        _spread(contents, contents.worlds).html(),
    )


def lesson(worlds: Worlds) -> str:
    """Return one sentence that compares a single path with the spread over many seeds."""
    absent, planted = worlds.spread["absent"], worlds.spread["planted"]
    low, high = (float(absent.quantile(q)) for q in (0.05, 0.95))
    # The poorest path with effect: a single comparison of luck with skill that needs no statistics.
    beaten = int((absent > planted.min()).sum())
    return (
        "One path proves nothing: without effect the same rules ended anywhere from "
        f"{numbers.growth(low)} to {numbers.growth(high)} (5th to 95th percentile of "
        f"{len(absent)} seeds), {int((absent > 0).sum())} of those paths made money, and {beaten} of them beat the "
        "poorest path with effect."
    )


def _spread_lesson(worlds: Worlds) -> str:
    """Return one sentence on the spread of the strategy over many seeds."""
    found = worlds.spread["absent"]
    low, high = (numbers.growth(float(found.quantile(q))) for q in (0.05, 0.95))
    return (
        f"One path proves nothing: on other seeds the same rules ended anywhere from {low} to {high} "
        f"(5th to 95th percentile of {len(found)} seeds), and {int((found > 0).sum())} of those paths made money."
    )


def _paths(contents: Contents, worlds: Worlds, planted: pd.Series) -> Chart:
    own, run = contents.tables["equity"]["equity"], settings(contents)
    lines = [
        line(
            name,
            dates(path.index),
            path,
            colour,
            width=EMPHASIS_WIDTH,
            legendgroup=label,
            meta=label,
            hovertemplate="%{y:,.0f}",
        )
        for name, label, colour, path in (
            ("Strategy, without effect", "Without effect", "--strategy", own),
            ("Strategy, with effect", "With effect", "--planted", planted),
        )
    ]
    return Chart(
        "worlds-paths",
        "One seed, with and without effect",
        "The strategy's equity in two markets of the same seed: without effect, and with effect, where each "
        f"confirmation adds {worlds.strength:g} (log return) to coins over the next 63 sessions.",
        [*lines, *end_labels(lines, f"{own.index[-1]:%Y-%m-%d}")],
        over_time(own.index, log_axis(f"Equity ({run.quote}, log)", lines)),
        watermark=watermark_of(contents),
    )


def _spread(contents: Contents, worlds: Worlds) -> Chart:
    return Chart(
        "worlds-spread",
        f"The same over {len(worlds.spread)} seeds" if worlds.planted is not None else f"{len(worlds.spread)} seeds",
        "Each dot is one seed's whole run, its value at the end as a multiple of the start, log scale; the box "
        "holds the middle half and its line is the median. Each seed is a different market with the same rules.",
        [
            _box(worlds.spread, column, contents.labels.fill(name), colour)
            for column, name, colour in (_ROWS if worlds.planted is not None else _OWN_ROWS)
        ],
        {
            "xaxis": axis(
                "Value at the end (multiple of the start, log)",
                type="log",
                dtick=1,
                tickformat=",~r",
                ticksuffix=numbers.TIMES,
            ),
            "yaxis": {"type": "category", "fixedrange": True},
            "hovermode": "closest",
            "margin": {"l": 96},
        },
        watermark=watermark_of(contents),
    )


def _box(spread: pd.DataFrame, column: str, name: str, colour: str) -> Plain:
    ends = np.maximum(1 + spread[column], 1e-6)  # a log axis has no zero
    return {
        "type": "box",
        "orientation": "h",
        "name": name,
        "x": rounded(ends),
        "y": [name] * len(ends),
        "boxpoints": "all",
        "jitter": 0.6,
        "pointpos": 0,
        "fillcolor": "--band",
        "width": 0.7,
        "line": {"color": colour, "width": DEFAULT_WIDTH},
        "marker": {"color": colour, "size": 5, "opacity": 0.65},
        "text": [f"seed {seed}" for seed in spread["seed"]],
        "hoveron": "points",
        "showlegend": False,
        "hovertemplate": f"%{{text}}: %{{x:.3~r}}{numbers.TIMES}<extra></extra>",
    }
