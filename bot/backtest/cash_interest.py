"""Interest that idle cash would have earned at a short rate, shown beside the returns of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from bot.core.errors import ConfigError, did_you_mean
from bot.core.events import Event, Valuation
from bot.core.instrument import ZERO, to_decimal
from bot.core.market import Market, Series
from bot.core.series_kind import SeriesKind
from bot.core.window import Window
from bot.data.demo.generator import PREFIX as DEMO_PREFIX
from bot.settings.loader import Config

STRATEGY = "strategy"
"""Name of the strategy's own interest beside those of the benchmarks."""
_DAYS, _PER_CENT = 365, 100
_PLACES = Decimal("1e-8")
_LATE = 14
"""Days without a row from which on the rate counts as ended."""


class CashRate:
    """A yearly rate in per cent, as FRED's DGS3MO: the yield of the 3-month Treasury bill on an investment basis."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._by_day: dict[date, Decimal | None] = {}

    @property
    def symbol(self) -> str:
        """Symbol of the series."""
        return self._series.symbol

    def earned(self, cash: Decimal, day: date) -> Decimal:
        """Compute the simple interest of one UTC day.

        A bill's investment rate is r = (100 - P) / P x y / t for a price P and t of y days (31 CFR 356, appendix B,
        section VI), so money grows by r / y a day; y is 365 here, in leap years too.

        Parameters
        ----------
        cash
            Cash at the day's close in the quote currency. Orders are filled at the open, so it was idle all day.
        day
            UTC day; the rate is the newest one known when the day began.

        Returns
        -------
        Decimal
            cash x rate / 100 / 365, to 8 places; 0 before the first rate.
        """
        if day not in self._by_day:  # every benchmark asks for the same days
            self._by_day[day] = self._known(day)
        rate = self._by_day[day]
        return ZERO if rate is None else (cash * rate / (_PER_CENT * _DAYS)).quantize(_PLACES)

    def _known(self, day: date) -> Decimal | None:
        """Return the newest rate known at the midnight that begins a UTC day, in per cent a year."""
        row = int(self._series.latest(np.array([day], "datetime64[s]"))[0])
        return None if row < 0 else to_decimal(float(self._series.close[row]))

    def warnings(self, window: Window) -> list[str]:
        """Name the days before the first rate, and a rate whose rows end before the run."""
        series, found = self._series, []
        known = (series.known_at[0].astype("datetime64[D]") + 1).item()
        if known > window.start:
            found.append(f"{self.symbol} has no rate before {known}: cash earns no interest until then")
        last = series.dates[-1].item()
        if (window.end - last).days > _LATE:
            found.append(f"the rows of {self.symbol} end on {last}: cash earns that day's rate from then on")
        return found


def cash_rate(config: Config, market: Market) -> CashRate | None:
    """Return the rate that `benchmarks.cash_rate` names, if it names one. Raises ConfigError if the market lacks it."""
    name = config.benchmarks.cash_rate
    if name is None:
        return None
    symbol = next((s for s in (name, DEMO_PREFIX + name) if s in market and len(market[s])), None)
    if symbol is None:
        rates = [s for s in market if market[s].kind is SeriesKind.MACRO]
        mend = did_you_mean(name, rates) or ("name one of " + ", ".join(rates) if rates else f"bot data update {name}")
        raise ConfigError(f"market {market.name} has no series {name}", where="benchmarks.cash_rate", mend=mend)
    return CashRate(market[symbol])


def with_interest(
    events: Sequence[Event], cash: Mapping[date, Mapping[str, Decimal]], rate: CashRate | None
) -> list[Event]:
    """Add the interest since the first day to each valuation.

    Parameters
    ----------
    events
        Events of a run, in order.
    cash
        Cash of each benchmark at each day's close, in the quote currency.
    rate
        Rate of the cash; with None the events stay as they are.
    """
    if rate is None:
        return list(events)
    sums: dict[str, Decimal] = {}
    return [add_day(one, cash.get(one.day, {}), rate, sums) if isinstance(one, Valuation) else one for one in events]


def add_day(valued: Valuation, cash: Mapping[str, Decimal], rate: CashRate, sums: dict[str, Decimal]) -> Valuation:
    """Add a day's interest to `sums`, by name, and return the valuation with those of all that have cash that day."""
    held = {STRATEGY: valued.cash, **cash}
    for name, amount in held.items():
        sums[name] = sums.get(name, ZERO) + rate.earned(amount, valued.day)
    return replace(valued, interest={name: sums[name] for name in held})


def interest_figures(events: Sequence[Event], rate: CashRate | None, start_cash: Decimal) -> dict[str, object]:
    """Return the interest of a whole run for `summary.json`.

    Returns
    -------
    dict
        With a rate the key `cash_interest`: the rate's symbol, and for the strategy and each benchmark
        the `amount` in the quote currency and its `share` of the start cash.
    """
    if rate is None:
        return {}
    newest: dict[str, Decimal] = {}
    for one in events:
        if isinstance(one, Valuation):
            newest |= one.interest
    figures = {
        name: {"amount": f"{amount:.2f}", "share": round(float(amount / start_cash), 10)}
        for name, amount in newest.items()
    }
    own = figures.pop(STRATEGY, None)
    return {"cash_interest": {"symbol": rate.symbol, STRATEGY: own, "benchmarks": figures}}
