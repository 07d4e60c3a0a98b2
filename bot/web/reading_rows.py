"""Rows of the gauges on the page of today: each reading beside its threshold, which stands in the middle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from bot.report import numbers
from bot.report.labels import PLAIN, Labels
from bot.report.reading_sentences import reading_sentence
from bot.review.why.gauge import Gauge, gauges_of

_COUNTS = ("sessions_", "closes_", "participation", "supercycle", "breadth")
_REACH = {"small_caps": 0.15, "credit": 0.06, "volatility": 0.6, "volatility_kill": 0.6, "peg_broken": 0.02}
"""Distance from the threshold at the gauge's end, as a share of the threshold; chosen so that usual days differ."""
_USUAL_REACH = 0.25
_ABSOLUTE_REACH = {"relative_strength": 0.1}
_VERDICTS = {"yes": "passes", "no": "does not pass"}
_ORDER = {True: 0, None: 1, False: 2}


class ReadingRow(TypedDict):
    """A reading in words and figures.

    `needle` is its place in percent of the gauge, `wanted` the side on which the verdict is yes (`high`, `low`); both
    are empty if the value is unknown. `gate` is True for a gate that is on, False for one that is off, None for any
    other reading.
    """

    name: str
    title: str
    value: float | None
    threshold: float | None
    value_text: str
    threshold_text: str
    sentence: str
    verdict: str
    message: str
    gate: bool | None
    needle: float | None
    wanted: str


def reading_rows(readings: Mapping[str, object], labels: Labels = PLAIN) -> list[ReadingRow]:
    """Return the rows of a decision's readings: gates that are on, other readings, gates that are off."""
    return sorted(map(_row, gauges_of(readings, labels).values()), key=lambda row: _ORDER[row["gate"]])


def _row(gauge: Gauge) -> ReadingRow:
    name, value, threshold, verdict = gauge.name, gauge.value, gauge.threshold, gauge.verdict
    words = reading_sentence(name, value, threshold, gauge.labels)
    is_complete = value is not None and threshold is not None
    return {
        "name": name,
        "title": words.subject if words else _title(gauge.words),
        "value": value,
        "threshold": threshold,
        "value_text": words.now if words else numbers.figure(name, value),
        "threshold_text": words.needs if words else numbers.figure(name, threshold),
        "sentence": str(words or ""),
        "verdict": verdict,
        "message": verdict if gauge.gate is None else _VERDICTS.get(verdict, verdict),
        "gate": gauge.gate,
        "needle": _needle(name, value or 0.0, threshold or 0.0) if is_complete else None,
        "wanted": _passing_side(value or 0.0, threshold or 0.0, verdict) if is_complete else "",
    }


def _title(words: str) -> str:
    # A function's name keeps its small letter.
    return words if words.startswith("ln(") else words[:1].upper() + words[1:]


def _needle(name: str, value: float, threshold: float) -> float:
    if name in _ABSOLUTE_REACH:
        reach = _ABSOLUTE_REACH[name]
    elif name.startswith(_COUNTS):
        # A count begins at zero, which is the gauge's left end.
        reach = abs(threshold) or 1.0
    else:
        # A threshold of zero has no share of itself: the value gives the scale.
        reach = abs(threshold) * _REACH.get(name, _USUAL_REACH) or abs(value) * 1.5 or 1.0
    return round(50 + 50 * max(-1.0, min(1.0, (value - threshold) / reach)), 1)


def _passing_side(value: float, threshold: float, verdict: str) -> str:
    # Whether a reading passes above or below its threshold follows from its own verdict: no second copy of the rule.
    if verdict not in _VERDICTS:
        return ""
    return "high" if (value >= threshold) == (verdict == "yes") else "low"
