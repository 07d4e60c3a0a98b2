"""Outcomes of altcoins: the equal-weight basket of the eligible ones, and the largest of them, endings applied."""

from __future__ import annotations

from typing import Literal, cast, get_args

import numpy as np

from bot.core.corporate_actions import CorporateAction, ScheduledSettlement, scheduled_settlements
from bot.core.errors import DataError
from bot.core.market import Floats, Market, Series
from bot.core.moments import Days
from bot.core.orders import SettlementCause
from bot.study.outcomes import Outcome
from strategies.indicators import Bools, rolling_median
from strategies.rotation.altcoins import Altcoins
from strategies.rotation.settings import RotationSettings

Basket = Literal["altcoins", "largest altcoin"]
BASKETS: tuple[Basket, ...] = get_args(Basket)
"""Names of outcomes that are chosen anew at each session."""


class Baskets:
    """The altcoins of a market as a holding of each: eligibility, median volume and price by UTC day.

    Rows of the arrays are coins, columns the UTC days from the first to the last of the market.
    """

    def __init__(
        self, market: Market, settings: RotationSettings, endings: dict[str, CorporateAction], recovery: float
    ) -> None:
        self.market, self.recovery = market, recovery
        altcoins = Altcoins(market, settings.altcoins, settings.quality.window_gaps)
        eth = market[market.roles.eth].dates
        self.days: Days = np.arange(eth[0], eth[-1] + 1)
        chosen = [set(altcoins.eligible(day)) for day in self.days]
        self.symbols = sorted(set().union(*chosen))
        self.eligible: Bools = np.array([[symbol in coins for coins in chosen] for symbol in self.symbols])
        window, gaps = settings.altcoins.volume_days, settings.quality.window_gaps
        self.volumes = np.array([self._median_volume(market[symbol], window, gaps) for symbol in self.symbols])
        last_day = self.days[-1].item()
        due = scheduled_settlements(market, endings, last_day)
        self._settled = {entry.symbol: (np.datetime64(day), entry) for day, entries in due.items() for entry in entries}
        self.prices = np.array([self._opens(symbol) for symbol in self.symbols])

    def outcome(self, name: Basket, sessions: Days, horizon: int) -> Outcome:
        """Compute the log return of a basket bought after each session and held without rebalancing.

        Parameters
        ----------
        name
            "altcoins" has equal weights, "largest altcoin" is the one with the largest median volume.
        sessions
            Dates of the index, shape (N,).
        horizon
            Sessions.

        Raises
        ------
        DataError
            If no coin is ever eligible.
        """
        values = np.full(len(sessions), np.nan)
        for row in range(len(sessions) - horizon):
            values[row] = self._held(name, sessions[row], sessions[row + horizon])
        if np.isnan(values).all():
            raise DataError("no altcoin is ever eligible", where=f"market {self.market.name}")
        return Outcome(name, _longest_known(values), horizon)

    def _held(self, name: Basket, first: np.datetime64, last: np.datetime64) -> float:
        """Return the log return from the open after one session to the open after another; NaN without a coin."""
        chosen, entry, leave = ((day - self.days[0]).astype(int) for day in (first, first + 1, last + 1))
        if chosen < 0 or leave >= len(self.days):
            return float("nan")
        grown = self.prices[:, leave] / self.prices[:, entry]
        may_hold = self.eligible[:, chosen] & ~np.isnan(grown)
        if not may_hold.any():
            return float("nan")
        if name == "altcoins":
            return float(np.log(grown[may_hold].mean()))
        volumes = np.where(may_hold, np.nan_to_num(self.volumes[:, chosen]), -1.0)
        return float(np.log(grown[int(np.argmax(volumes))]))

    def _median_volume(self, series: Series, window: int, gaps: float) -> Floats:
        return self._by_day(series, rolling_median(series.volume, window, gaps))

    def _by_day(self, series: Series, values: Floats) -> Floats:
        """Spread the values of a series' rows over all days, NaN on others."""
        found = np.full(len(self.days), np.nan)
        places = (series.dates - self.days[0]).astype(int)
        inside = (places >= 0) & (places < len(self.days))
        found[places[inside]] = values[inside]
        return found

    def _opens(self, symbol: str) -> Floats:
        """Return the value of one unit by day: its open, the last close on a day without one, then its ending."""
        series = self.market.priced(symbol)
        closes = _filled(self._by_day(series, series.close))
        opens = self._by_day(series, series.open)
        before = np.concatenate(([np.nan], closes[:-1]))
        value = np.where(np.isnan(opens), before, opens)
        ending = self._settled.get(symbol)
        if ending is not None:
            day, entry = ending
            self._settle(value, int((day - self.days[0]).astype(int)), entry, closes)
        return value

    def _settle(self, value: Floats, at: int, entry: ScheduledSettlement, closes: Floats) -> None:
        """Replace the values from the day of a settlement on by what the holding became."""
        if at >= len(value):
            return
        last = closes[max(at - 1, 0)]
        if entry.cause is SettlementCause.RENAMED and entry.into is not None:
            value[at:] = float(entry.ratio) * self._opens(entry.into)[at:]
        else:
            value[at:] = last * (self.recovery if entry.cause is SettlementCause.DEAD else 1.0)


def is_basket(name: str) -> bool:
    """Return True for the name of a basket."""
    return name in BASKETS


def as_basket(name: str) -> Basket:
    """Return a name that `is_basket` accepts as a basket."""
    return cast(Basket, name)


def _filled(values: Floats) -> Floats:
    """Carry the last known value forward."""
    rows = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)


def _longest_known(values: Floats) -> Floats:
    """Blank what lies before the last session without a coin: the shifts need consecutive sessions."""
    known = np.flatnonzero(~np.isnan(values))
    inside = values[known[0] : known[-1] + 1]
    holes = np.flatnonzero(np.isnan(inside))
    result = values.copy()
    if len(holes):
        result[: known[0] + holes[-1] + 1] = np.nan
    return result
