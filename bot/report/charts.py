"""Charts of a run over time: equity, drawdown and weights."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.report import numbers
from bot.report.chart_style import BENCHMARK_WIDTH, CURVES, EMPHASIS_WIDTH, FAINT_WIDTH, HAIR_WIDTH, MAIN_WIDTH, OTHER
from bot.report.contents import Contents
from bot.report.labels import Labels
from bot.report.metrics import drawdowns
from bot.report.plot import Chart, Plain, axis, dates, end_labels, line, log_axis, over_time, watermark_of
from bot.report.run_settings import settings
from bot.report.words import benchmark_name

_SHOWN_AT_FIRST = ("strategy", "eth", "btc")  # the axis of all benchmarks would flatten the strategy


def equity(contents: Contents) -> Chart:
    """Draw the equity of the strategy and each benchmark on a log axis, over the random-timing band."""
    table, run = contents.tables["equity"], settings(contents)
    x, curves = dates(table.index), curves_of(table)
    # Drawn in this order: the strategy last, over the others.
    order = [*(key for key in curves if key not in CURVES), *(key for key in CURVES if key in curves)]
    lines = [_curve(key, x, curves[key], contents.labels) for key in order]
    shown = [one for one in lines if one.get("visible", True) is True]
    return Chart(
        "equity",
        "Equity against the benchmarks",
        f"Value of {numbers.money(run.start_equity)} {run.quote} at each day's close, log scale. The legend shows and "
        f"hides lines: the other benchmarks are hidden at first."
        f"{_band_note(contents, run.random_shifts)}",
        [*_band(contents, x, run.start_equity), *lines, *end_labels(lines, f"{table.index[-1]:%Y-%m-%d}")],
        over_time(table.index, log_axis(f"Equity ({run.quote}, log)", shown)),
        height="tall",
        watermark=watermark_of(contents),
    )


def drawdown(contents: Contents) -> Chart:
    """Draw the fall of the strategy, ETH and BTC from their highest value so far."""
    table, start = contents.tables["equity"], settings(contents).start_equity
    labels = contents.labels
    x, curves = dates(table.index), curves_of(table)
    area = {"fill": "tozeroy", "fillcolor": "--strategy-soft", "width": EMPHASIS_WIDTH, "legendrank": 1}
    lines = [
        line(
            benchmark_name(key, labels),
            x,
            _falls(curves[key], start),
            CURVES[key][0],
            hovertemplate="%{y:.1%}",
            **(area if key == "strategy" else {"width": FAINT_WIDTH}),
        )
        for key in ("btc", "eth", "strategy")
        if key in curves
    ]
    return Chart(
        "drawdown",
        "Drawdown",
        "Distance from the highest close so far, at each day's close.",
        lines,
        over_time(table.index, axis("Drawdown (%)", tickformat=".0%", rangemode="tozero")),
        watermark=watermark_of(contents),
    )


def weights(contents: Contents) -> Chart:
    """Draw the target weights of each day, and the share held in coins at its close."""
    table, decisions = contents.tables["equity"], contents.tables["decisions"]
    days = pd.DatetimeIndex(decisions["at"]).tz_localize(None).normalize()
    shares = _shares(contents)
    areas = [
        line(
            name,
            dates(days),
            share,
            colour,
            width=0,
            fillcolor=colour,
            stackgroup="weights",
            hovertemplate="%{y:.1%}",
        )
        for (name, share), colour in zip(shares.items(), ("--eth", "--btc", "--altcoins", "--stable"), strict=True)
        if name != contents.labels.btc or share.any()
    ]
    coins = 1 - table["cash"] / table["equity"]
    held = line("Exposure", dates(table.index), coins, "--ink", width=HAIR_WIDTH, hovertemplate="%{y:.1%}")
    return Chart(
        "weights",
        "Weights over time",
        "Target shares of equity by decision; the thin line is what was held in coins at the day's close.",
        [*areas, held],
        over_time(table.index, axis("Share of equity (%)", tickformat=".0%", range=[0, 1])),
        watermark=watermark_of(contents),
    )


def curves_of(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the equity of the strategy and of each benchmark.

    Parameters
    ----------
    table : DataFrame
        `equity.csv` as typed: a row a UTC day, amounts in the quote currency.

    Returns
    -------
    dict of Series
        Equity at each day's close, by key of the benchmark.
    """
    benchmarks = table.drop(columns=["equity", "cash", "stage"])
    # Every other column is a benchmark, so that a benchmark of a user's config is drawn too.
    return {"strategy": table["equity"], **{str(key): benchmarks[key] for key in benchmarks}}


def _curve(key: str, x: Plain, values: pd.Series, labels: Labels) -> Plain:
    colour, dash = CURVES.get(key, (OTHER, "solid"))
    own = {"width": MAIN_WIDTH, "legendrank": 1} if key == "strategy" else {"width": BENCHMARK_WIDTH}
    hidden = {} if key in _SHOWN_AT_FIRST else {"visible": "legendonly"}
    name = benchmark_name(key, labels)
    return line(
        name,
        x,
        values,
        colour,
        dash=dash,
        legendgroup=key,
        meta=escape(name),
        hovertemplate="%{y:,.0f}",
        **own,
        **hidden,
    )


def _band(contents: Contents, x: Plain, start: float) -> list[Plain]:
    """Return the 5th and 95th percentile of random timing with the area between them, and the median."""
    band = contents.band
    if band is None:
        return []
    edge: Plain = {"legendgroup": "luck", "hovertemplate": "%{y:,.0f}", "width": 0, "showlegend": False}
    median: Plain = {**edge, "width": FAINT_WIDTH, "showlegend": True, "legendrank": 2, "fillcolor": "--band"}
    return [
        line("Random timing, 95%", x, band.high * start, "--band-edge", **edge),
        line("Random timing, 5%", x, band.low * start, "--band-edge", fill="tonexty", fillcolor="--band", **edge),
        line("Random timing (median, 5 to 95%)", x, band.median * start, "--band-edge", **median),
    ]


def _band_note(contents: Contents, shifts: int) -> str:
    """Say what the band holds, and what was shifted to make it, if there is one."""
    if contents.band is None:
        return ""
    labels = contents.labels
    return (
        f" The band holds 90% of {shifts:,} random timings of the same exposure, day by day: the daily shares in "
        f"{labels.eth}, {labels.btc} and other coins, with their costs, are shifted along the run in a circle, and "
        f"other coins earn the mean return of {labels.strategy.basket}."
    )


def _falls(curve: pd.Series, start: float) -> Floats:
    return drawdowns(np.concatenate(([start], curve.to_numpy())))[1:]


def _shares(contents: Contents) -> dict[str, Floats]:
    """Return the target share of ETH, BTC, altcoins and the stablecoin at each decision."""
    run, targets = settings(contents), contents.tables["decisions"]["weights"]
    eth, btc = (np.array([float(target.get(coin, 0)) for target in targets]) for coin in (run.eth, run.btc))
    total = np.array([sum(map(float, target.values())) for target in targets])
    labels = contents.labels
    return {labels.eth: eth, labels.btc: btc, "Altcoins": np.maximum(total - eth - btc, 0), "Stablecoin": 1 - total}
