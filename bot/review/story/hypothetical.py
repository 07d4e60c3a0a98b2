"""Hypothetical returns of ETH after armed breakouts that failed, expired or were vetoed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from bot.core.events import Episode
from bot.core.plural import counted
from bot.report import numbers

HORIZONS = (21, 42, 63)
"""Sessions after which an episode's returns are read."""
UNBOUGHT = ("vetoed", "failed", "expired")
"""The outcomes of armed breakouts that were never confirmed."""


@dataclass(frozen=True, slots=True)
class Held:
    """Returns of ETH over some sessions after episodes, as shares; figures are set if a return is known."""

    sessions: int
    episodes: int
    gains: int
    mean: float | None
    median: float | None
    best: float | None
    worst: float | None


def hypothetical(episodes: Iterable[Episode]) -> list[Held]:
    """Summarize the returns of ETH after the armed breakouts that failed, expired or were vetoed.

    Parameters
    ----------
    episodes
        Episodes of a backtest. Their returns are simple, from the open after the breakout, before costs.

    Returns
    -------
    list
        One summary for each of `HORIZONS`.
    """
    unbought = [episode for episode in episodes if episode.outcome in UNBOUGHT]
    return [_held(unbought, sessions) for sessions in HORIZONS]


def _held(episodes: Sequence[Episode], sessions: int) -> Held:
    # The key is that of the ledger, whatever coin takes the role of ETH.
    found = [made for one in episodes if (made := one.returns.get(f"eth_{sessions}")) is not None]
    if not found:
        return Held(sessions, 0, 0, None, None, None, None)
    gains = sum(made > 0 for made in found)
    return Held(sessions, len(found), gains, mean(found), median(found), max(found), min(found))


def hypothetical_line(held: Sequence[Held], eth: str = "ETH") -> str:
    """Format the returns as one sentence that begins with "Hypothetical"; empty if all returns are unknown."""
    known = [one for one in held if one.episodes]
    if not known:
        return ""
    several = known[0].episodes > 1
    spans = "; ".join(f"{counted(one.sessions, 'session')}: {_span(one)}" for one in known)
    return (
        f"Hypothetical, never traded: {eth} from the open after {'each of ' if several else ''}"
        f"{counted(known[0].episodes, 'armed breakout')} that never confirmed, before costs. {spans}."
    )


def _span(held: Held) -> str:
    if held.episodes == 1:
        return numbers.growth(held.best)
    up = f"{held.gains} of {held.episodes} up"
    return f"{up}, median {numbers.growth(held.median)}, {numbers.growth(held.worst)} to {numbers.growth(held.best)}"
