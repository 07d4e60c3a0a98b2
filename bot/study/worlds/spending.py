"""Alpha spending over the looks of the prospective verdict, and the critical p-values by simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from bot.core.market import Floats

DIGITS = 6
"""Decimals of a critical p-value."""
_ROUNDING = 1e-6
"""Share of a world: the whole level times the worlds may come out a digit under its whole number."""


def spent(alpha: float, share: float) -> float:
    """Return the one-sided level that is spent up to a share of the information, after O'Brien and Fleming.

    alpha(t) = 2 - 2 Phi(z(1 - alpha / 2) / sqrt(t)) (Lan, DeMets 1983, equation for alpha_1).

    Parameters
    ----------
    alpha
        Level of the whole schedule.
    share
        Share t of the information, over 0 and up to 1: counted episodes of the look over those of the last look.
    """
    normal = NormalDist()
    return 2 - 2 * normal.cdf(normal.inv_cdf(1 - alpha / 2) / math.sqrt(share))


def critical_values(p_values: Floats, alpha: float, looks: Sequence[int]) -> list[float]:
    """Find the largest p-value of each look that keeps to the spent level on simulated worlds.

    Parameters
    ----------
    p_values
        p-values under the null, shape (worlds, looks); NaN where a world ends before a look.
    alpha
        Level of the whole schedule, one-sided.
    looks
        Counted episodes at each look.

    Returns
    -------
    list of float
        A look rejects at p <= its value. It lies between the last p-value that may reject and the next, rounded down;
        0 if one world is too many.
    """
    worlds = len(p_values)
    rejected = np.zeros(worlds, bool)
    criticals = []
    for place, look in enumerate(looks):
        in_all = math.floor(spent(alpha, look / looks[-1]) * worlds + _ROUNDING)
        may = in_all - int(rejected.sum())
        open_p = np.where(rejected, np.nan, p_values[:, place])
        critical = _critical(np.sort(open_p[~np.isnan(open_p)]), may)
        criticals.append(critical)
        rejected |= open_p <= critical  # False for NaN
    return criticals


def _critical(ascending: Floats, may: int) -> float:
    """Return a level that at most `may` of the p-values meet."""
    if may <= 0 or not len(ascending):
        return 0.0
    if may >= len(ascending):
        return 1.0
    following = ascending[may]
    accepted = ascending[:may][ascending[:may] < following]  # equal p-values are accepted together or left together
    if not len(accepted):
        return 0.0
    scale = 10**DIGITS
    middle = math.floor((accepted[-1] + following) / 2 * scale) / scale
    return float(middle) if accepted[-1] <= middle < following else float(accepted[-1])
