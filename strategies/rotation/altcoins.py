"""Altcoins: eligibility, breadth, choice and weights on each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from bot.core.market import Floats, Market, Series, SeriesKind
from bot.core.moments import Days
from strategies.decimals import is_above, is_at_least
from strategies.indicators import Bools, annual_volatility, lagged, rolling_median, run_length, sma
from strategies.rotation.settings import AltcoinSettings

_ONE_DAY = np.timedelta64(1, "D")


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
    of a long window that may be missing.
    """

    def __init__(self, market: Market, settings: AltcoinSettings, gaps: float = 0.0) -> None:
        self.settings, self.gaps = settings, gaps
        majors = {market.roles.btc, market.roles.eth}
        coins = (series for series in market.of_kind(SeriesKind.CRYPTO) if series.symbol not in majors and len(series))
        self._coins = {series.symbol: self._prepared(series, market) for series in coins}

    def _prepared(self, series: Series, market: Market) -> _Coin:
        settings, n = self.settings, int((series.dates[-1] - series.dates[0]) / _ONE_DAY) + 1
        close, volume = series.on_calendar("close")[:n], series.on_calendar("volume")[:n]
        decided_at = (series.dates[0] + np.arange(n) + 1).astype("datetime64[s]")
        average = sma(close, settings.breadth_window, self.gaps)
        volatility = np.maximum(annual_volatility(close, settings.volatility_span), settings.volatility_floor)
        returns = [close / lagged(close, days) - 1 for days in settings.momentum_days]
        median = rolling_median(volume, settings.volume_days, self.gaps)
        liquid = is_at_least(median, settings.minimum_volume)
        quarantined = market.is_quarantined(series.symbol, decided_at)
        may_be_held = self._seasoned(close) & ~quarantined & ~self._frozen(series, n)
        return _Coin(
            first=series.dates[0],
            eligible=liquid & may_be_held,
            hidden=may_be_held & np.isnan(median) & _newest_known(liquid, ~np.isnan(median)),
            above=is_above(close, average),
            has_average=~np.isnan(average),
            # Returns and volatility end the day before: the ranking must not chase the day's own jump.
            score=lagged(np.mean(returns, axis=0) / volatility, 1),
            volatility=volatility,
            day_return=np.where(quarantined, np.nan, close / lagged(close, 1) - 1),
        )

    def _frozen(self, series: Series, n: int) -> Bools:
        """Return True on the days from which a frozen feed has repeated its close for longer than a pause."""
        frozen: Bools = np.zeros(n, bool)
        days = ((series.dates - series.dates[0]) / _ONE_DAY).astype(np.intp)
        frozen[days] = np.arange(len(series)) - series.moved > self.settings.pause_days
        return frozen

    def _seasoned(self, close: Floats) -> Bools:
        """Return True on days with a row, long enough after the first row or the last long pause."""
        days = np.arange(len(close))
        has_row = ~np.isnan(close)
        missing = run_length(~has_row)
        restarts = has_row & (lagged(missing.astype(float), 1) > self.settings.pause_days)
        started = np.maximum.accumulate(np.where(restarts, days, 0))
        seasoned: Bools = has_row & (days - started >= self.settings.seasoned_days)
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
        np.put_along_axis(found, best, _capped_by_day(weights, self.settings.largest_share), axis=0)
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


def capped_shares(scores: Mapping[str, float], largest: float) -> dict[str, float]:
    """Split 1 in proportion to scores, with a largest share.

    The excess of a capped share goes to the others in proportion, repeatedly. The part that cannot be placed stays
    unassigned.

    Parameters
    ----------
    scores
        Positive scores by symbol.
    largest
        Largest share, in (0, 1].

    Returns
    -------
    dict of str to float
        Shares by symbol, sorted; their sum is at most 1.
    """
    shares: dict[str, float] = {}
    free = dict(scores)
    left = 1.0
    while free:
        # Added in order, as `_capped_by_day` adds: from Python 3.12 on `sum` rounds otherwise.
        total = reduce(add, free.values())
        over = [symbol for symbol, score in free.items() if left * score / total > largest]
        if not over:
            shares.update({symbol: left * score / total for symbol, score in free.items()})
            break
        for symbol in over:
            shares[symbol] = largest
            left -= largest
            del free[symbol]
    return dict(sorted(shares.items()))


def _capped_by_day(scores: Floats, largest: float) -> Floats:
    """Split 1 as `capped_shares` does, on each day. Scores and shares have shape (coins, days); 0 is no coin."""
    shares, left, free = np.zeros(scores.shape), np.ones(scores.shape[1]), scores > 0
    while free.any():
        total = reduce(add, np.where(free, scores, 0.0))
        part = left * scores / np.where(total > 0, total, 1.0)
        over = free & (part > largest)
        last = free & ~over.any(axis=0)
        shares = np.where(over, largest, np.where(last, part, shares))
        for is_capped in over:
            left = np.where(is_capped, left - largest, left)
        free &= ~over & ~last
    return shares


def _newest_known(values: Bools, known: Bools) -> Bools:
    """Return the newest known value up to each day, False before the first."""
    rows = np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))
    return np.asarray(np.where(rows >= 0, values[np.maximum(rows, 0)], False), np.bool_)
