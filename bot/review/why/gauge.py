"""A gauge: one reading of a decision, with its distance from the threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.text import printable
from bot.report.labels import PLAIN, Labels
from bot.report.words import reading_text

_LOGARITHMS = {"relative_strength"}


@dataclass(frozen=True, slots=True)
class Gauge:
    """A reading of a decision. `gate` is True for a gate that is on, False for one that is off."""

    name: str
    value: float | None
    threshold: float | None
    verdict: str
    gate: bool | None
    labels: Labels = PLAIN

    @property
    def holds(self) -> bool:
        """True if its condition is met."""
        return self.verdict == "yes"

    @property
    def is_known(self) -> bool:
        """True if it has a value and a threshold, both recent enough."""
        return self.value is not None and self.threshold is not None and self.verdict in ("yes", "no")

    @property
    def distance(self) -> float | None:
        """Value less threshold, in the reading's own unit."""
        return None if self.value is None or self.threshold is None else self.value - self.threshold

    @property
    def share(self) -> float | None:
        """Distance as a share of the threshold, if that is other than 0 and the share a finite number."""
        if self.distance is None or self.threshold is None:
            return None
        try:
            # Of a logarithm of a ratio, the share of the ratio: a share of the logarithm itself would mean little.
            is_logarithm = self.name in _LOGARITHMS
            share = math.expm1(self.distance) if is_logarithm else self.distance / abs(self.threshold)
        except ArithmeticError:  # a threshold of 0, or a share that no float holds
            return None
        # JSON has no infinite number.
        return share if math.isfinite(share) else None

    @property
    def words(self) -> str:
        """Comparison that the reading makes; the name of a reading of a user's own strategy."""
        return printable(reading_text(self.name, self.labels))

    def as_dict(self) -> dict[str, object]:
        """Format the gauge as JSON."""
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


def gauges_of(readings: Mapping[str, object], labels: Labels = PLAIN) -> dict[str, Gauge]:
    """Read the gauges of a decision.

    Parameters
    ----------
    readings
        Readings by name, as `Decision.readings` has them; those of a user's own strategy may be bare numbers or words.
    labels
        Names and numbers of the record's config.
    """
    return {str(name): _gauge(str(name), reading, labels) for name, reading in readings.items()}


def _gauge(name: str, reading: object, labels: Labels) -> Gauge:
    if not isinstance(reading, Mapping):
        verdict = "unknown" if reading is None else printable(str(reading))
        return Gauge(name, _number(reading), None, verdict, None, labels)
    gate = reading.get("gate")
    verdict = printable(str(reading.get("verdict", "")))
    return Gauge(name, _number(reading.get("value")), _number(reading.get("threshold")), verdict, gate, labels)


def _number(value: object) -> float | None:
    # A bool is an int in Python, and here a word of its own.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
