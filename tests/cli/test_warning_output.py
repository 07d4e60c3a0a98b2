"""Warnings of a run on the terminal."""

from __future__ import annotations

from bot.cli.warning_output import warning_lines

MANY = ["one is long and has 2024-01-02 at its end", "two", "three", "four"]


def test_three_warnings_at_most_are_shown_and_the_heading_says_how_to_see_the_others() -> None:
    lines = warning_lines(MANY, 40, every=False, rest="all with --warnings")
    assert lines == [
        "3 of 4 warnings; all with --warnings:",
        "- one is long and has 2024-01-02 at its",  # a date is in one piece
        "  end",
        "- two",
        "- three",
    ]


def test_every_warning_is_shown_on_request_and_without_a_cut() -> None:
    assert warning_lines(MANY, 80, every=True, rest="")[0] == "4 warnings:"
    assert warning_lines(["one"], 80, every=False, rest="") == ["1 warning:", "- one"]
    assert warning_lines([], 80, every=False, rest="") == []
    assert len(warning_lines(MANY, 80, every=True, rest="")) == 5
