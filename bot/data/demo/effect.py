"""Drift that the demo market adds after sustained small-cap breakouts."""

import numpy as np

from bot.data.demo.random_paths import Floats

# A sustained breakout by the rule without gates, and the window in which the effect is added.
BASE_SESSIONS, CLOSES_ABOVE, CONFIRM_WITHIN, FLOOR, WINDOW_SESSIONS = 21, 5, 10, 0.97, 63


def sustained_breakouts(close: Floats) -> list[int]:
    """Find the closes that confirm a breakout, by the rule with all gates off.

    Parameters
    ----------
    close
        Small-cap index, one value a session.

    Returns
    -------
    list of int
        Positions in `close`.
    """
    highest_before = np.maximum.accumulate(close)[:-1]
    records = 1 + np.flatnonzero(close[1:] > highest_before)
    confirmations = []
    for breakout in records[np.diff(records, prepend=0) > BASE_SESSIONS]:
        level = highest_before[breakout - 1]
        since = close[breakout : breakout + CONFIRM_WITHIN + 1]
        held = np.logical_and.accumulate(since >= FLOOR * level)
        confirming = np.flatnonzero(held & (np.cumsum(since > level) == CLOSES_ABOVE))[:1]
        confirmations += (breakout + confirming).tolist()
    return confirmations


def effect_path(close: Floats, lead_sessions: int) -> Floats:
    """Return the drift added up to each session, in units of `thesis_strength`.

    Parameters
    ----------
    close
        Small-cap index, one value a session.
    lead_sessions
        Sessions between a confirmation and the start of its window.
    """
    steps, last = np.zeros(len(close)), -WINDOW_SESSIONS
    for confirmed in sustained_breakouts(close):
        if confirmed - last >= WINDOW_SESSIONS:  # windows that overlap do not add
            last, start = confirmed, confirmed + lead_sessions + 1
            steps[start : start + WINDOW_SESSIONS] = 1.0 / WINDOW_SESSIONS
    return np.cumsum(steps)
