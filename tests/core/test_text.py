"""Text from outside, cleaned for the screen."""

from __future__ import annotations

from bot.core.text import printable


def test_printable_text_stays_as_it_is() -> None:
    assert printable("Kauf: 2 BTC, 10% über dem Kurs") == "Kauf: 2 BTC, 10% über dem Kurs"


def test_control_characters_and_direction_marks_become_spaces() -> None:
    """An escape sequence and a right-to-left override, one space each."""
    assert printable("a\x1b[2Jb\u202ec") == "a [2Jb c"


def test_a_character_that_is_kept_stays_and_the_others_become_spaces() -> None:
    assert printable("one\ntwo\tthree", kept="\n") == "one\ntwo three"
