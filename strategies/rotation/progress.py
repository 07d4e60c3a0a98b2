"""Readings of how far the rotation's stage has come: the conditions that its next decision looks at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from strategies.rotation.reading import Reading
from strategies.rotation.state import Condition, Outcome

RECORDED = (
    "sessions_without_record",
    "level",
    "closes_above",
    "sessions_armed",
    "sessions_for_trend",
    "small_cap_stop",
    "eth_stop",
    "sessions_for_altcoins",
    "sessions_quiet",
    "sessions_weak",
    "sessions_distributing",
    "sessions_cooling",
)
"""Conditions that are recorded with a decision, in the order of its readings."""


def progress(path: Sequence[Outcome]) -> dict[str, Reading]:
    """Return the recorded conditions along a path by name, unknown at stages that lack the condition."""
    return {name: _reading(name, [getattr(outcome.ahead, name) for outcome in path]) for name in RECORDED if path}


def _reading(name: str, conditions: Sequence[Condition]) -> Reading:
    value, limit, holds = np.array(conditions, float).T
    # Conditions come from memory, which is known at every decision.
    always = np.ones(len(value), bool)
    return Reading(name, value, limit, holds == 1, np.zeros(len(value), np.int64), always)
