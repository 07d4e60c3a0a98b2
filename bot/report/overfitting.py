"""Probability of backtest overfitting, by combinatorially symmetric cross-validation (CSCV)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bot.core.market import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Overfitting:
    """The splits of a CSCV.

    Attributes
    ----------
    ranks
        Relative rank out of sample, in (0, 1), of the variant that was best in sample, by split; shape (splits,).
        1 - 1/(N + 1) is the best of N.
    """

    ranks: Floats

    @property
    def probability(self) -> float:
        """Share of the splits whose in-sample best ranks in the lower half out of sample (rank at most 1/2)."""
        return float(np.mean(self.ranks <= 0.5))


def overfitting(returns: Floats, blocks: int) -> Overfitting:
    """Split the periods into halves in every way, choose the best variant in one half and rank it in the other.

    The periods are cut into S blocks; each of the C(S, S/2) choices of half of them is in sample once. Performance is
    the Sharpe ratio (Bailey, Borwein, Lopez de Prado, Zhu 2017, The probability of backtest overfitting: rank
    omega = r / (N + 1), PBO = share of logits ln(omega / (1 - omega)) of at most 0).

    Parameters
    ----------
    returns
        Simple returns, shape (T, N), one column a variant, N >= 2.
    blocks
        Even number S of blocks, at most T.
    """
    parts = np.array_split(returns, blocks)
    sizes = np.array([len(part) for part in parts], float)
    sums, squares = np.array([part.sum(axis=0) for part in parts]), np.array([(part**2).sum(axis=0) for part in parts])
    chosen = _halves(blocks)
    inside = _sharpe(chosen @ sizes, chosen @ sums, chosen @ squares)
    others = 1 - chosen
    outside = _sharpe(others @ sizes, others @ sums, others @ squares)
    best = np.argmax(inside, axis=1)
    own = outside[np.arange(len(best)), best][:, np.newaxis]
    # Equal variants share the mean of their ranks.
    ranks = (outside < own).sum(axis=1) + ((outside == own).sum(axis=1) + 1) / 2
    return Overfitting(ranks / (returns.shape[1] + 1))


def _halves(blocks: int) -> Floats:
    """Return every choice of half of the blocks as rows of 0 and 1, shape (splits, blocks)."""
    picks = np.array(list(combinations(range(blocks), blocks // 2)))
    chosen = np.zeros((len(picks), blocks))
    chosen[np.arange(len(picks))[:, np.newaxis], picks] = 1.0
    return chosen


def _sharpe(counts: Floats, sums: Floats, squares: Floats) -> Floats:
    """Return mean over standard deviation (ddof 0) of each variant in each split; 0 for equal returns."""
    means = sums / counts[:, np.newaxis]
    variances = np.maximum(squares / counts[:, np.newaxis] - means**2, 0.0)
    deviations = np.sqrt(variances)
    ratios: Floats = np.divide(means, deviations, out=np.zeros_like(means), where=deviations > 0)
    return ratios
