"""Altcoins: eligibility, breadth, choice and weights on each day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.core.market import Floats, Market, Series
from bot.core.moments import Days
from bot.core.series_kind import SeriesKind
from strategies.decimals import is_above, is_at_least
from strategies.indicators import Bools, annual_volatility, lagged, rolling_median, run_length, sma
from strategies.rotation.capped_shares import capped_by_day, capped_shares
from strategies.rotation.settings import AltcoinSettings

_ONE_DAY = np.timedelta64(1, "D")
_MOST_KEPT = 10_000
"""Arrays that are kept for other settings. A market of a hundred coins has a thousand under one."""
SharedArrays = dict[tuple[object, ...], Any]
"""Arrays by the method that computes them, coin and numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class _Coin:
    """One coin's values by UTC day, from its first row to its last; NaN where a row is missing.

    `hidden` is True where a coin that was liquid misses a row of its volume's window: its median is unknown.
    `score` is read a day after the returns that it is made of; `volatility` is annual and of the day itself.
    """

    first: np.datetime64
    eligible: Bools
    hidden: Bools
    above: Bools
    has_average: Bools
    score: Floats
    volatility: Floats
    day_return: Floats

    def place(self, day: np.datetime64) -> int | None:
        """Return the index of a day, or None outside the coin's life."""
        i = int((day - self.first) / _ONE_DAY)
        return i if 0 <= i < len(self.eligible) else None


