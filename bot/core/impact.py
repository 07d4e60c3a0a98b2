"""Market impact: an order moves the price against itself, by the square root of its size."""

from __future__ import annotations

import math

STEPS = 1e6
"""Steps of a share: it is rounded to a hundredth of a basis point, so that floats and decimals give the same price."""
MOST = 0.9
"""Largest impact, a share of the price. So large an order is far beyond the range of the law; a price stays above zero.
"""


def impact_share(coefficient: float, volatility: float, notional: float, median_volume: float) -> float:
    """Compute the impact of a market order as a share of the price.

    I = Y sigma sqrt(Q / V), the square-root law (Toth et al. 2011, Anomalous price impact and the critical nature of
    liquidity in financial markets, eq. 1).

    Parameters
    ----------
    coefficient
        Y, of order one.
    volatility
        Standard deviation sigma of daily log returns, a share; NaN is unknown.
    notional
        Worth Q of the order, in the quote currency.
    median_volume
        Median daily volume V, in the quote currency; NaN is unknown.

    Returns
    -------
    float
        Share of the price, rounded to 1e-6; 0 if the volume or the volatility is unknown or zero.
    """
    if not median_volume > 0 or not volatility > 0:
        return 0.0
    share = min(coefficient * volatility * math.sqrt(notional / median_volume), MOST)
    return math.floor(share * STEPS + 0.5) / STEPS
