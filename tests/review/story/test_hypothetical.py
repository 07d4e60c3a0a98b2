"""What was not bought is told as what it is: it never happened."""

from __future__ import annotations

from bot.review.story.hypothetical import hypothetical, hypothetical_line

EPISODES = [
    {"outcome": "vetoed", "eth_21": 0.10, "eth_42": 0.20, "eth_63": ""},
    {"outcome": "failed", "eth_21": -0.05, "eth_42": -0.30, "eth_63": ""},
    {"outcome": "expired", "eth_21": 0.01, "eth_42": "", "eth_63": None},
    {"outcome": "confirmed", "eth_21": 9.0, "eth_42": 9.0, "eth_63": 9.0},
    {"outcome": "ignored", "eth_21": 9.0, "eth_42": 9.0, "eth_63": 9.0},
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
