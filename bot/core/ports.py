"""The ports: what the engines ask of a strategy, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.core.decision import Decision
from bot.core.market import Market


class Strategy(Protocol):
    """A rule that turns what is known of the market into one decision a UTC midnight."""

    name: str

    def decisions(self, market: Market) -> Sequence[Decision]:
        """One decision for each of `market.decision_times`, each from what was known at that moment only."""
        ...
