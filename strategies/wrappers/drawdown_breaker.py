"""Drawdown breaker: sell everything after a fall of the portfolio, and pause."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.core.decision import Decision, Trade
from bot.core.market import Market
from bot.core.ports import DailyStrategy, Strategy
from bot.core.today import Today
from strategies.wrappers.wrapped import Wrapped

PAUSED = "PAUSED"
"""Stage while the breaker keeps the portfolio in the stablecoin."""


class DrawdownBreaker:
    """Follow a strategy until equity falls by `limit` from its peak; then hold nothing for `pause_days` days.

    Equity is that of the daily closes. After the pause the peak begins anew at the equity of that day, and the
    strategy's weights of that day are taken at once.

    Parameters
    ----------
    strategy
        Any strategy, of either form.
    limit
        Fall from the peak, as a share of it: 0.2 is 20%.
    pause_days
        UTC days without holdings, at least 1.

    Raises
    ------
    ValueError
        If `limit` is not between 0 and 1, or `pause_days` is below 1.
    """

    def __init__(self, strategy: Strategy | DailyStrategy, limit: float = 0.2, pause_days: int = 30) -> None:
        if not 0 < limit < 1 or pause_days < 1:
            raise ValueError(f"limit must be in (0, 1) and pause_days 1 or more, was {limit} and {pause_days}")
        self._wrapped = Wrapped(strategy)
        self.name = f"{strategy.name} with a drawdown breaker"
        self._kept, self._pause = 1 - Decimal(str(limit)), timedelta(days=pause_days)
        self._peak = Decimal(0)
        self._until: date | None = None

    def begin(self, market: Market) -> None:
        """Begin a run on a market."""
        self._wrapped.begin(market)

    def stressed(self, market: Market) -> Collection[datetime]:
        """Return the stressed decision times of the strategy."""
        return self._wrapped.stressed(market)

    def decide(self, today: Today) -> Decision:
        """Decide the day as the strategy does; during a pause hold the stablecoin."""
        own = self._wrapped.decide(today)
        own = replace(own, previous=today.last.stage if today.last else own.previous)
        if self._until is not None:
            if today.day < self._until:
                return self._paused(own, Trade.HOLD)
            self._until, self._peak = None, today.equity
            return replace(own, trade=Trade.NOW, reasons=(*own.reasons, "breaker_ends"))
        self._peak = max(self._peak, today.equity)
        if today.equity >= self._peak * self._kept:
            return own
        self._until = today.day + self._pause
        return self._paused(own, Trade.NOW)

    def _paused(self, own: Decision, trade: Trade) -> Decision:
        return replace(own, stage=PAUSED, weights={}, reasons=("drawdown_breaker",), trade=trade)
