"""Waiting times of the prospective verdict's looks, from synthetic worlds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.core.market import Floats


def sessions_to_look(waits: Sequence[Sequence[int]], look: int, horizon: int) -> Floats:
    """Return the sessions from the plan's date to a look, in every world.

    Parameters
    ----------
    waits
        Sessions from the plan's date to each counted episode, by world.
    look
        Counted episodes of the look.
    horizon
        Sessions from an episode until its outcome is known.

    Returns
    -------
    array of float
        Ascending; infinite where a world ends before the look.
    """
    return np.sort(np.array([world[look - 1] + horizon if len(world) >= look else np.inf for world in waits], float))


def wait_quantiles(sessions: Floats, shares: Sequence[float] = (0.05, 0.5, 0.95)) -> list[float]:
    """Return quantiles of the sessions to a look; infinite where many worlds end before it."""
    return [float(np.quantile(sessions, share, method="lower")) for share in shares]
