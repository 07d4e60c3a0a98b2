"""A gauge: one reading beside its threshold, which stands in the middle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.report import numbers
from bot.review.why.gauge import Gauge, gauges_of

_COUNTS = ("sessions_", "closes_", "participation", "supercycle", "breadth")
_REACH = {"small_caps": 0.15, "credit": 0.06, "volatility": 0.6, "volatility_kill": 0.6, "peg_broken": 0.02}
"""How far from its threshold a reading is at the gauge's end, as a share of the threshold."""
_USUAL_REACH = 0.25
_ABSOLUTE_REACH = {"relative_strength": 0.1}
_VERDICTS = {"yes": "passes", "no": "does not pass"}


def gauges(readings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every reading of a decision: the gates that are on, the other readings, and the gates that are off."""
    told = [gauge(one) for one in gauges_of(readings).values()]
    return sorted(told, key=lambda one: {True: 0, None: 1, False: 2}[one["gate"]])


def gauge(one: Gauge) -> dict[str, Any]:
    """A reading in words and figures: `needle` is its place in percent, `wanted` the side on which it says yes.

    Without a value there is no needle, and `wanted` is empty.
    """
    name, value, threshold, verdict, gate = one.name, one.value, one.threshold, one.verdict, one.gate
    told = _VERDICTS.get(verdict, verdict) if gate is not None else verdict
    is_whole = value is not None and threshold is not None
    return {
        "name": name,
        "title": _title(one.words),
        "value": value,
        "threshold": threshold,
        "value_text": numbers.figure(name, value),
        "threshold_text": numbers.figure(name, threshold),
        "verdict": verdict,
        "told": told,
        "gate": gate,
        "needle": _needle(name, value or 0.0, threshold or 0.0) if is_whole else None,
        "wanted": _wanted(value or 0.0, threshold or 0.0, verdict) if is_whole else "",
    }


def _title(words: str) -> str:
    return words if words.startswith("ln(") else words[:1].upper() + words[1:]


def _needle(name: str, value: float, threshold: float) -> float:
    if name in _ABSOLUTE_REACH:
        reach = _ABSOLUTE_REACH[name]
    elif name.startswith(_COUNTS):
        reach = abs(threshold) or 1.0
    else:
        reach = abs(threshold) * _REACH.get(name, _USUAL_REACH) or abs(value) * 1.5 or 1.0
    return round(50 + 50 * max(-1.0, min(1.0, (value - threshold) / reach)), 1)


def _wanted(value: float, threshold: float, verdict: str) -> str:
    """The side of the threshold on which a reading says yes, as its own verdict tells it."""
    if verdict not in _VERDICTS:
        return ""
    return "high" if (value >= threshold) == (verdict == "yes") else "low"
