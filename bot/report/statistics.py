"""Statistics of an equity curve and of its round trips, beyond those of `bot.report.metrics`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bot.core.market import Floats
from bot.report.metrics import PERIODS_PER_YEAR, drawdowns

TAIL = 0.05
"""Share of the worst days that value at risk and its mean beyond are about."""
_HELD = 1e-9  # share of equity in coins above which a day has a position

Statistics = Mapping[str, float | int | None]
"""Statistics by name, as in `summary.json`; one that is undefined is None."""


def daily_returns(curve: pd.Series, start: float) -> pd.Series:
    """Compute simple returns by day; the first is on the start equity.

    Parameters
    ----------
    curve : Series, shape (days,)
        Equity at each UTC day's close.
    start : float
        Equity before the first day, in the same currency.

    Returns
    -------
    Series, shape (days,)
        Returns as shares, by day.
    """
    values = curve.to_numpy(float)
    before = np.concatenate(([start], values[:-1]))
    return pd.Series(values / before - 1, curve.index)


def period_returns(returns: pd.Series, period: str) -> pd.Series:
    """Chain daily returns to those of calendar months ("M") or years ("Y").

    Parameters
    ----------
    returns : Series, shape (days,)
        Simple daily returns by day.
    period : str
        Alias of a pandas period.

    Returns
    -------
    Series
        Simple return of each period by its pandas Period; the first and the last may be of a part of it.
    """
    chained: pd.Series = (1 + returns).groupby(pd.DatetimeIndex(returns.index).to_period(period)).prod() - 1
    return chained


def value_at_risk(returns: Floats, tail: float = TAIL) -> float:
    """Return the historical value at risk: the quantile of the daily returns at `tail`.

    Parameters
    ----------
    returns : array of float, shape (days,)
        Simple daily returns.
    tail : float
        Share of the days that are worse, such as 0.05.

    Returns
    -------
    float
        Return as a share, linear between two days (Jorion, Value at Risk, 2006, ch. 5).
    """
    return float(np.quantile(returns, tail))


def conditional_value_at_risk(returns: Floats, tail: float = TAIL) -> float:
    """Return the expected shortfall: the mean of the worst daily returns.

    Parameters
    ----------
    returns : array of float, shape (days,)
        Simple daily returns.
    tail : float
        Share of the days that are averaged; at least one day is.

    Returns
    -------
    float
        Return as a share (Rockafellar and Uryasev, 2000; the worst floor((n - 1) tail) + 1 days, as in empyrical).
    """
    worst = int((len(returns) - 1) * tail) + 1
    return float(np.mean(np.partition(returns, worst - 1)[:worst]))


def skewness(returns: Floats) -> float | None:
    """Return the skew of returns, corrected for the size of the sample (Joanes and Gill, 1998, G1).

    Parameters
    ----------
    returns : array of float, shape (days,)
        Simple daily returns.

    Returns
    -------
    float or None
        None for fewer than three returns and for returns without variation.
    """
    n, deviations = len(returns), returns - np.mean(returns)
    second = float(np.mean(deviations**2))
    if n < 3 or not second:
        return None
    return float(np.mean(deviations**3)) / math.sqrt(second) ** 3 * math.sqrt(n * (n - 1)) / (n - 2)


def excess_kurtosis(returns: Floats) -> float | None:
    """Return the kurtosis of returns over that of a normal distribution (Joanes and Gill, 1998, G2).

    Parameters
    ----------
    returns : array of float, shape (days,)
        Simple daily returns.

    Returns
    -------
    float or None
        0 for a normal distribution; None for fewer than four returns and for returns without variation.
    """
    n, deviations = len(returns), returns - np.mean(returns)
    second = float(np.mean(deviations**2))
    if n < 4 or not second:
        return None
    raw = float(np.mean(deviations**4)) / second**2 - 3
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * raw + 6)


def ulcer_index(curve: Floats) -> float:
    """Return the Ulcer index: the root mean square of the drawdown (Martin and McCann, 1989).

    Parameters
    ----------
    curve : array of float, shape (days,)
        Equity, the start included.

    Returns
    -------
    float
        Share of the peak, zero or above.
    """
    return float(np.sqrt(np.mean(drawdowns(curve) ** 2)))


def rolling_volatility(returns: pd.Series, days: int) -> pd.Series:
    """Compute the volatility of the last returns at each day, for a year of 365 days.

    Parameters
    ----------
    returns : Series, shape (days,)
        Simple daily returns by day.
    days : int
        Length of the window.

    Returns
    -------
    Series, shape (days,)
        Sample deviation times the root of 365; NaN before the first full window.
    """
    return returns.rolling(days).std() * math.sqrt(PERIODS_PER_YEAR)


def rolling_sharpe(returns: pd.Series, days: int) -> pd.Series:
    """Compute the Sharpe ratio of the last returns at each day, over a rate of zero, for a year of 365 days.

    Parameters
    ----------
    returns : Series, shape (days,)
        Simple daily returns by day.
    days : int
        Length of the window.

    Returns
    -------
    Series, shape (days,)
        Mean over sample deviation times the root of 365; NaN before the first full window and where all its returns
        are zero.
    """
    window = returns.rolling(days)
    moved = (returns != 0).rolling(days).sum() > 0  # a rolling deviation of zeros is not quite zero
    return window.mean() / window.std().where(moved) * math.sqrt(PERIODS_PER_YEAR)


def curve_statistics(curve: pd.Series, cash: pd.Series, start: float) -> Statistics:
    """Compute the statistics of an equity curve.

    Parameters
    ----------
    curve, cash : Series, shape (days,)
        Equity and cash at each UTC day's close, in the quote currency.
    start : float
        Equity before the first day.

    Returns
    -------
    dict
        Shares, except for skew and kurtosis. `win_months` is over the months with a return other than zero;
        `time_in_market` is the share of days with a position at the close.
    """
    returns = daily_returns(curve, start)
    plain = returns.to_numpy(float)
    months, years = (period_returns(returns, period) for period in ("M", "Y"))
    moved = months[months.abs() > _HELD]
    ends = {
        f"{end}_{name}": float(getattr(of, how)())
        for name, of in (("day", returns), ("month", months), ("year", years))
        for end, how in (("best", "max"), ("worst", "min"))
    }
    return {
        **ends,
        "win_months": float((moved > 0).mean()) if len(moved) else None,
        "time_in_market": float((1 - cash / curve > _HELD).mean()),
        "value_at_risk": value_at_risk(plain),
        "conditional_value_at_risk": conditional_value_at_risk(plain),
        "skew": skewness(plain),
        "kurtosis": excess_kurtosis(plain),
        "ulcer_index": ulcer_index(np.concatenate(([start], curve.to_numpy(float)))),
    }


def trade_statistics(profits: Sequence[float], returns: Sequence[float]) -> Statistics:
    """Compute the statistics of closed round trips.

    Parameters
    ----------
    profits : sequence of float, shape (round trips,)
        Profit of each round trip after costs, in the quote currency.
    returns : sequence of float, shape (round trips,)
        Profit over cost of each round trip, as a share.

    Returns
    -------
    dict
        `profit_factor` is gross profit over gross loss, None without a loss; `expectancy` the mean profit of a round
        trip in the quote currency (Tharp, 1998); `average_win` and `average_loss` the mean return of the round trips
        that won and of the others, as shares.
    """
    made, shares = np.array(profits, float), np.array(returns, float)
    won = made > 0
    loss = -float(made[~won].sum())
    return {
        "profit_factor": float(made[won].sum()) / loss if loss > 0 else None,
        "expectancy": float(made.mean()) if len(made) else None,
        "average_win": float(shares[won].mean()) if won.any() else None,
        "average_loss": float(shares[~won].mean()) if (~won).any() else None,
    }


def statistics_of(equity: pd.DataFrame, trades: pd.DataFrame, start: float) -> Statistics:
    """Compute the statistics of a run.

    Parameters
    ----------
    equity, trades : DataFrame
        `equity.csv` and `trades.csv` as typed tables.
    start : float
        Equity before the first day, in the quote currency.

    Returns
    -------
    dict
        Those of `curve_statistics` and of `trade_statistics`, rounded to ten decimals.
    """
    found = {
        **curve_statistics(equity["equity"].astype(float), equity["cash"].astype(float), start),
        **trade_statistics(trades["pnl"].astype(float).tolist(), trades["return"].astype(float).tolist()),
    }
    return {name: None if value is None else round(value, 10) for name, value in found.items()}
