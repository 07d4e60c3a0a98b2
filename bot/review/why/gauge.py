"""A gauge: one reading of a decision, with its distance from the threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.text import printable
from bot.report.labels import PLAIN, Labels
from bot.report.words import reading_text

_LOGARITHMS = {"relative_strength"}


@dataclass(frozen=True, slots=True)
class Gauge:
    """A reading: `gate` is whether it is a gate that is on, None where it is no gate."""

    name: str
    value: float | None
    threshold: float | None
    verdict: str
    gate: bool | None
    labels: Labels = PLAIN

    @property
    def holds(self) -> bool:
        """Whether its condition is met."""
        return self.verdict == "yes"

    @property
    def is_known(self) -> bool:
        """Whether it has a value and a threshold, and neither is too old."""
        return self.value is not None and self.threshold is not None and self.verdict in ("yes", "no")

    @property
    def distance(self) -> float | None:
        """From the threshold to the value, in the reading's own unit."""
        return None if self.value is None or self.threshold is None else self.value - self.threshold

    @property
    def share(self) -> float | None:
        """The distance as a share of the threshold; None where that is 0. Of a logarithm, of what it is taken of."""
        if self.name in _LOGARITHMS and self.distance is not None:
            return math.expm1(self.distance)
        return self.distance / abs(self.threshold) if self.distance is not None and self.threshold else None

    @property
    def words(self) -> str:
        """The comparison that the reading makes; a reading of a user's own strategy by its name."""
        return printable(reading_text(self.name, self.labels))

    def as_dict(self) -> dict[str, Any]:
        """The gauge as plain data."""
        return {
            "name": self.name,
            "words": self.words,
            "value": self.value,
            "threshold": self.threshold,
            "verdict": self.verdict,
            "gate": self.gate,
            "distance": self.distance,
            "share": self.share,
        }


def gauges_of(readings: Mapping[str, Any], labels: Labels = PLAIN) -> dict[str, Gauge]:
    """The gauges of a decision by name; what a user's strategy calls a reading may be a bare figure or a word."""
    return {str(name): _gauge(str(name), told, labels) for name, told in readings.items()}


def _gauge(name: str, told: Any, labels: Labels) -> Gauge:
    if not isinstance(told, Mapping):
        return Gauge(name, _number(told), None, printable(str(told)), None, labels)
    gate = told.get("gate")
    verdict = printable(str(told.get("verdict", "")))
    return Gauge(name, _number(told.get("value")), _number(told.get("threshold")), verdict, gate, labels)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
