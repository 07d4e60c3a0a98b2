"""Waiting times of the prospective verdict's looks, from planted worlds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.core.market import Floats


def sessions_to_look(
    waits: Sequence[Sequence[int]], look: int, so_far: int = 0, since_last: int = 0, horizon: int = 0
) -> Floats:
    """Return the sessions until a look, in every world that has gone as far.

    Parameters
    ----------
    waits
        Sessions from the plan's date to each counted episode, by world.
    look
        Counted episodes of the look.
    so_far
        Episodes counted since the plan's date.
    since_last
        Sessions since the last of them, or since the date.
    horizon
        Sessions from the last episode to the look, when its outcome is known.

    Returns
    -------
    array of float
        Ascending; infinite where a world ends before the look. Empty if all worlds went on earlier.
    """
    if so_far >= look:
        return np.zeros(0)
    found = []
    for world in waits:
        if len(world) < so_far:
            continue
        begin = world[so_far - 1] if so_far else 0
        following = world[so_far] if len(world) > so_far else np.inf
        if following - begin > since_last:
            found.append(world[look - 1] - begin - since_last + horizon if len(world) >= look else np.inf)
    return np.sort(np.array(found, float))


def wait_quantiles(sessions: Floats, shares: Sequence[float] = (0.05, 0.5, 0.95)) -> list[float]:
    """Return quantiles of the sessions to a look; infinite where many worlds end before it."""
    if not len(sessions):
        return []
    return [float(np.quantile(sessions, share, method="lower")) for share in shares]
