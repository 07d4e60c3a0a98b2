"""Decisions that are executed some days late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core.decision import Decision


def delayed(decisions: Sequence[Decision], days: int) -> list[Decision]:
    """Move each decision to the midnight of the one that comes `days` after it; the last ones are left out.

    Parameters
    ----------
    decisions
        One a UTC day, in order.
    days
        Days between a decision and its orders, 0 or more.
    """
    return [replace(decision, at=later.at) for decision, later in zip(decisions, decisions[days:], strict=False)]
