"""Text from outside, cleaned for each output."""

from __future__ import annotations

import pytest

from bot.core.text import csv_cell, markdown_cell, printable


def test_printable_text_stays_as_it_is() -> None:
    assert printable("Kauf: 2 BTC, 10% über dem Kurs") == "Kauf: 2 BTC, 10% über dem Kurs"


def test_control_characters_and_direction_marks_become_spaces() -> None:
    """An escape sequence and a right-to-left override, one space each."""
    assert printable("a\x1b[2Jb\u202ec") == "a [2Jb c"


def test_a_character_that_is_kept_stays_and_the_others_become_spaces() -> None:
    assert printable("one\ntwo\tthree", kept="\n") == "one\ntwo three"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "' =1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a\r\n=1+1", "a  =1+1"),
        ("-0.25", "-0.25"),
        ("+1,234.5%", "+1,234.5%"),
        ("-1.5e-07", "-1.5e-07"),
        ("-", "-"),
        ("kill_eth;kill_trail", "kill_eth;kill_trail"),
        ("", ""),
    ],
)
def test_a_csv_cell_is_no_formula_and_a_number_stays_a_number(text: str, cell: str) -> None:
    assert csv_cell(text) == cell


def test_a_markdown_cell_has_neither_markup_nor_a_new_column() -> None:
    assert markdown_cell("a|b <img src=x> [c](http://d) `e` &lt;\n# f") == (
        r"a\|b \<img src=x> \[c\](http://d) \`e\` \&lt; # f"
    )
    assert markdown_cell("entered_eth: 0.5") == "entered_eth: 0.5"
