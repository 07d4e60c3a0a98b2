"""Section of the report with the strategy in past market crises, for real prices only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.report import names, numbers
from bot.report.chart_style import BENCHMARK_WIDTH, CURVES, MAIN_WIDTH
from bot.report.contents import Contents
from bot.report.labels import Labels
from bot.report.markup import Cell, Figure, Row, Table, paragraph, section
from bot.report.metrics import max_drawdown
from bot.report.plot import Chart, axis, line
from bot.report.words import benchmark_name

_BESIDE = ("btc", "eth", "strategy")


@dataclass(frozen=True, slots=True)
class Crisis:
    """Days from the last close before a fall to some weeks after its low, with a description."""

    identity: str
    name: str
    first: date
    last: date
    what: str


CRISES = (
    Crisis("covid", "March 2020", date(2020, 2, 19), date(2020, 4, 30), "Every market sold off at once."),
    Crisis("may-2021", "May 2021", date(2021, 5, 8), date(2021, 7, 20), "Coins fell hard for two weeks."),
    Crisis("luna", "LUNA, May 2022", date(2022, 5, 4), date(2022, 6, 30), "A stablecoin failed, and lenders after it."),
    Crisis("ftx", "FTX, November 2022", date(2022, 11, 4), date(2022, 12, 31), "An exchange failed within days."),
    Crisis(
        "april-2025", "April 2025", date(2025, 3, 25), date(2025, 5, 15), "Tariffs: stocks and coins fell together."
    ),
)


def crises(contents: Contents) -> str:
    """Return the section of the crises inside the run's days; "" for the demo market and for other days."""
    equity = contents.tables["equity"]
    # A crisis that is cut by the run's ends would show a part of its fall.
    found = [crisis for crisis in CRISES if _covers(equity, crisis)]
    if contents.is_demo or not found:
        return ""
    table = Table(
        "From the first to the last day of each crisis",
        (
            "Crisis",
            Figure("From"),
            Figure("To"),
            "Stage at the start",
            *map(Figure, _head(contents.labels)),
            Figure("Exposure"),
        ),
        [_row(crisis, _during(equity, crisis), contents.labels) for crisis in found],
    )
    charts = "".join(_chart(crisis, _during(equity, crisis), contents.labels).html() for crisis in found)
    return section(
        "crises", "In the crises", table.html(), paragraph(_note(contents), "note"), f'<div class="grid">{charts}</div>'
    )


def _covers(equity: pd.DataFrame, crisis: Crisis) -> bool:
    days = pd.DatetimeIndex(equity.index)
    return bool(days[0].date() <= crisis.first and crisis.last <= days[-1].date())


def _during(equity: pd.DataFrame, crisis: Crisis) -> pd.DataFrame:
    return equity.loc[pd.Timestamp(crisis.first) : pd.Timestamp(crisis.last)]


def _curves(days: pd.DataFrame) -> dict[str, Floats]:
    """Return the growth of 1 from the first day's close on, by curve."""
    columns = {key: "equity" if key == "strategy" else key for key in _BESIDE}
    curves = {key: days[column].to_numpy(float) for key, column in columns.items() if column in days}
    return {key: curve / curve[0] for key, curve in curves.items()}


def _head(labels: Labels) -> Sequence[str]:
    return [f"{benchmark_name(key, labels)}{what}" for key in reversed(_BESIDE) for what in ("", ", drawdown")]


def _row(crisis: Crisis, days: pd.DataFrame, labels: Labels) -> Row:
    curves = _curves(days)
    figures: list[Cell] = []
    for key in reversed(_BESIDE):
        curve = curves.get(key)
        change, fall = (None, None) if curve is None else (float(curve[-1] - 1), max_drawdown(curve))
        figures += [Figure(numbers.change(change), change), Figure(numbers.percent(fall))]
    held = float(np.mean(1 - days["cash"].to_numpy(float) / days["equity"].to_numpy(float)))
    first, last = (Figure(f"{day:%Y-%m-%d}") for day in (crisis.first, crisis.last))
    return (
        crisis.name,
        first,
        last,
        names.stage(days["stage"].iloc[0], labels),
        *figures,
        Figure(numbers.percent(held)),
    )


def _chart(crisis: Crisis, days: pd.DataFrame, labels: Labels) -> Chart:
    x = {"x0": 0, "dx": 1}
    lines = [
        line(
            benchmark_name(key, labels),
            x,
            curve - 1,
            CURVES[key][0],
            hovertemplate="%{y:.1%}",
            width=MAIN_WIDTH if key == "strategy" else BENCHMARK_WIDTH,
        )
        for key, curve in _curves(days).items()
    ]
    layout = {
        "xaxis": {"title": {"text": f"Days since {crisis.first:%Y-%m-%d}"}, "range": [0, len(days) - 1]},
        "yaxis": axis("Since the start (%)", tickformat=".0%"),
        "hovermode": "x unified",
        "margin": {"r": 16},
    }
    return Chart(f"crisis-{crisis.identity}", crisis.name, crisis.what, lines, layout)


def _note(contents: Contents) -> str:
    spans = "The spans are the same in every report and were chosen from what the markets did."
    return f"{spans} {contents.labels.strategy.crisis_note()}"
