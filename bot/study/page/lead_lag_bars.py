"""Correlations by lag as bars with their 95% bands, one drawing a coin and frequency."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report import numbers
from bot.report.axis_scale import AxisScale, scale_of
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.study.page.plan_names import Figures, PlanNames
from bot.study.page.tick_texts import tick_texts

_TOP, _BOTTOM, _HEIGHT = 30.0, 170.0, 212.0
_ALL = "all"
"""Sample of every day; the others stand in the table."""


def lead_lag_bars(study: Figures, names: PlanNames) -> Sequence[Drawing]:
    """Draw the whole sample of each coin, by week and by session."""
    rows = [row for row in study["sections"]["leadlag"]["rows"] if row.get("correlation") is not None]
    shown = [row for row in rows if row["sample"] == _ALL]
    kinds = dict.fromkeys((row["label"], row["every"]) for row in shown)
    return [
        _bars([row for row in shown if (row["label"], row["every"]) == kind], kind[0], kind[1], names) for kind in kinds
    ]


def _bars(rows: list[Figures], coin: str, every: str, names: PlanNames) -> Drawing:
    lags = [row["lag"] for row in rows]
    canvas, step = Canvas(_HEIGHT), 98 / len(rows)
    up = scale_of([row[key] for row in rows for key in ("low", "high")], _BOTTOM, _TOP)
    across = AxisScale(min(lags) - 0.5, max(lags) + 0.5, 1, 99)
    for tick in up.ticks(3):
        canvas.line((0, up(tick)), (100, up(tick)), "axis" if tick == 0 else "grid")
    canvas.line((across(0), _TOP - 6), (across(0), _BOTTOM), "grid")
    for row in rows:
        at, top = across(row["lag"]), up(row["correlation"])
        look = "bar own" if row["low"] > 0 or row["high"] < 0 else "bar"
        canvas.rectangle((at - step * 0.36, min(top, up(0))), step * 0.72, abs(top - up(0)), look)
        canvas.line((at, up(row["low"])), (at, up(row["high"])), "whisker thin-whisker")
    for tick, text in tick_texts(up.ticks(3)):
        if tick:
            canvas.text((0, up(tick) - 4), text, "muted small")
    for lag in (min(lags), 0, max(lags)):
        canvas.text((across(lag), _BOTTOM + 17), numbers.minus(f"{lag:+d}") if lag else "0", "muted small", "middle")
    canvas.text((1, 12), f"{coin} leads", "small strong")
    canvas.text((99, 12), f"{names.signal} leads", "small strong", "end")
    canvas.text((50, _HEIGHT - 6), f"lag in {every}s", "muted small", "middle")
    apart = [row["lag"] for row in rows if row["lag"] and (row["low"] > 0 or row["high"] < 0)]
    listed = numbers.minus(", ".join(f"{lag:+d}" for lag in apart)) or "none"
    return Drawing(
        f"{names.signal} and {coin} by {every}",
        f"Correlation of returns of {names.signal} and {coin} at {len(rows)} lags in {every}s. Lags other than 0 with "
        f"a band that excludes zero: {listed}.",
        canvas,
        f"A bar is the correlation at a lag, its line the 95% band; a bar whose band excludes zero is coloured. Lags "
        f"other than 0 with such a band: {listed}. With {len(rows)} lags, about one such band comes by chance.",
    )
