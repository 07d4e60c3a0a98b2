"""What was not bought is told as what it is: it never happened."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.events import Episode
from bot.review.story.hypothetical import hypothetical, hypothetical_line


def episode(outcome: str, eth_21: float | None, eth_42: float | None = None, eth_63: float | None = None) -> Episode:
    known_at = datetime(2020, 1, 1, 21, tzinfo=UTC)
    returns = {"eth_21": eth_21, "eth_42": eth_42, "eth_63": eth_63}
    nothing = (None, (), None, None, None, ())
    return Episode("breakout", known_at.date(), known_at, 101.0, 100.0, 30, "STABLE", outcome, *nothing, returns)


EPISODES = [
    episode("vetoed", 0.10, 0.20),
    episode("failed", -0.05, -0.30),
    episode("expired", 0.01),
    episode("confirmed", 9.0, 9.0, 9.0),
    episode("ignored", 9.0, 9.0, 9.0),
]


def test_only_what_was_armed_and_never_confirmed_counts() -> None:
    assert hypothetical_line(hypothetical(EPISODES)) == (
        "Hypothetical, never traded: ETH from the open after each of 3 armed breakouts that never confirmed, before "
        "costs. 21 sessions: 2 of 3 up, median +1.0%, \N{MINUS SIGN}5.0% to +10.0%; 42 sessions: 1 of 2 up, "
        "median \N{MINUS SIGN}5.0%, \N{MINUS SIGN}30.0% "
        "to +20.0%."
    )


def test_a_single_one_is_told_without_a_median() -> None:
    assert hypothetical_line(hypothetical(EPISODES[:1])) == (
        "Hypothetical, never traded: ETH from the open after 1 armed breakout that never confirmed, before costs. "
        "21 sessions: +10.0%; 42 sessions: +20.0%."
    )


def test_where_all_were_bought_there_is_nothing_to_tell() -> None:
    assert hypothetical_line(hypothetical(EPISODES[3:])) == ""
