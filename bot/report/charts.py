"""The charts of one run, each from its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.report import names, numbers
from bot.report.contents import Contents
from bot.report.metrics import drawdowns
from bot.report.plot import Chart, Plain, axis, dates, end_labels, line, rounded, time_axis, watermark_of
from bot.report.settings import settings

_LINES = {
    "equal_weight_altcoins": ("--altcoins", "dot"),
    "no_altcoins": ("--altcoins", "dash"),
    "btc": ("--btc", "solid"),
    "eth": ("--eth", "solid"),
    "btc_60_stable_40": ("--btc", "dot"),
    "eth_trend": ("--eth", "dot"),
    "eth_while_btc_trend": ("--eth", "dash"),
    "strategy": ("--strategy", "solid"),
}
_HIDDEN_AT_FIRST = ("equal_weight_altcoins", "no_altcoins")  # they lie under the strategy's own line

_STAGE_COLOURS = {stage: f"--{stage.lower()}" for stage in names.STAGES}
_MARKERS = {
    "confirmed": "circle",
    "vetoed": "x",
    "expired": "circle-open",
    "failed": "triangle-down",
    "open": "square-open",
    "ignored": "diamond-open",
}


def charts(contents: Contents) -> list[Chart]:
    """Every chart over time, in the report's order."""
    return [equity(contents), drawdown(contents), ribbon(contents), weights(contents)]


def equity(contents: Contents) -> Chart:
    """Equity of the strategy and each benchmark on a log axis, over the band of random timing."""
    table, run = contents.tables["equity"], settings(contents)
    x, last = dates(_index(table)), f"{table.index[-1]:%Y-%m-%d}"
    curves = {key: table[key] for key in table.columns if key not in ("equity", "cash", "stage")}
    lines = [
        _curve(key, x, curve, run.trend_days) for key, curve in sorted({**curves, "strategy": table["equity"]}.items(), key=_order)
    ]
    band = _band(contents, x, run.start_equity)
    return Chart(
        "equity",
        "Equity against the benchmarks",
        f"Value of {numbers.money(run.start_equity)} {run.quote} at each day's close, log scale. The band holds 90% "
        f"of {run.random_shifts:,} random timings of the same exposure, day by day.",
        [*band, *lines, *end_labels(lines, last)],
        _over_time(table, axis(f"Equity ({run.quote}, log)", type="log", tickformat="~s", dtick=1)),
        height="tall",
        watermark=watermark_of(contents),
    )


def drawdown(contents: Contents) -> Chart:
    """How far the strategy, ETH and BTC stood below their highest value so far."""
    table, x = contents.tables["equity"], dates(_index(contents.tables["equity"]))
    start, days = settings(contents).start_equity, settings(contents).trend_days
    lines = [
        line(
            names.benchmark(key, days),
            x,
            _falls(table["equity" if key == "strategy" else key].to_numpy(), start),
            _LINES[key][0],
            hovertemplate="%{y:.1%}",
            **({"fill": "tozeroy", "fillcolor": "--strategy-soft", "width": 2} if key == "strategy" else {"width": 1}),
        )
        for key in ("btc", "eth", "strategy")
        if key == "strategy" or key in table
    ]
    return Chart(
        "drawdown",
        "Below the peak",
        "Fall from the highest value so far, at each day's close.",
        lines,
        _over_time(table, axis("Fall from the peak (%)", tickformat=".0%", rangemode="tozero")),
        watermark=watermark_of(contents),
    )


def ribbon(contents: Contents) -> Chart:
    """The small-cap index under the stages of the rotation, with the level of each breakout."""
    table, index = contents.tables["equity"], _index_name(contents)
    closes = contents.small_caps.loc[table.index[0] : table.index[-1]]
    stages = table["stage"].reindex(closes.index, method="ffill").fillna("")
    said = [names.STAGES.get(stage, names.words(stage)) for stage in stages]
    close = line(index, dates(closes.index), closes, "--ink", text=said, width=1.2)
    close["hovertemplate"] = "%{y:,.2f} (%{text})"
    episodes = contents.tables["episodes"]
    layout = _over_time(table, axis(f"{index} (points, close)", tickformat=",~r"))
    present = set(table["stage"])
    return Chart(
        "ribbon",
        f"The stage, over the {index}",
        "Colours are the stage of the rotation, plain background is waiting. A mark stands on the level of each "
        "breakout, which is drawn until the episode ends.",
        [close, _levels(episodes, table.index[-1]), *_marks(episodes)],
        {**layout, "shapes": list(_bands(table["stage"])), "hovermode": "closest"},
        height="tall",
        watermark=watermark_of(contents),
        swatches=[(_STAGE_COLOURS[s], said) for s, said in names.STAGES.items() if s in present],
    )


