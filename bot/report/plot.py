"""Charts as Plotly figures in plain dicts, with the custom properties of page.css as colours.

The page's script replaces `--eth` by that property's colour, so that a chart follows the page from light to dark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from bot.report.chart_style import DEFAULT_WIDTH
from bot.report.contents import Contents
from bot.report.packing import packed

WATERMARK = "DEMO: synthetic market"
DAY = 86_400_000
"""Milliseconds of a day, the unit of a time axis."""
_DIGITS = 6
_PACKED_FROM = 16_384  # characters of data from which a chart's data is packed
_WIDE = 1_000  # highest over lowest from which a log axis has ticks at powers of ten alone
_LABEL_HEIGHT = 0.045  # of the range of a chart

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """Chart with its title and a description (`note`).

    `height` is a class of page.css; `swatches` are pairs of a colour and what it stands for.
    """

    identity: str
    title: str
    note: str
    traces: Sequence[Plain]
    layout: Plain
    height: str = "middling"
    watermark: str = ""
    swatches: Sequence[tuple[str, str]] = ()

    def html(self) -> str:
        """Return the chart as an HTML figure, with its data as escaped JSON that the page's script draws."""
        title = escape(self.title)
        return (
            f'<figure class="chart" id="{self.identity}"><h3>{title}</h3>{self._swatches()}'
            f'<div class="legend" role="group" aria-label="Lines of the chart: {title}"></div>'
            f'<div class="plot {self.height}" role="group" aria-label="{title}"></div>'
            f"<figcaption>{escape(self.note)}</figcaption>"
            f"{self._data()}</figure>"
        )

    def _data(self) -> str:
        data = script_safe(self._figure())
        if len(data) < _PACKED_FROM:
            return f'<script type="application/json">{data}</script>'
        return f'<script type="application/json" data-encoding="gzip">{packed(data.encode())}</script>'

    def _figure(self) -> Plain:
        mark = {"annotations": [_watermark(self.watermark)]} if self.watermark else {}
        return {"data": list(self.traces), "layout": {**self.layout, **mark}}

    def _swatches(self) -> str:
        if not self.swatches:
            return ""
        items = "".join(
            f'<li><i style="background:var({token})"></i>{escape(label)}</li>' for token, label in self.swatches
        )
        return f'<ul class="swatches">{items}</ul>'


def script_safe(data: object) -> str:
    """Return JSON that is safe inside a script block: `&`, `<` and `>` are escaped."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def watermark_of(contents: Contents) -> str:
    """Return the watermark of the demo market's charts, "" for a real market."""
    return WATERMARK if contents.is_demo else ""


def rounded(values: Iterable[float]) -> list[float | None]:
    """Round values for a chart, which makes the page half as large.

    Returns
    -------
    list of float or None
        Six significant digits; a gap of the line (None) for NaN and infinity.
    """
    # As Python floats: a check of each NumPy float takes five times as long.
    plain = values.to_numpy(float).tolist() if isinstance(values, pd.Series) else map(float, values)
    return [float(f"{v:.{_DIGITS}g}") if isfinite(v) else None for v in plain]


def dates(index: pd.Index) -> Plain:
    """Return the x values of a trace.

    Parameters
    ----------
    index : Index of datetime64
        Days, ascending.

    Returns
    -------
    dict
        Start and step for an unbroken run of days, else every date.
    """
    stamps = pd.DatetimeIndex(index)
    if len(stamps) > 1 and (np.diff(stamps.to_numpy()) == np.timedelta64(1, "D")).all():
        return {"x0": f"{stamps[0]:%Y-%m-%d}", "dx": DAY}
    return {"x": stamps.strftime("%Y-%m-%d").tolist()}


def line(name: str, x: Plain, values: Iterable[float], colour: str, **more: Any) -> Plain:
    """Return the trace of a line; `dash`, `width` and `shape` of `more` go into its line style.

    Parameters
    ----------
    x : dict
        Entries of the trace for its x values, as from `dates`.
    values : iterable of float
        One y value for each x value.
    colour : str
        Custom property of page.css, such as `--eth`.
    """
    style = {"color": colour, "width": more.pop("width", DEFAULT_WIDTH), "dash": more.pop("dash", "solid")}
    if "shape" in more:
        style["shape"] = more.pop("shape")
    trace = {"type": "scatter", "mode": "lines", "name": escape(name)}
    return {**trace, **x, "y": rounded(values), "line": style, **more}


def end_labels(traces: Sequence[Plain], last: str) -> list[Plain]:
    """Return the name of each line at its end on a log axis, moved up where it would cover the one below.

    A trace carries its label as `meta`. Traces that are hidden at first are left out.
    """
    shown = [t for t in traces if t.get("visible", True) is True and t["y"][-1]]
    seen = [v for t in shown for v in t["y"] if v]
    if not seen:
        return []
    gap = float(np.log10(max(seen) / min(seen))) * _LABEL_HEIGHT
    ends = [float(np.log10(t["y"][-1])) for t in shown]
    places = [10**place for place in _apart(ends, gap)]
    return [
        {
            "type": "scatter",
            "mode": "text",
            "meta": "label",
            "x": [last],
            "y": rounded([place]),
            "text": [f" {trace['meta']}"],
            "textposition": "middle right",
            "cliponaxis": False,
            "textfont": {"color": trace["line"]["color"]},
            "hoverinfo": "skip",
            "showlegend": False,
            "legendgroup": trace["legendgroup"],
        }
        for place, trace in zip(places, shown, strict=True)
    ]


def _apart(values: Sequence[float], gap: float) -> list[float]:
    """Move each value up until it is at least `gap` above the one below it."""
    moved = list(values)
    below = -np.inf
    for i in sorted(range(len(values)), key=values.__getitem__):
        below = moved[i] = max(values[i], below + gap)
    return moved


def over_time(index: pd.Index, vertical: Plain) -> Plain:
    """Return the layout of a chart over time; all share one x axis, so that they zoom together."""
    span = [f"{index[0]:%Y-%m-%d}", f"{index[-1]:%Y-%m-%d}"]
    horizontal = {"type": "date", "range": span, "hoverformat": "%Y-%m-%d"}
    return {"xaxis": horizontal, "yaxis": vertical, "hovermode": "x unified"}


def axis(title: str, **more: Any) -> Plain:
    """Return a y axis with its unit in the title."""
    return {"title": {"text": escape(title)}, **more}


def log_axis(title: str, traces: Sequence[Plain]) -> Plain:
    """Return a log y axis with ticks at powers of ten, and at 2 and 5 times them for lines of a narrow range.

    Parameters
    ----------
    traces : sequence of dict
        Lines of the chart, whose values above zero set the range.
    """
    # Zero and gaps have no place on a log axis.
    seen = [value for trace in traces for value in trace["y"] if value]
    wide = bool(seen) and max(seen) / min(seen) > _WIDE
    return axis(title, type="log", dtick=1 if wide else "D2", tickformat="~s")


def _watermark(text: str) -> Plain:
    return {
        # Plotly reads a part of HTML in every text.
        "text": escape(text),
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "showarrow": False,
        "font": {"color": "--watermark"},
        "captureevents": False,
    }
