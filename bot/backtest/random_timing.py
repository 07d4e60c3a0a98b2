"""Random timing: the returns that the same exposures would have had on other days of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.backtest.extras import daily_returns
from bot.backtest.figures import rounded
from bot.core.book import Book
from bot.core.events import Event, Valuation
from bot.core.market import Floats
from bot.core.moments import Days
from bot.core.orders import Fill
from bot.core.ports import BacktestExtras
from bot.core.run_plan import RunPlan

MOST_EXPOSED = 0.9
"""Mean share in coins above which the band is left out: a shift then changes few days."""
_TOLERANCE = 1e-12
"""Difference up to which two growths count as equal: products in another order differ in the last digits."""


@dataclass(frozen=True, slots=True, eq=False)
class RandomTiming:
    """Growth of 1 over the whole run, with the exposures on other days.

    Attributes
    ----------
    final
        Growth of each shift, shape (shifts,).
    own
        Growth of the exposures on their own days.
    exposure
        Mean share of equity in coins.
    """

    final: Floats
    own: float
    exposure: float

    @property
    def is_left_out(self) -> bool:
        """True if the exposure is 0, or above `MOST_EXPOSED`."""
        return not 0 < self.exposure <= MOST_EXPOSED

    @property
    def at_least_as_well(self) -> float:
        """Share of the shifts whose growth is at least that of the exposures where they were."""
        return float(np.mean(self.final >= self.own - _TOLERANCE))

    def summary(self) -> dict[str, float | None]:
        """Return the total returns at three percentiles, and the share of the shifts that did as well as the run.

        If the band is left out: the exposure and its limit `MOST_EXPOSED`.
        """
        if self.is_left_out:
            return {"exposure": rounded(self.exposure), "most_exposed": MOST_EXPOSED}
        low, median, high = np.percentile(self.final - 1, [5, 50, 95])
        return {
            "total_return_5": rounded(low),
            "total_return_50": rounded(median),
            "total_return_95": rounded(high),
            "at_least_as_well": rounded(self.at_least_as_well),
        }


@dataclass(frozen=True, slots=True, eq=False)
class RandomTimingBand(RandomTiming):
    """Random timing with percentiles of the growth of 1 at the close of each day.

    Attributes
    ----------
    low, median, high
        5th, 50th and 95th percentile over the shifts, shape (days,).
    """

    low: Floats
    median: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class DailyExposures:
    """Exposures, returns and costs of the days of a run.

    Attributes
    ----------
    exposures
        Shares of equity at each day's open, shape (days,), one array for each asset.
    returns
        Simple returns of the same assets, shape (days,).
    costs
        Fees and slippage of each day as shares of equity, shape (days,).
    """

    exposures: Sequence[Floats]
    returns: Sequence[Floats]
    costs: Floats

    def random_timing(self, shifts: int) -> RandomTiming:
        """Shift the exposures in a circle around the run and compound the returns of each shift.

        Parameters
        ----------
        shifts
            Largest number of shifts. A run of n days has at most n - 1, a run of one day has one.
        """
        return self._of_final(np.array([growth[-1] for growth in self._growths(shifts)]))

    def random_timing_band(self, shifts: int) -> RandomTimingBand:
        """Compute `random_timing` with percentiles over the shifts at the close of each day."""
        growth = np.array([np.array(one) for one in self._growths(shifts)])
        timing = self._of_final(growth[:, -1].copy())
        low, median, high = np.percentile(growth, [5, 50, 95], axis=0, overwrite_input=True)
        return RandomTimingBand(timing.final, timing.own, timing.exposure, low, median, high)

    def _of_final(self, final: Floats) -> RandomTiming:
        # Compounded as the shifts are, close to close: the fills of the run at other prices are no part of its timing.
        own = float(np.prod(next(self._daily_growths([0]))))
        return RandomTiming(final, own, float(np.mean(sum(self.exposures))))

    def _growths(self, shifts: int) -> Iterator[Floats]:
        """Yield the growth of 1 at each close for each shift. All shifts use the same array."""
        n = len(self.costs)
        # Spread evenly, not drawn: the band of a run must be the same each time that it is computed.
        offsets = np.unique(np.linspace(0, n, min(shifts, max(n - 1, 1)) + 2).astype(int)[1:-1]) % n
        growth = np.empty(n)
        for daily in self._daily_growths(offsets.tolist()):
            yield np.cumprod(daily, out=growth)

    def _daily_growths(self, offsets: Iterable[int]) -> Iterator[Floats]:
        """Yield the growth of each day with exposures and costs moved by some days."""
        n = len(self.costs)
        # Twice in a row, so that a shift in a circle is a slice.
        exposures, costs = [np.tile(held, 2) for held in self.exposures], np.tile(self.costs, 2)
        for offset in offsets:
            moved = slice(n - offset, 2 * n - offset)
            earned = sum(held[moved] * made for held, made in zip(exposures, self.returns, strict=True))
            # Costs move with the exposures, since a position that is opened elsewhere is paid for there.
            yield 1 + earned - costs[moved]


def band_of(book: Book, extras: BacktestExtras, shifts: int) -> RandomTimingBand:
    """Compute the random-timing band of a book from its `daily_exposures`."""
    return daily_exposures(book.events, book.plan, extras).random_timing_band(shifts)


def daily_exposures(events: Sequence[Event], plan: RunPlan, extras: BacktestExtras) -> DailyExposures:
    """Compute the daily exposures, returns and costs of recorded events.

    ETH and BTC have their own returns; all other coins together have those of the strategy's altcoin basket.

    Parameters
    ----------
    events
        Events with a valuation of each UTC day from the first day of the plan on, and the fills of these days.
    plan
        Plan of these days and perhaps later ones; its market has the returns.
    extras
        Returns of the strategy's altcoin basket.
    """
    roles = plan.market.roles
    valuations = [event for event in events if isinstance(event, Valuation)]
    days: Days = np.array([v.day for v in valuations], "datetime64[D]")
    equity_before = np.array([float(plan.cash), *(float(v.equity) for v in valuations[:-1])])
    held = {roles.eth: np.zeros(len(days)), roles.btc: np.zeros(len(days)), "altcoins": np.zeros(len(days))}
    at_open = [(i, *one) for i, valued in enumerate(valuations) for one in valued.holdings.items()]
    costs = np.zeros(len(days))
    for event in events:
        if isinstance(event, Fill):
            i = plan.prices.index(event.at.date()) - 1
            costs[i] += float(event.fee + event.slippage_cost)
            if event.stop is not None:  # sold within the day: its close shows no holding, and the day had its loss
                at_open.append((i, event.symbol, event.quantity))
    for i, symbol, quantity in at_open:
        close_before = plan.prices.of(symbol).close[i]  # index 0 is the day before the run
        if close_before == close_before:  # false for NaN: a coin that was received before its first close
            held[symbol if symbol in held else "altcoins"][i] += float(quantity) * close_before
    returns = [np.nan_to_num(daily_returns(plan.market[symbol], days)) for symbol in (roles.eth, roles.btc)]
    exposures = [worth / equity_before for worth in held.values()]
    basket = extras.basket_returns(plan.market, days)
    return DailyExposures(exposures, [*returns, basket], costs / equity_before)
