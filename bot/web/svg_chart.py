"""Charts as data for an inline SVG, in thousandths of the plot, so that any width can draw them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.report import names, numbers
from bot.report.labels import Labels
from bot.web.curve import Curve

# A wide viewBox that is stretched to the page, so that the server need not know the browser's width.
SIZE = 1000
"""Width and height of the plot in its own coordinates."""
_BUCKETS = 400
_STEPS = (1, 2, 2.5, 5, 10)
_ROOM = 0.06  # of the range, above and below
_WIDE = 4.0  # highest over lowest from which a log axis reads better
_PLACES = {stage.lower(): place for place, stage in enumerate(names.STAGES)}
"""Place of each stage of the rotation in a legend, by its class in the style sheet."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Mark on an axis: place in percent of the axis, and text."""

    place: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """Line with its name, its class in the style sheet, its points, and the text of its last value.

    `area` is the outline of the area between the line and zero, or "".
    """

    name: str
    look: str
    points: str
    end: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Stretch of the time axis in one stage."""

    start: float
    width: float
    look: str
    name: str


@dataclass(frozen=True, slots=True)
class TradeMark:
    """Mark of a trade: place in percent of the plot's width and height, its class (the side), and its text."""

    across: float
    down: float
    look: str
    text: str


@dataclass(frozen=True, slots=True)
class ChartTrade:
    """Trade that a chart marks: the place of its day, its price, its side (`buy` or `sell`), and its text."""

    place: int
    price: float
    side: str
    text: str


@dataclass(frozen=True, slots=True)
class SvgChart:
    """Chart with its title and its description (`note`); `height` is a class of the style sheet.

    `readings` is JSON: place in percent, day, the text of each line on it, and that of each trade, for pointer and
    keyboard.
    """

    title: str
    note: str
    lines: Sequence[Line]
    across: Sequence[Tick]
    up: Sequence[Tick]
    spans: Sequence[Span] = ()
    height: str = "middling"
    readings: str = "[]"
    marks: Sequence[TradeMark] = ()

    @property
    def legend(self) -> list[tuple[str, str]]:
        """Name and class of every stage in the chart, in the rotation's order."""
        shown = {span.name: span.look for span in self.spans}
        return sorted(shown.items(), key=lambda item: _PLACES.get(item[1], len(_PLACES)))


def chart(
    title: str,
    note: str,
    days: Sequence[str],
    curves: Sequence[tuple[str, str, Sequence[float]]],
    show: Callable[[float], str],
    *,
    height: str = "middling",
    bounds: tuple[float, float] | None = None,
    area: str | None = None,
    spans: Sequence[Span] = (),
    trades: Sequence[ChartTrade] = (),
    show_tick: Callable[[float], str] | None = None,
) -> SvgChart | None:
    """Draw curves over time, on a log axis if all values are positive and their range is wide.

    Parameters
    ----------
    days : sequence of str
        ISO dates, one for each value of a curve.
    curves : sequence of (name, class, values)
        Class is the name of the line in the style sheet.
    show : callable
        Formats a value for the legend and the readings, and for the axis without a `show_tick`.
    bounds : (low, high), optional
        Range of the vertical axis; by default the range of the values and some room.
    area : str, optional
        Class of the curve that is filled down to zero.
    trades : sequence of ChartTrade
        Trades that are marked at their prices.

    Returns
    -------
    SvgChart or None
        None for fewer than two days.
    """
    if len(days) < 2 or not curves:
        return None
    # A benchmark is NaN before its coin has a price.
    seen = [value for _, _, values in curves for value in values if math.isfinite(value)]
    seen += [trade.price for trade in trades]
    low, high = bounds or (min(seen), max(seen))
    is_log = bounds is None and low > 0 and high / low > _WIDE
    low, high = _roomy(low, high, is_log) if bounds is None else (low, high)
    scale = _scale(low, high, is_log)
    lines = [_line(name, look, values, scale, show(values[-1]), look == area) for name, look, values in curves]
    ticks = _log_ticks(low, high) if is_log else _ticks(low, high)
    up = [Tick(round(scale(value) / 10, 2), (show_tick or show)(value)) for value in ticks]
    readings = json.dumps(list(_readings(days, curves, show, trades)), separators=(",", ":"), ensure_ascii=False)
    last = len(days) - 1
    marks = [
        TradeMark(
            round(one.place / last * 100, 2),
            round(scale(one.price) / 10, 2),
            one.side,
            f"{days[one.place]}: {one.text}",
        )
        for one in trades
    ]
    return SvgChart(title, note, lines, list(_dates(days)), up, spans, height, readings, marks)


