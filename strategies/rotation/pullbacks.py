"""Pullbacks of small caps and the share of them that recovered: the trait `dips_bought` of the supercycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.core.market import Floats
from strategies.decimals import is_at_most


@dataclass(frozen=True, slots=True)
class Pullback:
    """A decided pullback: the sessions of its start and of its decision, and the result."""

    start: int
    end: int
    recovered: bool


def pullbacks(close: Floats, depth: float, within: int) -> list[Pullback]:
    """Find the decided pullbacks of a series of closes, in order.

    A pullback begins on a close `depth` or more under the running high. It is recovered on a close at that high or
    above, at most `within` sessions later. Then the running high begins anew from that close, so that the rallies of a
    bear market have pullbacks of their own.

    Parameters
    ----------
    close : array of float
        Closes by session; NaN where missing.
    depth
        Fall under the running high, as a share in (0, 1).
    within
        Sessions in which the high must be reached again.
    """
    decided, high, start = [], -np.inf, -1
    for session, price in enumerate(close.tolist()):
        if start < 0:
            high = max(high, price)
            if is_at_most(price, high * (1 - depth)):
                start = session
        elif price >= high or session - start >= within:
            decided.append(Pullback(start, session, price >= high))
            # A missing close as the new high would hide every later pullback.
            high, start = (price if price == price else -np.inf), -1
    return decided


def share_recovered(dips: list[Pullback], sessions: int, lookback: int, needed: int) -> Floats:
    """Compute the share of recovered pullbacks by session.

    Parameters
    ----------
    dips
        Decided pullbacks. Counted are those decided by a session that began at most `lookback` sessions before it.
    sessions
        Length of the result.
    needed
        Least number of pullbacks for a share.

    Returns
    -------
    array of float
        Share of 0 to 1; NaN under `needed` pullbacks.
    """
    counted, recovered = np.zeros(sessions + 1), np.zeros(sessions + 1)
    # Each pullback adds 1 where it is decided and takes it away where it leaves the look-back: one sum counts all.
    for dip in dips:
        for total, adds in ((counted, 1), (recovered, int(dip.recovered))):
            total[dip.end] += adds
            total[max(dip.end, min(dip.start + lookback, sessions))] -= adds
    decided = np.cumsum(counted)[:-1]
    return np.where(decided >= needed, np.cumsum(recovered)[:-1] / np.maximum(decided, 1), np.nan)
