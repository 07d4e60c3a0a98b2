"""The strategy inside a wrapper, asked day by day whichever form it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core.decision import Decision
from bot.core.market import Market
from bot.core.ports import DailyStrategy, Strategy, StressAware
from bot.core.today import Today


class Wrapped:
    """A daily strategy, or one that decides over a whole market.

    A daily strategy sees its own last decision in `today.last`, and the holdings of the wrapped run.
    """

    def __init__(self, strategy: Strategy | DailyStrategy) -> None:
        self.name = strategy.name
        given: Any = strategy
        self._strategy: Any = _Shared(given) if callable(getattr(given, "decisions", None)) else given
        self._last: Decision | None = None

    def begin(self, market: Market) -> None:
        """Begin a run on a market."""
        if callable(begin := getattr(self._strategy, "begin", None)):
            begin(market)

    def stressed(self, market: Market) -> Collection[datetime]:
        """Return the decision times (UTC) at which the strategy says that spreads are wide."""
        own = self._strategy.strategy if isinstance(self._strategy, _Shared) else self._strategy
        return own.stressed(market) if isinstance(own, StressAware) else ()

    def decide(self, today: Today) -> Decision:
        """Return the strategy's own decision of a day."""
        self._last = self._strategy.decide(replace(today, last=self._last))
        return self._last


class _Shared:
    """A strategy that decides over a whole market, and its decisions; copies share them, because they never change."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self._by_time: Mapping[datetime, Decision] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> _Shared:
        return self

    def begin(self, market: Market) -> None:
        self._by_time = {decision.at: decision for decision in self.strategy.decisions(market)}

    def decide(self, today: Today) -> Decision:
        return self._by_time[today.at]
