"""A planted fault: a strategy that decides with the knowledge of the next day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.backtest.check.strategy_answer import wide_spreads
from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.ports import Strategy


class PlantedPeek:
    """A copy of a strategy that decides a day early: the positive control of the look-ahead check."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy, self.name = strategy, strategy.name

    def decisions(self, market: Market) -> Sequence[Decision]:
        """Return each decision a day early; the newest day keeps its own."""
        return self.shifted(self.strategy.decisions(market))

    def stressed(self, market: Market) -> Collection[datetime]:
        """Return the stressed times of the strategy itself."""
        return wide_spreads(self.strategy, market)

    @staticmethod
    def shifted(decisions: Sequence[Decision]) -> list[Decision]:
        """Move each decision to the day before it."""
        later = [*decisions[1:], *decisions[-1:]]
        return [replace(after, at=before.at) for before, after in zip(decisions, later, strict=True)]
