"""Probability of backtest overfitting, by combinatorially symmetric cross-validation (CSCV)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bot.core.market import Floats

_CELLS = 1_000_000
"""Splits times variants that are held in memory at once."""
_SAME = 1e-9
"""Difference up to which two Sharpe ratios are equal: the sums of the same returns round differently by column."""


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
    columns, copies = _distinct(returns)
    parts = np.array_split(columns, blocks)
    sizes = np.array([len(part) for part in parts], float)
    sums, squares = np.array([part.sum(axis=0) for part in parts]), np.array([(part**2).sum(axis=0) for part in parts])
    chosen = _halves(blocks)
    rows = max(_CELLS // columns.shape[1], 1)
    ranks = [_ranks(chosen[at : at + rows], copies, sizes, sums, squares) for at in range(0, len(chosen), rows)]
    return Overfitting(np.concatenate(ranks) / (returns.shape[1] + 1))


def _distinct(returns: Floats) -> tuple[Floats, Floats]:
    """Return each different column once, in order, with its number of copies.

    Copies would be computed with other roundings in other places of a matrix, and then be ranked among themselves.
    """
    copies: dict[bytes, int] = {}
    first: list[int] = []
    for number, column in enumerate(returns.T):
        key = column.tobytes()
        if key not in copies:
            first.append(number)
        copies[key] = copies.get(key, 0) + 1
    return np.ascontiguousarray(returns[:, first]), np.array(list(copies.values()), float)


def _ranks(chosen: Floats, copies: Floats, sizes: Floats, sums: Floats, squares: Floats) -> Floats:
    """Return the rank out of sample of the in-sample best of some splits, from 1 (worst), shape (splits,)."""
    inside = _sharpe(chosen @ sizes, chosen @ sums, chosen @ squares)
    others = 1 - chosen
    outside = _sharpe(others @ sizes, others @ sums, others @ squares)
    # The first of equal variants. Many sets of a sweep have the same returns in one half and others in the rest.
    best = np.argmax(inside >= inside.max(axis=1, keepdims=True) - _SAME, axis=1)
    own = outside[np.arange(len(best)), best][:, np.newaxis]
    # Equal variants share the mean of their ranks.
    ranks: Floats = (outside < own - _SAME) @ copies + ((np.abs(outside - own) <= _SAME) @ copies + 1) / 2
    return ranks


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
