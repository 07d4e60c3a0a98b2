"""Volatility target: scale a strategy's weights down while its coins move much."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import reduce

import numpy as np

from bot.core.decision import Decision, Trade
from bot.core.instrument import to_weight
from bot.core.market import Market
from bot.core.ports import DailyStrategy, Strategy
from bot.core.today import Today
from strategies.wrappers.wrapped import Wrapped

DAYS_A_YEAR = 365


class VolatilityTarget:
    """Scale the weights of a strategy so that the volatility of its portfolio is at most `target`.

    The factor is `target` / realised volatility, at most 1: no leverage. On days on which the strategy sends no orders
    of its own, only weights outside the rebalancing band are traded.

    Parameters
    ----------
    strategy
        Any strategy, of either form.
    target
        Volatility a year, as a share: 0.4 is 40%.
    days
        Number of daily returns that are measured, at least 2. With fewer known returns nothing is held.

    Raises
    ------
    ValueError
        If `target` is not above 0, or `days` is below 2.
    """

    def __init__(self, strategy: Strategy | DailyStrategy, target: float = 0.4, days: int = 30) -> None:
        if not target > 0 or days < 2:
            raise ValueError(f"target must be above 0 and days 2 or more, was {target} and {days}")
        self._wrapped = Wrapped(strategy)
        self.name = f"{strategy.name} with a volatility target"
        self._target, self._days = target, days

    def begin(self, market: Market) -> None:
        """Begin a run on a market."""
        self._wrapped.begin(market)

    def stressed(self, market: Market) -> Collection[datetime]:
        """Return the stressed decision times of the strategy."""
        return self._wrapped.stressed(market)

    def decide(self, today: Today) -> Decision:
        """Decide the day: the strategy's own decision with scaled weights."""
        own = self._wrapped.decide(today)
        if not own.weights:
            return own
        found = realised_volatility(today.market, own.weights, self._days)
        factor = 0.0 if math.isnan(found) else min(1.0, self._target / found) if found else 1.0
        weights = {symbol: to_weight(float(weight) * factor) for symbol, weight in own.weights.items()}
        trade = Trade.BAND if own.trade is Trade.HOLD else own.trade
        reason = "volatility_unknown" if math.isnan(found) else "volatility_target"
        return replace(own, weights=weights, trade=trade, reasons=(*own.reasons, reason))


def realised_volatility(market: Market, weights: Mapping[str, Decimal], days: int) -> float:
    """Compute the volatility of a portfolio with constant weights, the rest in cash.

    Parameters
    ----------
    market
        The market as it is known.
    weights
        Share of equity of each coin.
    days
        Number of the newest simple returns, close to close, on the days that all the coins have.

    Returns
    -------
    float
        Standard deviation of the returns (divisor `days` - 1) times the root of 365; NaN with fewer returns.
    """
    series = [market.priced(symbol) for symbol in weights]
    common = reduce(np.intersect1d, (one.dates for one in series))[-days - 1 :]
    if len(common) <= days:
        return math.nan
    closes = np.array([one.close[np.searchsorted(one.dates, common)] for one in series])
    returns = np.array([float(w) for w in weights.values()]) @ (closes[:, 1:] / closes[:, :-1] - 1)
    return float(returns.std(ddof=1) * math.sqrt(DAYS_A_YEAR))
