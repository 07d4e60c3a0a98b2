"""Additions of a strategy to its backtest, and the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bot.core.decision import Decision
from bot.core.events import Episode
from bot.core.market import Floats, Market, Series
from bot.core.moments import Days
from bot.core.ports import BacktestExtras, Strategy
from bot.core.window import Window


class DefaultExtras:
    """Default additions to a backtest: the basket of the coins that the strategy targets."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._coins = sorted({symbol for decision in decisions for symbol in decision.weights})

    def variants(self, market: Market) -> Mapping[str, Sequence[Decision]]:
        return {}

    def episodes(self, market: Market) -> Sequence[Episode]:
        return ()

    def warnings(self, market: Market, window: Window) -> Sequence[str]:
        return ()

    def basket_returns(self, market: Market, days: Days) -> Floats:
        """Return the mean simple return of the targeted coins other than ETH and BTC.

        Returns
        -------
        Floats
            Shape (days,); 0 on days of unknown returns.
        """
        coins = [symbol for symbol in self._coins if symbol not in (market.roles.eth, market.roles.btc)]
        total, count = np.zeros(len(days)), np.zeros(len(days))
        for symbol in coins:
            returns = daily_returns(market.priced(symbol), days)
            total += np.nan_to_num(returns)
            count += ~np.isnan(returns)
        return total / np.maximum(count, 1)


def extras_of(strategy: Strategy, decisions: Iterable[Decision]) -> BacktestExtras:
    """Return the strategy's own additions, or the defaults for its decisions."""
    return strategy if isinstance(strategy, BacktestExtras) else DefaultExtras(decisions)


def daily_returns(series: Series, days: Days) -> Floats:
    """Compute the simple return of each UTC day, close to close.

    Returns
    -------
    Floats
        Shape (days,); NaN if the close of the day or of the day before is unknown. A fund keeps its close until its
        next session, so the return over a weekend is that of the session after it.
    """
    if not series.kind.is_coin:
        rows = np.searchsorted(series.dates, [days - 1, days], side="right") - 1
        before, now = np.where(rows >= 0, series.close[np.maximum(rows, 0)], np.nan)
        returns: Floats = now / before - 1
        return returns
    closes = dict(zip(series.dates.tolist(), series.close.tolist(), strict=True))
    pairs = ((closes.get(day.item()), closes.get((day - 1).item())) for day in days)
    return np.array([now / before - 1 if now and before else np.nan for now, before in pairs])
