"""Altcoins: which are eligible on a day, how broad their advance is, and which to hold at what weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats, Kind, Market, Series
from bot.core.moments import Days
from strategies.indicators import Bools, annual_volatility, rolling_median, sma
from strategies.settings import AltcoinSettings

_ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, eq=False)
class _Coin:
    """One coin's rows with what the rules need of each: eligible, and above its own average."""

    series: Series
    eligible: Bools
    above: Bools
    has_average: Bools


class Altcoins:
    """The altcoins of a market: every coin but BTC and ETH, by symbol.

    A day is the UTC date of the newest closed day. All questions are answered from rows of that day and before.
    """

    def __init__(self, market: Market, settings: AltcoinSettings) -> None:
        self.settings = settings
        majors = {market.roles.btc, market.roles.eth}
        coins = (series for series in market.of_kind(Kind.CRYPTO) if series.symbol not in majors and len(series))
        self._coins = {series.symbol: self._prepared(series) for series in coins}

    def _prepared(self, series: Series) -> _Coin:
        average = sma(series.close, self.settings.breadth_window)
        liquid = rolling_median(series.volume, self.settings.volume_days) >= self.settings.minimum_volume
        return _Coin(series, liquid & self._seasoned(series), series.close > average, ~np.isnan(average))

    def _seasoned(self, series: Series) -> Bools:
        """Whether each row lies long enough after the first, or after the last long pause."""
        days_missing = np.diff(series.dates, prepend=series.dates[0] - 1) / _ONE_DAY - 1
        restarts = np.where(days_missing > self.settings.pause_days, np.arange(len(series)), 0)
        started = series.dates[np.maximum.accumulate(restarts)]
        seasoned: Bools = (series.dates - started) / _ONE_DAY >= self.settings.seasoned_days
        return seasoned

    def eligible(self, day: np.datetime64) -> list[str]:
        """The coins that may be bought after a day, by symbol."""
        rows = ((symbol, coin, coin.series.row(day)) for symbol, coin in self._coins.items())
        return [symbol for symbol, coin, i in rows if i is not None and coin.eligible[i]]

    def breadth(self, days: Days) -> Floats:
        """The share of eligible coins above their own average on each of consecutive days; NaN if too few."""
        first, n = days[0], len(days)
        above, counted = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for coin in self._coins.values():
            offset = ((coin.series.dates - first) / _ONE_DAY).astype(np.int64)
            counts = (offset >= 0) & (offset < n) & coin.eligible & coin.has_average
            counted[offset[counts]] += 1
            above[offset[counts & coin.above]] += 1
        enough = counted >= self.settings.breadth_least_coins
        return np.where(enough, above / np.maximum(counted, 1), np.nan)

    def basket_returns(self, days: Days) -> Floats:
        """The mean simple return on each of consecutive days of the coins eligible the day before; 0 if none."""
        first, n = days[0], len(days)
        total, counted = np.zeros(n), np.zeros(n, np.int64)
        for coin in self._coins.values():
            series = coin.series
            offset = ((series.dates - first) / _ONE_DAY).astype(np.int64)[1:]
            consecutive = np.diff(series.dates) == _ONE_DAY
            counts = (offset >= 0) & (offset < n) & coin.eligible[:-1] & consecutive
            counted[offset[counts]] += 1
            total[offset[counts]] += (series.close[1:] / series.close[:-1] - 1)[counts]
        return total / np.maximum(counted, 1)

    def choose(self, day: np.datetime64) -> dict[str, float]:
        """The best coins after a day, with weights that sum to at most 1 (shares of the altcoin half)."""
        scores = {symbol: self._score(symbol, day) for symbol in self.eligible(day)}
        known = [symbol for symbol, score in scores.items() if not np.isnan(score)]
        best = sorted(known, key=lambda symbol: (-scores[symbol], symbol))[: self.settings.count]
        calm = {symbol: 1 / self._volatility(symbol, self._row(symbol, day)) for symbol in best}
        return capped_shares(calm, self.settings.largest_share)

    def equal(self, day: np.datetime64) -> dict[str, float]:
        """Every eligible coin at the same weight, none above the largest share."""
        coins = self.eligible(day)
        return capped_shares(dict.fromkeys(coins, 1.0), self.settings.largest_share)

    def _row(self, symbol: str, day: np.datetime64) -> int:
        row = self._coins[symbol].series.row(day)
        assert row is not None  # an eligible coin has a row on the day
        return row

    def _score(self, symbol: str, day: np.datetime64) -> float:
        """Mean return over the momentum windows, ending the day before, over that day's volatility."""
        yesterday = self._row(symbol, day) - 1
        if yesterday < max(self.settings.momentum_days):
            return float("nan")
        close = self._coins[symbol].series.close
        returns = [close[yesterday] / close[yesterday - n] - 1 for n in self.settings.momentum_days]
        return float(np.mean(returns)) / self._volatility(symbol, yesterday)

    def _volatility(self, symbol: str, row: int) -> float:
        close = self._coins[symbol].series.close[: row + 1]
        return max(annual_volatility(close, self.settings.volatility_span), self.settings.volatility_floor)


def capped_shares(scores: Mapping[str, float], largest: float) -> dict[str, float]:
    """Shares in proportion to scores, none above `largest`; the excess goes pro rata to the rest, again and
    again, and what cannot be placed is left out.
    """
    shares: dict[str, float] = {}
    free = dict(scores)
    left = 1.0
    while free:
        total = sum(free.values())
        over = [symbol for symbol, score in free.items() if left * score / total > largest]
        if not over:
            shares.update({symbol: left * score / total for symbol, score in free.items()})
            break
        for symbol in over:
            shares[symbol] = largest
            left -= largest
            del free[symbol]
    return dict(sorted(shares.items()))
