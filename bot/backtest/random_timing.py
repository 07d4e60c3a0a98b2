"""Random timing: the returns that the same exposures would have had on other days of the run."""

from __future__ import annotations

from collections.abc import Sequence
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
    """The random-timing band: growth of 1 at the close of each day, at the 5th, 50th and 95th percentile.

    `final` is the growth over the whole run, one value a shift, and `own` that of the exposures where they were.
    `exposure` is the mean share of equity in coins.
    """

    low: Floats
    median: Floats
    high: Floats
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

        Where the band is left out, the exposure and the limit above which it is.
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


def random_timing(exposures: Sequence[Floats], returns: Sequence[Floats], costs: Floats, shifts: int) -> RandomTiming:
    """Shift exposures and costs in a circle around the run and compound the returns of each shift.

    Parameters
    ----------
    exposures
        Shares of equity at each day's open, shape (days,), one array for each asset.
    returns
        Simple returns of the same assets, shape (days,).
    costs
        Fees and slippage of each day as shares of equity, shape (days,).
    shifts
        Number of shifts, at most one less than the days.

    Returns
    -------
    RandomTiming
        Percentiles over all shifts.
    """
    n = len(costs)
    # Spread evenly, not drawn: the band of a run must be the same each time that it is computed.
    offsets = np.unique(np.linspace(0, n, min(shifts, max(n - 1, 1)) + 2).astype(int)[1:-1]) % n
    growth = np.empty((len(offsets), n))
    for k, offset in enumerate(offsets):
        np.cumprod(_daily_growth(exposures, returns, costs, offset), out=growth[k])
    low, median, high = np.percentile(growth, [5, 50, 95], axis=0)
    # Compounded as the shifts are, close to close: the fills of the run at other prices are no part of its timing.
    own = float(np.prod(_daily_growth(exposures, returns, costs, 0)))
    exposure = float(np.mean(sum(exposures)))
    return RandomTiming(low, median, high, growth[:, -1].copy(), own, exposure)


def _daily_growth(exposures: Sequence[Floats], returns: Sequence[Floats], costs: Floats, offset: int) -> Floats:
    """Return the growth of each day with exposures and costs moved by some days."""
    earned = sum(np.roll(held, offset) * made for held, made in zip(exposures, returns, strict=True))
    # Costs move with the exposures, since a position that is opened elsewhere is paid for there.
    growth: Floats = 1 + earned - np.roll(costs, offset)
    return growth


def band_of(book: Book, extras: BacktestExtras, shifts: int) -> RandomTiming:
    """Compute the random-timing band of the exposures that a book held.

    ETH and BTC have their own returns; all other coins together have those of the strategy's altcoin basket.
    """
    return band_of_events(book.events, book.plan, extras, shifts)


def band_of_events(events: Sequence[Event], plan: RunPlan, extras: BacktestExtras, shifts: int) -> RandomTiming:
    """Compute the random-timing band of recorded events, as `band_of` does of a book.

    Parameters
    ----------
    events
        Events with a valuation of each UTC day from the first day of the plan on, and the fills of these days.
    plan
        Plan of these days and perhaps later ones; its market has the returns.
    extras
        Returns of the strategy's altcoin basket.
    shifts
        Largest number of shifts.
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
    return random_timing(exposures, [*returns, basket], costs / equity_before, shifts)