def _readings(
    days: Sequence[str],
    curves: Sequence[tuple[str, str, Sequence[float]]],
    show: Callable[[float], str],
    trades: Sequence[ChartTrade],
) -> Iterator[list[object]]:
    """Return the values of evenly spaced days, both ends among them, and of every day with a trade."""
    last = len(days) - 1
    traded: dict[int, list[str]] = {}
    for trade in trades:
        traded.setdefault(trade.place, []).append(trade.text)
    for place in sorted({round(step * last / _BUCKETS) for step in range(_BUCKETS + 1)} | set(traded)):
        texts = [show(values[place]) if math.isfinite(values[place]) else numbers.NOTHING for _, _, values in curves]
        yield [round(place / last * 100, 2), days[place], *texts, *traded.get(place, ())]


def stage_spans(curve: Curve, labels: Labels) -> list[Span]:
    """Return the stages of a curve along its time axis; waiting in the stablecoin is left blank.

    Returns
    -------
    list of Span
        Start and width in thousandths of the plot.
    """
    last = max(len(curve) - 1, 1)
    return [
        Span(
            round(first / last * SIZE, 1),
            round((min(until, last) - first) / last * SIZE, 1),
            stage_look(stage),
            names.stage(stage, labels),
        )
        for stage, first, until in curve.spells()
        if stage != "STABLE"
    ]


def stage_look(stage: str) -> str:
    """Return the class of a stage in the style sheet; stages of a user's strategy share one."""
    look = stage.lower()
    return look if look in _PLACES else "other"


def _line(
    name: str, look: str, values: Sequence[float], scale: Callable[[float], float], end: str, is_filled: bool
) -> Line:
    last = max(len(values) - 1, 1)
    # Places come from the index of a day: valuations are daily, so equal steps are equal times.
    places = [(i / last * SIZE, scale(values[i])) for i in _thinned(values)]
    filled = [(places[0][0], scale(0.0)), *places, (places[-1][0], scale(0.0))] if is_filled and places else []
    return Line(name, look, _text(places), end, _text(filled))


def _text(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _thinned(values: Sequence[float]) -> Iterator[int]:
    """Return the indices of the lowest and highest value in each of 400 stretches, and of both ends."""
    width = max(len(values) / _BUCKETS, 1.0)
    kept = {0, len(values) - 1}
    # The extremes of a stretch rather than every n-th value, so that no spike is lost.
    start = 0.0
    while start < len(values):
        stretch = [i for i in range(int(start), min(int(start + width), len(values))) if math.isfinite(values[i])]
        if stretch:
            kept |= {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
        start += width
    return (i for i in sorted(kept) if math.isfinite(values[i]))


def _roomy(low: float, high: float, is_log: bool) -> tuple[float, float]:
    if is_log:
        room = (high / low) ** _ROOM
        return low / room, high * room
    # A flat curve has no range of its own.
    room = (high - low) * _ROOM or abs(high) * 0.01 or 1.0
    return low - room, high + room


def _scale(low: float, high: float, is_log: bool) -> Callable[[float], float]:
    """Return a function from a value to its place below the top, in thousandths of the plot."""
    if is_log:
        bottom, reach = math.log(low), math.log(high / low)
        return lambda value: (1 - (math.log(max(value, low)) - bottom) / reach) * SIZE
    return lambda value: (1 - (value - low) / (high - low)) * SIZE


def _ticks(low: float, high: float, count: int = 4) -> list[float]:
    rough = (high - low) / count
    size: float = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in _STEPS if size * factor >= rough)
    first = math.ceil(low / step)
    return [i * step for i in range(first, math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1,) if len(powers) > 4 else (1, 2, 5)
    return [tick for power in powers for factor in factors if low <= (tick := factor * 10.0**power) <= high]


def _dates(days: Sequence[str], count: int = 5) -> Iterator[Tick]:
    """Return ticks at the beginning of some years or months, or at some days; both ends are left free."""
    last = len(days) - 1
    for digits, text in ((4, "%Y"), (7, "%Y-%m"), (10, "%m-%d")):
        starts = [i for i in range(1, last) if days[i][:digits] != days[i - 1][:digits]]
        if len(starts) >= 3 or digits == 10:
            for i in starts[:: max(1, math.ceil(len(starts) / count))]:
                place = i / last * 100
                if 4 < place < 94:  # a label at either end would be cut off
                    yield Tick(round(place, 2), date.fromisoformat(days[i]).strftime(text))
            return
