"""Synthetic worlds: an index and the log price of an outcome, drawn from the parameters of a plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats
from bot.study.worlds_plan import SyntheticWorlds, WorldKind

YEAR = 252
"""Sessions of a year."""


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticWorld:
    """A world in which the index leads nowhere: effects are added to its outcomes.

    Attributes
    ----------
    closes
        Closes of the index, shape (sessions + future,).
    log_prices
        Log price of the outcome after each session from row `first` of the index on.
    first
        Row of the index with the first price.
    """

    closes: Floats
    log_prices: Floats
    first: int

    def outcomes(self, horizon: int) -> Floats:
        """Compute y, the log return over a horizon in sessions, from row `first` on."""
        y: Floats = self.log_prices[horizon:] - self.log_prices[:-horizon]
        return y


def make_world(rule: SyntheticWorlds, kind: WorldKind, horizon: int, seed: np.random.SeedSequence) -> SyntheticWorld:
    """Draw a world of one kind.

    Parameters
    ----------
    rule
        Parameters of the generator.
    kind
        Kind of world: what index and outcome share.
    horizon
        Sessions over which the early drifts are stated.
    seed
        Seed of this world alone.
    """
    random = np.random.default_rng(seed)
    index, outcome = rule.index, rule.outcome
    count = index.sessions + index.future
    early = early_profile(rule, kind)
    regime = autoregression(random, count, outcome.regime_half_life)
    other = autoregression(random, count, outcome.regime_half_life)
    shocks = random.standard_normal(count)

    walk = index.walk * random.standard_normal(count) + index.regime * (regime if kind.shared else other)
    # A cycle makes records come as regularly as in a real index; it has most of the variance, and so the correlation.
    cycle = cycle_scale(_rest(index.volatility, index.walk, index.regime), index.cycle_half_life)
    drift = index.drift / YEAR + kind.early_index / horizon * early
    logs = np.cumsum(walk + drift) + cycle * autoregression_of(shocks, index.cycle_half_life)

    own = random.standard_t(outcome.tails, count) * np.sqrt((outcome.tails - 2) / outcome.tails)
    mixed = kind.correlation * shocks + np.sqrt(1 - kind.correlation**2) * own
    strength = outcome.regime if kind.regime is None else kind.regime
    drift = kind.early_outcome / horizon * early
    returns = _rest(outcome.volatility, strength) * mixed + strength * regime + drift
    return SyntheticWorld(np.exp(logs), np.cumsum(returns[outcome.first :]), outcome.first)


def early_profile(rule: SyntheticWorlds, kind: WorldKind) -> Floats:
    """Return the shape of a drift that is high early: steps whose difference is 1 and whose sum is 0, by session.

    It begins at the outcome window, and once more at the end of the index, where the prospective looks begin.
    """
    length = rule.outcome.sessions
    step = np.where(np.arange(length) < round(kind.early * length), 1 - kind.early, -kind.early)
    profile = np.zeros(rule.index.sessions + rule.index.future)
    for begin in (rule.outcome.first, rule.index.sessions):
        part = profile[begin : begin + length]
        part += step[: len(part)]
    return profile


def autoregression(random: np.random.Generator, count: int, half_life: int) -> Floats:
    """Draw a stationary AR(1) of mean 0 and variance 1 whose correlation halves every `half_life` sessions."""
    return autoregression_of(random.standard_normal(count), half_life)


def autoregression_of(normal: Floats, half_life: int) -> Floats:
    """Turn independent normal draws into a stationary AR(1) of variance 1.

    Parameters
    ----------
    normal
        Draws, shape (count,); the first is the start.
    half_life
        Sessions in which the correlation halves.
    """
    from scipy.signal import lfilter

    keep = 0.5 ** (1 / half_life)
    shocks = normal * np.sqrt(1 - keep**2)
    shocks[0] = normal[0]
    series: Floats = lfilter([1.0], [1.0, -keep], shocks)
    return series


def cycle_scale(volatility: float, half_life: int) -> float:
    """Return the standard deviation of an AR(1) from that of its change a session: volatility / sqrt(2 - 2 keep)."""
    return float(volatility / np.sqrt(2 - 2 * 0.5 ** (1 / half_life)))


def _rest(volatility: float, *parts: float) -> float:
    """Return the standard deviation that some parts leave of a volatility; 0 if they are larger."""
    return float(np.sqrt(max(volatility**2 - sum(part**2 for part in parts), 0.0)))
