"""Tests of superior predictive ability: does any of several return series beat another?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats
from bot.study.redrawn import block_length


@dataclass(frozen=True, slots=True)
class Superiority:
    """Result of one direction of the test.

    Attributes
    ----------
    p
        Hansen's consistent p-value of the hypothesis that no difference has a mean above 0.
    p_lower, p_upper
        Bounds of it: from the liberal to the conservative choice of the null's mean.
    superior
        Names of the series with a mean above 0 by StepM, at a familywise error of the level.
    """

    p: float
    p_lower: float
    p_upper: float
    superior: tuple[str, ...]


def superior(differences: Mapping[str, Floats], draws: int, seed: int, block: int, level: float = 0.05) -> Superiority:
    """Test whether any of several daily differences of return has a mean above 0.

    SPA compares max(max_k sqrt(T) mean(d_k) / sd_k, 0) with the consistent choice of the null's means (Hansen 2005, A
    test for superior predictive ability). StepM rejects the largest studentised means step by step (Romano, Wolf 2005,
    Stepwise multiple testing as formalized data snooping). Both draw blocks by the stationary bootstrap (Politis,
    Romano 1994).

    Parameters
    ----------
    differences
        Daily return less that of the other side by name, each of shape (T,) and not constant.
    draws
        Number of bootstrap draws.
    seed
        Seed of the draws.
    block
        Mean length of a block, in days.
    level
        Familywise error of StepM.
    """
    from arch.bootstrap import SPA

    # The library compares losses: a model beats the benchmark if its loss is lower.
    names = list(differences)
    losses = -np.column_stack([differences[name] for name in names])
    spa = SPA(np.zeros(len(losses)), losses, block_size=block, reps=draws, seed=seed)
    spa.compute()
    found = dict(spa.pvalues)
    chosen: list[int] = []
    # The library's own StepM fails where the last series is rejected in a later step: nothing is left to compare.
    while len(chosen) < len(names) and len(better := spa.better_models(level)):
        chosen += [int(column) for column in better]
        left = np.ones(len(names), bool)
        left[chosen] = False
        if left.any():
            spa.subset(left)
            spa.compute()
    superior_names = tuple(names[column] for column in sorted(chosen))
    return Superiority(float(found["consistent"]), float(found["lower"]), float(found["upper"]), superior_names)


def longest_block(differences: Mapping[str, Floats]) -> int:
    """Return the largest of the mean block lengths of some series, in whole days (Politis, White 2004)."""
    return max(math.ceil(block_length(values)) for values in differences.values())
