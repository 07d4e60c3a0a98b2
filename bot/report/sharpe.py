"""Sharpe ratios and how far to believe them: probabilistic, deflated, and the shortest track record.

All ratios are per period (of one return), before any factor for the year. Kurtosis is raw: 3 for normal returns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from bot.core.market import Floats

_NORMAL = NormalDist()
_EULER = 0.5772156649


@dataclass(frozen=True, slots=True)
class SharpeSample:
    """A Sharpe ratio with the moments that its error depends on.

    Attributes
    ----------
    sharpe
        Mean over standard deviation of the returns, per period.
    periods
        Number T of returns.
    skew, kurtosis
        Third and fourth standardised moment of the returns.
    """

    sharpe: float
    periods: int
    skew: float = 0.0
    kurtosis: float = 3.0

    @property
    def spread(self) -> float:
        """Standard deviation of the estimated ratio x sqrt(T - 1) (Mertens 2002)."""
        return math.sqrt(1 - self.skew * self.sharpe + (self.kurtosis - 1) / 4 * self.sharpe**2)


def sharpe_sample(returns: Floats) -> SharpeSample | None:
    """Measure the Sharpe ratio and the moments of some returns.

    Parameters
    ----------
    returns
        Simple returns, shape (T,).

    Returns
    -------
    SharpeSample or None
        None for fewer than two returns, or equal ones.
    """
    if len(returns) < 2 or not returns.std():
        return None
    z = (returns - returns.mean()) / returns.std()
    ratio = returns.mean() / returns.std(ddof=1)
    return SharpeSample(float(ratio), len(returns), float((z**3).mean()), float((z**4).mean()))


def probabilistic_sharpe(sample: SharpeSample, benchmark: float) -> float:
    """Compute the probability that the true Sharpe ratio lies above a benchmark.

    PSR(b) = Phi[(SR - b) sqrt(T - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2)] (Bailey, Lopez de Prado 2012, The Sharpe
    ratio efficient frontier, the equation of the PSR).

    Parameters
    ----------
    sample
        The measured ratio.
    benchmark
        Ratio b per period.
    """
    return _NORMAL.cdf((sample.sharpe - benchmark) * math.sqrt(sample.periods - 1) / sample.spread)


def minimum_track_record(sample: SharpeSample, benchmark: float, level: float = 0.95) -> float:
    """Compute the periods after which the measured ratio would lie above a benchmark with a given confidence.

    MinTRL = 1 + (1 - g3 SR + (g4 - 1) / 4 SR^2) (z / (SR - b))^2 (Bailey, Lopez de Prado 2012, The
    Sharpe ratio efficient frontier, the equation of the MinTRL).

    Parameters
    ----------
    sample
        The measured ratio; its `periods` leave the result unchanged.
    benchmark
        Ratio b per period.
    level
        Confidence, from 0 to 1.

    Returns
    -------
    float
        Periods; infinity if the measured ratio is at most the benchmark.
    """
    if sample.sharpe <= benchmark:
        return math.inf
    return 1 + (sample.spread * _NORMAL.inv_cdf(level) / (sample.sharpe - benchmark)) ** 2


def expected_maximum(trials: int) -> float:
    """Approximate the expected largest of N independent standard normal draws.

    Emax(N) ~ (1 - G) z(1 - 1/N) + G z(1 - 1/(N e)), G = 0.5772156649 (Bailey, Lopez de Prado 2014, eq. 1).

    Parameters
    ----------
    trials
        Number N of draws; of a single one the expectation is 0.
    """
    if trials <= 1:
        return 0.0
    return (1 - _EULER) * _NORMAL.inv_cdf(1 - 1 / trials) + _EULER * _NORMAL.inv_cdf(1 - 1 / (trials * math.e))


def best_by_chance(variance: float, trials: int) -> float:
    """Compute SR0 = sqrt(V) Emax(N): the best ratio to expect of N trials by luck (same source, eq. 2).

    Parameters
    ----------
    variance
        Variance V of the trials' Sharpe ratios, per period.
    trials
        Number N of trials.
    """
    return math.sqrt(variance) * expected_maximum(trials)


def deflated_sharpe(sample: SharpeSample, variance: float, trials: int) -> float:
    """Compute DSR = PSR(SR0): the probability of a true ratio above the best by chance (same source, eq. 2).

    Parameters
    ----------
    sample
        The measured ratio of the chosen trial.
    variance
        Variance V of the trials' Sharpe ratios, per period.
    trials
        Number N of trials.
    """
    return probabilistic_sharpe(sample, best_by_chance(variance, trials))
