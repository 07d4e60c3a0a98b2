"""Charts of figures over the last days of a run: Sharpe ratio and volatility."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from bot.report.chart_style import CURVES, EMPHASIS_WIDTH, FAINT_WIDTH
from bot.report.charts import curves_of
from bot.report.contents import Contents
from bot.report.metrics import PERIODS_PER_YEAR
from bot.report.plot import Chart, axis, dates, line, over_time, watermark_of
from bot.report.run_settings import settings
from bot.report.statistics import daily_returns, rolling_sharpe, rolling_volatility
from bot.report.words import benchmark_name

_SHOWN = ("btc", "eth", "strategy")
_VOLATILITY_DAYS = 90


def sharpe_chart(contents: Contents) -> Chart:
    """Draw the Sharpe ratio of the last 365 daily returns, at each day that has one."""
    return Chart(
        "rolling-sharpe",
        "Sharpe ratio of the last year",
        f"Mean over deviation of {PERIODS_PER_YEAR} daily returns, a year's worth, over a rate of zero. A gap: nothing "
        "moved for a year.",
        _lines(contents, lambda returns: rolling_sharpe(returns, PERIODS_PER_YEAR), "%{y:.2f}"),
        over_time(contents.tables["equity"].index, axis("Sharpe ratio")),
        watermark=watermark_of(contents),
    )


def volatility_chart(contents: Contents) -> Chart:
    """Draw the volatility of the last 90 daily returns, at each day that has one."""
    return Chart(
        "rolling-volatility",
        f"Volatility of the last {_VOLATILITY_DAYS} days",
        f"Deviation of {_VOLATILITY_DAYS} daily returns, for a year of 365 days.",
        _lines(contents, lambda returns: rolling_volatility(returns, _VOLATILITY_DAYS), "%{y:.1%}"),
        over_time(contents.tables["equity"].index, axis("Volatility (%)", tickformat=".0%", rangemode="tozero")),
        watermark=watermark_of(contents),
    )


def _lines(contents: Contents, figure: Callable[[pd.Series], pd.Series], shown: str) -> list[dict[str, Any]]:
    """Draw a figure of the daily returns of the strategy and of the coins held."""
    table, start = contents.tables["equity"], settings(contents).start_equity
    curves = curves_of(table)
    return [
        line(
            benchmark_name(key, contents.labels),
            dates(table.index),
            figure(daily_returns(curves[key], start)),
            CURVES[key][0],
            hovertemplate=shown,
            width=EMPHASIS_WIDTH if key == "strategy" else FAINT_WIDTH,
        )
        for key in _SHOWN
        if key in curves
    ]
