"""Distribution of the results of all sets, with the unchanged config, random timing and the best set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bot.core.plural import counted
from bot.report import numbers
from bot.report.axis_scale import AxisScale
from bot.report.canvas import Canvas
from bot.report.drawing import Drawing
from bot.sweep.evidence import ranked
from bot.sweep.page.sweep_data import SweepData

_BINS, _WIDE = 30, 5.0
_TOP, _BOTTOM, _HEIGHT = 62.0, 260.0, 300.0
_SERIES = (1.0, 2.0, 5.0)
_LETTER = 2.1
"""Width of a letter of a label in percent of a narrow page."""


def result_histogram(sweep: SweepData) -> Sequence[Drawing]:
    """Draw the number of sets by growth (final over start equity), on a log axis if it is wide."""
    growths, marks, band = (1 + sweep.returns).tolist(), _marks(sweep), _band(sweep)
    seen = [*growths, *(growth for _, growth, _ in marks), *band]
    is_log = min(seen) > 0 and max(seen) / min(seen) > _WIDE
    across = _Across(min(seen), max(seen), is_log)
    canvas = Canvas(_HEIGHT)
    if band:
        canvas.rectangle((across(band[0]), _TOP), across(band[1]) - across(band[0]), _BOTTOM - _TOP, "band")
    edges = np.linspace(2.0, 98.0, _BINS + 1)
    counts, _ = np.histogram([across(growth) for growth in growths], bins=edges)
    up = AxisScale(0, float(counts.max()), _BOTTOM, _TOP + 6)
    for edge, count in zip(edges.tolist(), counts.tolist(), strict=False):
        if count:
            canvas.rectangle((edge, up(count)), (98.0 - 2.0) / _BINS, _BOTTOM - up(count), "bar edged")
    for level, (text, growth, look) in enumerate(sorted(marks, key=lambda mark: _order(across(mark[1]), mark[0]))):
        at, y = across(growth), 14.0 + 17 * level
        canvas.line((at, y + 4), (at, _BOTTOM), look)
        is_left = _is_left(at, text)
        canvas.text((at, y), text, "small strong", "end" if is_left else "start", -4 if is_left else 4)
    canvas.line((2, _BOTTOM), (98, _BOTTOM), "axis")
    for tick in across.ticks():
        place = across(tick)
        anchor = "start" if place < 6 else "end" if place > 94 else "middle"
        canvas.text((place, _BOTTOM + 18), numbers.growth(tick - 1), "muted small", anchor)
    canvas.text((50, _HEIGHT - 4), "total return" + (" (log scale)" if is_log else ""), "muted small", "middle")
    legend = (("band", "random timing of the unchanged config, 5 to 95%"),) if band else ()
    return (Drawing("Number of sets by total return", _label(sweep), canvas, _note(sweep), legend),)


def _is_left(at: float, text: str) -> bool:
    """Return True if a label must stand left of its line, since it would leave a narrow page at the right."""
    return at + _LETTER * len(text) > 98.0


def _order(at: float, text: str) -> tuple[bool, float]:
    """Return the order of labels from the top: those of one side lie clear of the lines that begin below them."""
    return _is_left(at, text), -at if _is_left(at, text) else at


class _Across:
    """Places of growths from 2 to 98 percent of the width."""

    def __init__(self, low: float, high: float, is_log: bool) -> None:
        self._low, self._high, self._is_log = low, high if high > low else low + 1.0, is_log
        self._scale = AxisScale(self._of(self._low), self._of(self._high), 2.0, 98.0)

    def __call__(self, growth: float) -> float:
        return self._scale(self._of(growth))

    def _of(self, growth: float) -> float:
        return math.log(growth) if self._is_log else growth

    def ticks(self) -> list[float]:
        if not self._is_log:
            return AxisScale(self._low, self._high, 2.0, 98.0).ticks(4)
        first, last = math.floor(math.log10(self._low)), math.ceil(math.log10(self._high))
        steps = _SERIES if last - first <= 3 else _SERIES[:1]
        ticks = [10.0**power * step for power in range(first, last + 1) for step in steps]
        return [tick for tick in ticks if self._low <= tick <= self._high]


def _marks(sweep: SweepData) -> list[tuple[str, float, str]]:
    """Return text, growth and look of each marked result."""
    marks = [("best set", 1 + float(sweep.returns[ranked(sweep.table)[0]]), "mean")]
    if sweep.comparison is not None:
        marks.append(("unchanged config", 1 + sweep.comparison["default"]["total_return"], "observed"))
        marks.append(("random timing, median", 1 + sweep.comparison["random_timing"]["median"], "limit"))
    return marks


def _band(sweep: SweepData) -> tuple[float, ...]:
    if sweep.comparison is None:
        return ()
    found = sweep.comparison["random_timing"]
    return 1 + found["low"], 1 + found["high"]


def _label(sweep: SweepData) -> str:
    low, middle, high = np.percentile(sweep.returns, [5, 50, 95]).tolist()
    return (
        f"Total return of {counted(len(sweep.table), 'set')}: 5% {numbers.growth(low)}, median "
        f"{numbers.growth(middle)}, 95% {numbers.growth(high)}."
    )


def _note(sweep: SweepData) -> str:
    if sweep.comparison is None:
        return f"{_label(sweep)} The unchanged config and random timing are marked once the sweep has ended."
    own, timing = sweep.comparison["default"]["total_return"], sweep.comparison["random_timing"]
    below = float(np.mean(sweep.returns < own))
    return (
        f"{_label(sweep)} The unchanged config has {numbers.growth(own)}, more than {numbers.whole_percent(below)} of "
        f"the sets. With its exposures on other days (random timing, {timing['shifts']:,} shifts) the median is "
        f"{numbers.growth(timing['median'])}, and {numbers.share_of_cases(timing['at_least_as_well'])} of the shifts "
        "do at least as well."
    )