class Altcoins:
    """The altcoins of a market: every coin but BTC and ETH, by symbol.

    A day is the UTC date of the newest closed day. Every answer uses rows of that day and before. `gaps` is the share
    of a long window that may be missing. `shared` keeps arrays of the same market and gaps for
    other settings.
    """

    def __init__(
        self, market: Market, settings: AltcoinSettings, gaps: float = 0.0, shared: SharedArrays | None = None
    ) -> None:
        self.settings, self.gaps, self._market = settings, gaps, market
        self._kept: SharedArrays = {} if shared is None else shared
        majors = {market.roles.btc, market.roles.eth}
        coins = (series for series in market.of_kind(SeriesKind.CRYPTO) if series.symbol not in majors and len(series))
        self._coins: dict[str, _Coin] = {}
        for series in coins:
            self._coins[series.symbol] = self._prepared(series)
            if shared is None:
                self._kept.clear()  # a daemon would hold them in memory

    @property
    def symbols(self) -> list[str]:
        """Symbols of the altcoins with rows, sorted."""
        return sorted(self._coins)

    def _prepared(self, series: Series) -> _Coin:
        settings = self.settings
        eligible, hidden = self._shared(
            self._eligibility,
            series,
            settings.volume_days,
            settings.minimum_volume,
            settings.pause_days,
            settings.seasoned_days,
        )
        above, has_average = self._shared(self._above, series, settings.breadth_window)
        span, floor = settings.volatility_span, settings.volatility_floor
        return _Coin(
            first=series.dates[0],
            eligible=eligible,
            hidden=hidden,
            above=above,
            has_average=has_average,
            score=self._shared(self._score, series, tuple(settings.momentum_days), span, floor),
            volatility=self._shared(self._volatility, series, span, floor),
            day_return=self._shared(self._day_return, series),
        )

    def _shared(self, compute: Callable[..., Any], series: Series, *numbers: object) -> Any:
        """Return what a method computes from a coin's rows and from `numbers`, computed once."""
        key = (compute.__name__, series.symbol, *numbers)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:  # windows that are drawn from a range repeat rarely
                self._kept.clear()
            found = self._kept[key] = compute(series, *numbers)
        return found

    def _rows(self, series: Series) -> tuple[Floats, Floats, Bools]:
        """Return close, volume and quarantine by UTC day, from the coin's first row to its last."""
        n = int((series.dates[-1] - series.dates[0]) / _ONE_DAY) + 1
        decided_at = (series.dates[0] + np.arange(n) + 1).astype("datetime64[s]")
        quarantined = self._market.is_quarantined(series.symbol, decided_at)
        return series.on_calendar("close")[:n], series.on_calendar("volume")[:n], quarantined

    def _eligibility(
        self, series: Series, volume_days: int, minimum: float, pause_days: int, seasoned_days: int
    ) -> tuple[Bools, Bools]:
        """Return `eligible` and `hidden` of a coin."""
        median = self._shared(self._median_volume, series, volume_days)
        liquid, is_known = is_at_least(median, minimum), ~np.isnan(median)
        frozen = self._shared(self._frozen, series, pause_days)
        seasoned = self._shared(self._seasoned, series, pause_days, seasoned_days)
        may_be_held = seasoned & ~self._shared(self._rows, series)[2] & ~frozen
        return liquid & may_be_held, may_be_held & ~is_known & _newest_known(liquid, is_known)

    def _median_volume(self, series: Series, days: int) -> Floats:
        return rolling_median(self._shared(self._rows, series)[1], days, self.gaps)

    def _above(self, series: Series, window: int) -> tuple[Bools, Bools]:
        """Return where a coin is above its average, and where it has one."""
        close = self._shared(self._rows, series)[0]
        average = sma(close, window, self.gaps)
        return is_above(close, average), ~np.isnan(average)

    def _volatility(self, series: Series, span: int, floor: float) -> Floats:
        volatility: Floats = np.maximum(self._shared(self._own_volatility, series, span), floor)
        return volatility

    def _own_volatility(self, series: Series, span: int) -> Floats:
        return annual_volatility(self._shared(self._rows, series)[0], span)

    def _score(self, series: Series, momentum_days: tuple[int, ...], span: int, floor: float) -> Floats:
        """Return the mean return over the spans by volatility."""
        returns = [self._shared(self._return, series, days) for days in momentum_days]
        # Returns and volatility end the day before: the ranking must not chase the day's own jump.
        return lagged(np.mean(returns, axis=0) / self._shared(self._volatility, series, span, floor), 1)

    def _return(self, series: Series, days: int) -> Floats:
        close = self._shared(self._rows, series)[0]
        earned: Floats = close / lagged(close, days) - 1
        return earned

    def _day_return(self, series: Series) -> Floats:
        return np.where(self._shared(self._rows, series)[2], np.nan, self._shared(self._return, series, 1))

    def _frozen(self, series: Series, pause_days: int) -> Bools:
        """Return True on the days from which a frozen feed has repeated its close for longer than a pause."""
        frozen: Bools = np.zeros(len(self._shared(self._rows, series)[0]), bool)
        days = ((series.dates - series.dates[0]) / _ONE_DAY).astype(np.intp)
        frozen[days] = np.arange(len(series)) - series.moved > pause_days
        return frozen

    def _seasoned(self, series: Series, pause_days: int, seasoned_days: int) -> Bools:
        """Return True on days with a row, long enough after the first row or the last long pause."""
        close = self._shared(self._rows, series)[0]
        days = np.arange(len(close))
        has_row = ~np.isnan(close)
        missing = run_length(~has_row)
        restarts = has_row & (lagged(missing.astype(float), 1) > pause_days)
        started = np.maximum.accumulate(np.where(restarts, days, 0))
        seasoned: Bools = has_row & (days - started >= seasoned_days)
        return seasoned

    def eligible(self, day: np.datetime64) -> list[str]:
        """Return the symbols of the coins that may be bought after a day."""
        return [symbol for symbol in self._coins if self._at(symbol, day, "eligible")]

    def eligible_over(self, days: Days) -> dict[str, Bools]:
        """Return on which of consecutive UTC days each coin may be bought after the day, by symbol."""
        found = {}
        for symbol, coin in self._coins.items():
            here, there = _overlap(coin.first, len(coin.eligible), days)
            found[symbol] = np.zeros(len(days), bool)
            found[symbol][here] = coin.eligible[there]
        return found

    def hidden(self, days: Days) -> dict[str, int]:
        """Count the days on which a liquid coin could not be chosen, because its volume's window misses a row.

        Parameters
        ----------
        days : array of datetime64[D]
            UTC days.

        Returns
        -------
        dict
            Number of days by symbol; coins without such a day are left out.
        """
        counts = {symbol: sum(bool(self._at(symbol, day, "hidden")) for day in days) for symbol in self._coins}
        return {symbol: count for symbol, count in counts.items() if count}

    def breadth(self, days: Days) -> Floats:
        """Compute the share of eligible coins above their own average.

        Parameters
        ----------
        days : array of datetime64[D]
            Consecutive UTC days.

        Returns
        -------
        array of float
            Share of 0 to 1 a day, of the coins with a whole window; NaN under `breadth_least_coins` coins.
        """
        above, counted = np.zeros(len(days), np.int64), np.zeros(len(days), np.int64)
        for coin in self._coins.values():
            here, there = _overlap(coin.first, len(coin.eligible), days)
            counts = coin.eligible[there] & coin.has_average[there]
            counted[here] += counts
            above[here] += counts & coin.above[there]
        enough = counted >= self.settings.breadth_least_coins
        return np.where(enough, above / np.maximum(counted, 1), np.nan)

    def basket_returns(self, days: Days) -> Floats:
        """Compute the mean simple return of the coins that were eligible the day before.

        Parameters
        ----------
        days : array of datetime64[D]
            Consecutive UTC days.

        Returns
        -------
        array of float
            Mean return from close to close a day; 0 on days without such a coin.
        """
        total, counted = np.zeros(len(days)), np.zeros(len(days), np.int64)
        for coin in self._coins.values():
            here, there = _overlap(coin.first, len(coin.eligible), days)
            earned = coin.day_return[there]
            # Eligible the day before: whoever holds the basket chose it without the day's own row.
            counts = np.concatenate(([False], coin.eligible[:-1]))[there] & ~np.isnan(earned)
            counted[here] += counts
            total[here] += np.where(counts, earned, 0.0)
        return total / np.maximum(counted, 1)

    def choose(self, day: np.datetime64) -> dict[str, float]:
        """Choose the coins with the best scores after a day and weight them by 1 / volatility.

        Returns
        -------
        dict of str to float
            Shares of the altcoin half by symbol; their sum is at most 1.
        """
        eligible = self.eligible(day)
        return self._best(
            {symbol: self._at(symbol, day, "score") for symbol in eligible},
            {symbol: self._at(symbol, day, "volatility") for symbol in eligible},
        )

    def shares_over(self, days: Days) -> dict[str, Floats]:
        """Choose as `choose` does after each of consecutive UTC days.

        Parameters
        ----------
        days : array of datetime64[D]
            Consecutive UTC days.

        Returns
        -------
        dict
            Share of the altcoin half by symbol, one entry a day; 0 where a coin is not chosen.
        """
        symbols = sorted(self._coins)
        found = np.zeros((len(symbols), len(days)))
        if not symbols:
            return {}
        score, volatility = np.full(found.shape, np.nan), np.ones(found.shape)
        for row, symbol in enumerate(symbols):
            coin = self._coins[symbol]
            here, there = _overlap(coin.first, len(coin.eligible), days)
            score[row, here] = np.where(coin.eligible[there], coin.score[there], np.nan)
            volatility[row, here] = coin.volatility[there]
        known = ~np.isnan(score)
        # The last key comes first; equal ones keep the order of the symbols.
        best = np.lexsort((-score, ~known), axis=0)[: self.settings.count]
        chosen = np.take_along_axis(known, best, axis=0)
        weights = np.where(chosen, 1 / np.take_along_axis(volatility, best, axis=0), 0.0)
        np.put_along_axis(found, best, capped_by_day(weights, self.settings.largest_share), axis=0)
        return dict(zip(symbols, found, strict=True))

    def _best(self, scores: Mapping[str, float], volatility: Mapping[str, float]) -> dict[str, float]:
        """Weight the coins of the best known scores by 1 / volatility."""
        known = [symbol for symbol, score in scores.items() if score == score]
        # Ties go by symbol, so that the choice does not depend on the order of files.
        best = sorted(known, key=lambda symbol: (-scores[symbol], symbol))[: self.settings.count]
        return capped_shares({symbol: 1 / volatility[symbol] for symbol in best}, self.settings.largest_share)

    def equal(self, day: np.datetime64) -> dict[str, float]:
        """Weight all eligible coins alike, each at most at the largest share."""
        coins = self.eligible(day)
        return capped_shares(dict.fromkeys(coins, 1.0), self.settings.largest_share)

    def _at(self, symbol: str, day: np.datetime64, name: str) -> float:
        """Return a coin's value of a day; 0 outside its life."""
        coin = self._coins[symbol]
        i = coin.place(day)
        return 0.0 if i is None else float(getattr(coin, name)[i])


def _overlap(first: np.datetime64, length: int, days: Days) -> tuple[slice, slice]:
    """Intersect a coin's life with consecutive days: a slice of the days and one of the coin's arrays."""
    offset = int((first - days[0]) / _ONE_DAY)
    begin, end = max(offset, 0), min(offset + length, len(days))
    end = max(end, begin)
    return slice(begin, end), slice(begin - offset, end - offset)


def _newest_known(values: Bools, known: Bools) -> Bools:
    """Return the newest known value up to each day, False before the first."""
    rows = np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))
    return np.asarray(np.where(rows >= 0, values[np.maximum(rows, 0)], False), np.bool_)
