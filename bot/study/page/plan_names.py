"""Names that a plan gives to what it compares, and its figures in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.report import numbers

Figures = Mapping[str, Any]
"""A study, or a section of it, as plain data."""


@dataclass(frozen=True, slots=True)
class PlanNames:
    """Names of the signal, the outcome and the subject of a plan.

    Attributes
    ----------
    signal, outcome
        Labels of the two series.
    subject
        What leads, in sentences.
    horizon
        Sessions of an outcome.
    """

    labels: Mapping[str, str]
    signal: str
    outcome: str
    subject: str
    horizon: int

    def label(self, name: str) -> str:
        """Return the name of a series or a basket on screen."""
        return self.labels.get(name, name)


def names_of(study: Figures) -> PlanNames:
    """Return the names of a study's plan."""
    plan = study["plan"]
    labels = plan["labels"]
    signal, outcome = plan["signal"]["series"], plan["outcome"]["series"]
    return PlanNames(
        labels, labels.get(signal, signal), labels.get(outcome, outcome), plan["subject"], plan["outcome"]["horizon"]
    )


def log_return(value: float | None, decimals: int = 2) -> str:
    """Format a log return with its sign: +0.35."""
    if value is None:
        return numbers.NOTHING
    text = numbers.ratio(value, decimals)
    return f"+{text}" if value >= 0 and float(f"{value:.{decimals}f}") != 0 else text


def simple(value: float) -> str:
    """Format a log return as the simple return that it is: 0.35 gives +42%."""
    return numbers.change(math.exp(value) - 1, 0)


def both(value: float) -> str:
    """Format a log return and the simple return that it is: +0.35 (+42%)."""
    return f"{log_return(value)} ({simple(value)})"


def p_value(value: float | None) -> str:
    """Format a p-value with as many digits as a few dozen independent placements bear."""
    if value is None:
        return numbers.NOTHING
    return numbers.ratio(value, 2 if value >= 0.1 else 3 if value >= 0.01 else 4)
