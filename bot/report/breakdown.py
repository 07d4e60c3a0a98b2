"""Returns of a run, broken down: months by their return, exposure and return by stage."""

from __future__ import annotations

import numpy as np

from bot.core.market import Floats
from bot.core.plural import counted
from bot.report import names, numbers
from bot.report.chart_style import CURVES, EMPHASIS_WIDTH, FAINT_WIDTH
from bot.report.charts import curves_of
from bot.report.contents import Contents
from bot.report.markup import Figure, Row, Table
from bot.report.metrics import max_drawdown
from bot.report.plot import Chart, axis, line, watermark_of
from bot.report.run_settings import settings
from bot.report.statistics import daily_returns, period_returns
from bot.report.words import benchmark_name

_EDGES = np.linspace(-0.5, 1.0, 31)
"""Edges of the bins of monthly returns, five points wide; returns outside count in the first or last bin."""


def distribution(contents: Contents) -> Chart:
    """Draw the number of months by their return, for the strategy and for holding ETH."""
    table, start = contents.tables["equity"], settings(contents).start_equity
    months = {
        key: period_returns(daily_returns(curve, start), "M").to_numpy(float)
        for key, curve in curves_of(table).items()
        if key in ("eth", "strategy")
    }
    idle = int((months["strategy"] == 0).sum())
    # Idle months would be one bar that hides all others.
    months["strategy"] = months["strategy"][months["strategy"] != 0]
    lines = [
        line(
            benchmark_name(key, contents.labels),
            {"x": [round(float(edge), 4) for edge in _EDGES]},
            _counted(months[key]),
            CURVES[key][0],
            hovertemplate="%{y} months",
            shape="hv",
            **(
                {"fill": "tozeroy", "fillcolor": "--strategy-soft", "width": EMPHASIS_WIDTH}
                if key == "strategy"
                else {"width": FAINT_WIDTH}
            ),
        )
        for key in ("eth", "strategy")
        if key in months
    ]
    layout = {
        "xaxis": {"title": {"text": "Return of a month (%)"}, "tickformat": ".0%", "range": [-0.5, 1.0]},
        "yaxis": axis("Months", rangemode="tozero"),
        "hovermode": "x unified",
    }
    return Chart(
        "distribution",
        "Months by their return",
        f"Steps of five points, each from the figure on its left; months beyond either end stand in the last step. "
        f"Left out: {counted(idle, 'month')} in which the strategy had a return of zero.",
        lines,
        layout,
        watermark=watermark_of(contents),
    )


def stages(contents: Contents) -> Table:
    """Tabulate exposure and return of each stage; its returns are chained over its own days only."""
    table, start = contents.tables["equity"], settings(contents).start_equity
    equity = table["equity"].to_numpy(float)
    returns, held = daily_returns(table["equity"], start).to_numpy(), 1 - table["cash"].to_numpy(float) / equity
    rows = []
    # The rotation's order, whatever stage the run begins in; stages of a user's own strategy by name.
    found = set(table["stage"])
    for stage in [*filter(found.__contains__, names.STAGES), *sorted(found - set(names.STAGES))]:
        inside = (table["stage"] == stage).to_numpy()
        # Days of one stage lie apart, so their returns are chained instead of taken from the curve's ends.
        chained = np.concatenate(([1.0], np.cumprod(1 + returns[inside])))
        made = float(chained[-1] - 1)
        rows.append(
            (
                names.stage(stage, contents.labels),
                Figure(numbers.count(int(inside.sum()))),
                Figure(numbers.percent(inside.mean())),
                Figure(numbers.percent(held[inside].mean())),
                Figure(numbers.growth(made), made),
                Figure(numbers.percent(max_drawdown(chained))),
                Figure(numbers.change(returns[inside].min())),
            )
        )
    head: Row = ("Stage", *map(Figure, ("Days", "Of all days", "Exposure", "Total return", "Drawdown", "Worst day")))
    return Table("Exposure and return by stage", head, rows)


def _counted(returns: Floats) -> list[int]:
    """Count the months in each bin, and append a zero for the right edge of the step line."""
    inside = np.clip(returns, _EDGES[0], np.nextafter(_EDGES[-1], 0))
    counts, _ = np.histogram(inside, _EDGES)
    return [*counts.tolist(), 0]