def weights(contents: Contents) -> Chart:
    """The target weights of each day, and what was in fact held in coins at its close."""
    table, run = contents.tables["equity"], settings(contents)
    decided = contents.tables["decisions"]
    x = dates(pd.DatetimeIndex(decided["at"]).tz_localize(None).normalize())
    shares = {
        "ETH": np.array([float(w.get(run.eth, 0)) for w in decided["weights"]]),
        "BTC": np.array([float(w.get(run.btc, 0)) for w in decided["weights"]]),
        "Altcoins": np.array([sum(map(float, w.values())) for w in decided["weights"]]),
    }
    shares["Altcoins"] = np.maximum(shares["Altcoins"] - shares["ETH"] - shares["BTC"], 0)
    shares["Stablecoin"] = 1 - sum(shares.values())
    colours = {"ETH": "--eth", "BTC": "--btc", "Altcoins": "--altcoins", "Stablecoin": "--stable"}
    areas = [
        line(name, x, share, colours[name], stackgroup="weights", width=0, hovertemplate="%{y:.1%}", fillcolor=colours[name])
        for name, share in shares.items()
        if name != "BTC" or share.any()
    ]
    held = line(
        "Held in coins at the close", dates(_index(table)), 1 - table["cash"] / table["equity"], "--ink",
        dash="dot", width=1, hovertemplate="%{y:.1%}",
    )  # fmt: skip
    return Chart(
        "weights",
        "Weights over time",
        "Target shares of equity by decision; the dotted line is what was held in coins at the day's close.",
        [*areas, held],
        _over_time(table, axis("Share of equity (%)", tickformat=".0%", range=[0, 1])),
        watermark=watermark_of(contents),
    )


def _index(table: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(table.index)


def _index_name(contents: Contents) -> str:
    return "synthetic small-cap index" if contents.is_demo else "Russell 2000"


def _over_time(table: pd.DataFrame, vertical: Plain) -> Plain:
    return {"xaxis": time_axis(table.index[0], table.index[-1]), "yaxis": vertical, "hovermode": "x unified"}


def _order(item: tuple[str, Any]) -> int:
    """The strategy is drawn last, above all others."""
    return list(_LINES).index(item[0]) if item[0] in _LINES else -1


def _curve(key: str, x: Plain, values: pd.Series, days: int) -> Plain:
    colour, dash = _LINES.get(key, ("--muted", "solid"))
    hidden = {"visible": "legendonly"} if key in _HIDDEN_AT_FIRST else {}
    return line(
        names.benchmark(key, days), x, values, colour, dash=dash, width=2.5 if key == "strategy" else 1.3,
        legendgroup=key, meta=escape(names.short_benchmark(key)), hovertemplate="%{y:,.0f}", **hidden,
    )  # fmt: skip


def _band(contents: Contents, x: Plain, start: float) -> list[Plain]:
    """The 5 and 95 percentiles of random timing with the space between them filled, and the median."""
    luck = contents.band
    edge: Plain = {"legendgroup": "luck", "width": 0, "hovertemplate": "%{y:,.0f}"}
    fill = {"fill": "tonexty", "fillcolor": "--band"}
    return [
        line("Random timing, 95th percentile", x, luck.high * start, "--band-edge", showlegend=False, **edge),
        line("Random timing, 5th percentile", x, luck.low * start, "--band-edge", showlegend=False, **edge, **fill),
        line("Random timing, 5th to 95th percentile", x, luck.median * start, "--band-edge", **{**edge, "width": 1}),
    ]


def _falls(values: Floats, start: float) -> Floats:
    return drawdowns(np.concatenate(([start], values)))[1:]


def _bands(stages: pd.Series) -> Iterator[Plain]:
    """A colour from the first day of each stage to the first of the next: faint over the chart, full at its foot."""
    runs = [(stage, next(days)[1]) for stage, days in groupby(zip(stages, stages.index, strict=True), lambda p: p[0])]
    for (stage, begins), (_, ends) in pairwise([*runs, ("", stages.index[-1] + pd.Timedelta(days=1))]):
        if stage != "STABLE":
            colour = _STAGE_COLOURS.get(stage, "--muted")
            for top, opacity in ((1, 0.22), (0.04, 1)):
                yield {
                    "type": "rect", "xref": "x", "yref": "paper", "x0": f"{begins:%Y-%m-%d}",
                    "x1": f"{ends:%Y-%m-%d}", "y0": 0, "y1": top, "fillcolor": colour, "opacity": opacity,
                    "line": {"width": 0}, "layer": "below",
                }  # fmt: skip


def _levels(episodes: pd.DataFrame, last: pd.Timestamp) -> Plain:
    """The level of each breakout from its session to the episode's end, one trace with gaps."""
    x: list[str | None] = []
    y: list[float | None] = []
    for episode in episodes.itertuples():
        begins = episode.session
        ends = begins + pd.Timedelta(days=90) if pd.isna(episode.exit_at) else episode.exit_at.tz_localize(None)
        x += [f"{begins:%Y-%m-%d}", f"{min(ends, last):%Y-%m-%d}", None]
        y += [*rounded([episode.level, episode.level]), None]
    style = {"color": "--level", "width": 2}
    return {
        "type": "scatter", "mode": "lines", "name": "Breakout level", "x": x, "y": y, "line": style,
        "hoverinfo": "skip",
    }  # fmt: skip


def _marks(episodes: pd.DataFrame) -> list[Plain]:
    """A mark on each breakout, a trace an outcome."""
    return [
        {
            "type": "scatter", "mode": "markers", "name": f"Breakout, {escape(str(outcome))}",
            "x": group["session"].dt.strftime("%Y-%m-%d").tolist(), "y": rounded(group["level"]),
            "marker": {"symbol": _MARKERS.get(str(outcome), "circle"), "size": 9, "color": "--level", "line": {"width": 2}},
            "text": _stories(group.to_dict("records")), "hovertemplate": "%{text}<extra></extra>",
        }
        for outcome, group in episodes.groupby("outcome")
    ]  # fmt: skip


def _stories(episodes: Sequence[dict[Any, Any]]) -> list[str]:
    return [
        f"{numbers.day(e['session'])}: breakout above {numbers.price(e['level'])}<br>{escape(str(e['outcome']))}"
        f"<br>ETH after 63 sessions {numbers.percent(e['eth_63'], signed=True)}"
        for e in episodes
    ]
