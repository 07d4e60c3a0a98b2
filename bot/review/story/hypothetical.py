"""Hypothetical: what the breakouts that nobody bought would have made in ETH."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from bot.report import numbers
from bot.report.numbers import counted

HORIZONS = (21, 42, 63)
"""Sessions after which an episode's returns are read."""
UNBOUGHT = ("vetoed", "failed", "expired")
"""The outcomes of armed breakouts that were never confirmed."""


@dataclass(frozen=True, slots=True)
class Held:
    """What ETH made over some sessions after a number of episodes; all None or 0 where no return is known."""

    sessions: int
    episodes: int
    gains: int
    mean: float | None
    median: float | None
    best: float | None
    worst: float | None


def hypothetical(episodes: Iterable[Mapping[str, Any]]) -> list[Held]:
    """What ETH made from the open after each armed breakout that was not bought, by horizon, without costs."""
    unbought = [episode for episode in episodes if episode.get("outcome") in UNBOUGHT]
    return [_held(unbought, n) for n in HORIZONS]


def _held(episodes: list[Mapping[str, Any]], sessions: int) -> Held:
    found = [told for episode in episodes if (told := _return(episode, sessions)) is not None]
    if not found:
        return Held(sessions, 0, 0, None, None, None, None)
    gains = sum(told > 0 for told in found)
    return Held(sessions, len(found), gains, mean(found), median(found), max(found), min(found))


def _return(episode: Mapping[str, Any], sessions: int) -> float | None:
    told = episode.get(f"eth_{sessions}")
    return None if told is None or told == "" else float(told)


def hypothetical_line(held: list[Held], eth: str = "ETH") -> str:
    """The whole as one sentence that says what it is; empty where there is nothing to tell."""
    known = [one for one in held if one.episodes]
    if not known:
        return ""
    several = known[0].episodes > 1
    spans = "; ".join(f"{one.sessions} sessions: {_span(one)}" for one in known)
    return (
        f"Hypothetical, never traded: {eth} from the open after {'each of ' if several else ''}"
        f"{counted(known[0].episodes, 'armed breakout')} that never confirmed, before costs. {spans}."
    )


def _span(held: Held) -> str:
    if held.episodes == 1:
        return numbers.growth(held.best)
    up = f"{held.gains} of {held.episodes} up"
    return f"{up}, median {numbers.growth(held.median)}, {numbers.growth(held.worst)} to {numbers.growth(held.best)}"
