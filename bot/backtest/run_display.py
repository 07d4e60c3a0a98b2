"""A run in a notebook: a small table with the verdict, and charts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from bot.core.errors import ConfigError, did_you_mean
from bot.report import numbers
from bot.report.charts import curves_of
from bot.report.headline import place, timing_left_out
from bot.report.labels import Labels
from bot.report.metrics import drawdowns
from bot.report.words import benchmark_name, figures_name

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

CHARTS = ("equity", "drawdown", "weights")
"""Names of the charts of a run."""
_HEAD = ("Total return", "CAGR", "Drawdown", "Sharpe", "Exposure", "Trades")


def text_of(summary: Mapping[str, Any], labels: Labels) -> str:
    """Format the verdict and the figures of a run as lines of text."""
    rows = [("", *_HEAD), *_rows(summary, labels)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    table = []
    for name, *cells in rows:
        figures = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        table.append("  ".join([name.ljust(widths[0]), *figures]))
    return "\n".join([_verdict(summary, labels), *table, "Paper only, not advice."])


def html_of(summary: Mapping[str, Any], labels: Labels) -> str:
    """Format the verdict and the figures of a run as an HTML table."""
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", *_HEAD))
    rows = "".join(
        f"<tr><th>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in _rows(summary, labels)
    )
    return (
        f"<p>{escape(_verdict(summary, labels))}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        "<p>Paper only, not advice.</p>"
    )


def _rows(summary: Mapping[str, Any], labels: Labels) -> list[tuple[str, ...]]:
    runs = {"strategy": summary["strategy"], **summary["benchmarks"]}
    return [
        (
            figures_name(key, one, labels),
            numbers.growth(one["total_return"]),
            numbers.change(one["cagr"]),
            numbers.percent(one["max_drawdown"]),
            numbers.ratio(one["sharpe"]),
            numbers.percent(one["exposure"]),
            numbers.count(one["trades"]),
        )
        for key, one in runs.items()
    ]


def _verdict(summary: Mapping[str, Any], labels: Labels) -> str:
    """Return the result of a run in one or two sentences."""
    own, band = summary["strategy"], summary["random_timing"]
    made = f"{labels.strategy.title}, {summary['start']} to {summary['end']}: {numbers.growth(own['total_return'])}"
    rests = f"It rests on {labels.strategy.rests_on(summary)}"
    if left_out := timing_left_out(band):
        return f"{made}. {rests}. {left_out}"
    return f"{made}. {rests}, and {place(own['total_return'], band)}."


def chart_of(name: str, tables: Mapping[str, pd.DataFrame], labels: Labels) -> Figure:
    """Draw a chart of a run with plotly.

    Parameters
    ----------
    name
        One of `CHARTS`: equity of the strategy and its benchmarks (log axis), drawdown (share below the highest close),
        or target weights (shares of equity).
    tables
        Tables of the run by name.
    labels
        Names of the run's coins and strategy.

    Raises
    ------
    ConfigError
        If there is no chart of this name.
    """
    from plotly.graph_objects import Figure, Scatter

    if name not in CHARTS:
        mend = did_you_mean(name, CHARTS) or f"known: {', '.join(CHARTS)}"
        raise ConfigError(f"there is no chart {name!r}", where="run.chart", mend=mend)
    table = tables["equity"]
    if name == "weights":
        weights, days = tables["decisions"]["weights"], tables["decisions"]["at"]
        coins = sorted({coin for target in weights for coin in target})
        shares = {coin: [float(target.get(coin, 0)) for target in weights] for coin in coins}
        traces = [
            Scatter(x=days, y=share, name=coin, stackgroup="weights", line_width=0) for coin, share in shares.items()
        ]
        return Figure(traces).update_layout(title="Weights", yaxis_title="Share of equity", yaxis_tickformat=".0%")
    curves = {benchmark_name(key, labels): curve for key, curve in curves_of(table).items()}
    if name == "drawdown":
        traces = [Scatter(x=table.index, y=drawdowns(curve.to_numpy()), name=key) for key, curve in curves.items()]
        return Figure(traces).update_layout(
            title="Drawdown", yaxis_title="Below the highest close", yaxis_tickformat=".0%"
        )
    traces = [Scatter(x=table.index, y=curve, name=key) for key, curve in curves.items()]
    return Figure(traces).update_layout(title="Equity", yaxis_type="log", yaxis_title="Equity at each day's close")
