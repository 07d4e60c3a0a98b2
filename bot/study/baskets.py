"""Outcomes of altcoins: the equal-weight basket of the eligible ones, and the largest of them, endings applied."""

from __future__ import annotations

from typing import Literal, cast, get_args

import numpy as np

from bot.core.corporate_actions import CorporateAction, ScheduledSettlement, scheduled_settlements
from bot.core.errors import DataError
from bot.core.market import Floats, Market, Series
from bot.core.moments import Days
from bot.core.orders import SettlementCause
from bot.study.outcomes import OutcomeSeries
from strategies.indicators import Bools, Ints, rolling_median
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
        eligible = altcoins.eligible_over(self.days)
        self.symbols = sorted(symbol for symbol, on in eligible.items() if on.any())
        self.eligible: Bools = np.array([eligible[symbol] for symbol in self.symbols])
        window, gaps = settings.altcoins.volume_days, settings.quality.window_gaps
        self.volumes = np.array([self._median_volume(market[symbol], window, gaps) for symbol in self.symbols])
        last_day = self.days[-1].item()
        due = scheduled_settlements(market, endings, last_day)
        self._settled = {entry.symbol: (np.datetime64(day), entry) for day, entries in due.items() for entry in entries}
        self.prices = np.array([self._opens(symbol) for symbol in self.symbols])

    def outcome(self, name: Basket, sessions: Days, horizon: int) -> OutcomeSeries:
        """Compute the log return of a basket bought after each session and held in fixed units.

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
        chosen = (sessions - self.days[0]).astype(int)
        first, leave = chosen[:-horizon], chosen[horizon:] + 1
        rows = np.flatnonzero((first >= 0) & (leave < len(self.days)))
        if len(rows) and self.symbols:
            values[rows] = self._held(name, first[rows], leave[rows])
        if np.isnan(values).all():
            raise DataError("no altcoin is ever eligible", where=f"market {self.market.name}")
        return OutcomeSeries(name, _longest_known(values), horizon)

    def _held(self, name: Basket, chosen: Ints, leave: Ints) -> Floats:
        """Return the log return of each holding; NaN if it lacks a coin.

        Parameters
        ----------
        name
            The basket.
        chosen, leave
            Columns of the day on which the coins are chosen, whose next open is the entry, and of the exit; shape (n,).
        """
        grown = self.prices[:, leave] / self.prices[:, chosen + 1]
        may_hold = self.eligible[:, chosen] & ~np.isnan(grown)
        if name == "altcoins":
            total = np.where(may_hold, grown, 0.0).sum(axis=0)
            result = total / np.maximum(may_hold.sum(axis=0), 1)
        else:
            volumes = np.where(may_hold, np.nan_to_num(self.volumes[:, chosen]), -1.0)
            result = grown[np.argmax(volumes, axis=0), np.arange(len(chosen))]
        logs: Floats = np.log(np.where(may_hold.any(axis=0), result, np.nan))
        return logs

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
        """Return the value of one unit by day: its open, the last close where the open is missing, then its ending."""
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
    """Keep the outcomes after the last gap: the shifts need consecutive sessions."""
    known = np.flatnonzero(~np.isnan(values))
    inside = values[known[0] : known[-1] + 1]
    holes = np.flatnonzero(np.isnan(inside))
    result = values.copy()
    if len(holes):
        result[: known[0] + holes[-1] + 1] = np.nan
    return result
