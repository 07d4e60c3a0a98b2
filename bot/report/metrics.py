"""Performance figures of one equity curve. A year has 365 periods, since coins trade every day."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bot.core.market import Floats

PERIODS_PER_YEAR = 365


def performance(equity: Floats, start_equity: float) -> dict[str, float | None]:
    """Compute return and risk of an equity curve with one value a day.

    Parameters
    ----------
    equity : array of float, shape (days,)
        Equity at each UTC day's close.
    start_equity : float
        Equity before the first day, in the same currency.

    Returns
    -------
    dict
        `cagr` and `volatility` are for a year of 365 days. `sharpe` and `sortino` are over a rate of zero; `sortino`
        divides by the root mean square of the negative returns (Sortino and Price, 1994). `calmar` is CAGR over the
        drawdown. A figure that is undefined (constant equity, no loss) is None.
    """
    curve = np.concatenate(([start_equity], equity))
    returns = curve[1:] / curve[:-1] - 1
    years = len(returns) / PERIODS_PER_YEAR
    total = float(curve[-1] / curve[0] - 1)
    # A total loss has no root, and a year of it loses everything.
    try:
        cagr = (1 + total) ** (1 / years) - 1 if total > -1 else -1.0
    except OverflowError:  # the rate a year of a large gain in a few days is beyond any float
        cagr = math.inf
    deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0) ** 2)))
    drawdown = max_drawdown(curve)
    year = math.sqrt(PERIODS_PER_YEAR)
    mean = float(np.mean(returns))
    return {
        "final_equity": float(curve[-1]),
        "total_return": total,
        "cagr": cagr,
        "volatility": deviation * year,
        # Rates are left out: the stablecoin earns nothing here, so the rate is zero on both sides.
        "sharpe": mean / deviation * year if deviation else None,
        "sortino": mean / downside * year if downside else None,
        "max_drawdown": drawdown,
        "calmar": cagr / -drawdown if drawdown else None,
    }


def max_drawdown(curve: Floats) -> float:
    """Return the drawdown: the largest fall from a peak.

    Parameters
    ----------
    curve : array of float, shape (days,)
        Equity, the start included: a fall on the first day counts from there.

    Returns
    -------
    float
        Negative share of the peak; 0 for a curve that only rose.
    """
    return float(np.min(drawdowns(curve)))


def drawdowns(curve: Floats) -> Floats:
    """Return the fall from the highest value so far at each point.

    Parameters
    ----------
    curve : array of float, shape (days,)
        Equity, above zero.

    Returns
    -------
    array of float, shape (days,)
        Negative share of the peak; 0 at a peak.
    """
    falls: Floats = curve / np.maximum.accumulate(curve) - 1
    return falls


def activity(
    equity: Floats, cash: Floats, notionals: Sequence[float], fees: Sequence[float], slippage: Sequence[float]
) -> dict[str, float]:
    """Compute exposure, turnover and costs of a run.

    Parameters
    ----------
    equity, cash : array of float, shape (days,)
        Equity and cash at each day's close, in the quote currency.
    notionals, fees, slippage : sequence of float
        Notional, fee and slippage cost of each fill, in the quote currency.

    Returns
    -------
    dict
        `exposure` is the mean share of equity in coins; `turnover` is the notional traded in a year over mean equity;
        `fees` and `slippage_cost` are sums in the quote currency.
    """
    years = len(equity) / PERIODS_PER_YEAR
    return {
        "exposure": float(np.mean(1 - cash / equity)),
        "turnover": float(np.sum(notionals)) / float(np.mean(equity)) / years,
        "fees": float(np.sum(fees)),
        "slippage_cost": float(np.sum(slippage)),
    }
