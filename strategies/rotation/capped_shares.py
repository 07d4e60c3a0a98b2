"""Split the altcoin half in proportion to scores, each coin up to a largest share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add

import numpy as np

from bot.core.market import Floats


def capped_shares(scores: Mapping[str, float], largest: float) -> dict[str, float]:
    """Split 1 in proportion to scores, with a largest share.

    The excess of a capped share goes to the others in proportion, repeatedly. The part that cannot be placed stays
    unassigned.

    Parameters
    ----------
    scores
        Positive scores by symbol.
    largest
        Largest share, in (0, 1].

    Returns
    -------
    dict of str to float
        Shares by symbol, sorted; their sum is at most 1.
    """
    shares: dict[str, float] = {}
    free = dict(scores)
    left = 1.0
    while free:
        # Added in order, as `capped_by_day` adds: from Python 3.12 on `sum` rounds otherwise.
        total = reduce(add, free.values())
        over = [symbol for symbol, score in free.items() if left * score / total > largest]
        if not over:
            shares.update({symbol: left * score / total for symbol, score in free.items()})
            break
        for symbol in over:
            shares[symbol] = largest
            left -= largest
            del free[symbol]
    return dict(sorted(shares.items()))


def capped_by_day(scores: Floats, largest: float) -> Floats:
    """Split 1 as `capped_shares` does, on each day, among coins above 0. Scores and shares have shape (coins, days)."""
    shares, left, free = np.zeros(scores.shape), np.ones(scores.shape[1]), scores > 0
    while free.any():
        total = reduce(add, np.where(free, scores, 0.0))
        part = left * scores / np.where(total > 0, total, 1.0)
        over = free & (part > largest)
        last = free & ~over.any(axis=0)
        shares = np.where(over, largest, np.where(last, part, shares))
        for is_capped in over:
            left = np.where(is_capped, left - largest, left)
        free &= ~over & ~last
    return shares
