"""New names of renamed coins, over several renamings."""

from __future__ import annotations

from decimal import Decimal as D

from bot.core.new_names import NewNames


def twice_renamed() -> NewNames:
    """A became ten B, and each B a quarter of a C."""
    names = NewNames()
    names.note("A", "B", D(10))
    names.note("B", "C", D("0.25"))
    return names


def test_the_newest_name_comes_with_the_units_of_one_old_unit() -> None:
    assert twice_renamed().newest("A") == ("C", D("2.5"))
    assert twice_renamed().newest("B") == ("C", D("0.25"))
    assert twice_renamed().newest("D") == ("D", D(1))


def test_weights_of_old_and_new_names_add_up() -> None:
    weights = {"A": D("0.2"), "C": D("0.1"), "D": D("0.3")}
    assert twice_renamed().of_weights(weights) == {"C": D("0.3"), "D": D("0.3")}
    assert NewNames().of_weights(weights) is weights


def test_a_fork_learns_nothing_from_its_origin() -> None:
    names = NewNames()
    other = names.fork()
    assert names == other and not other
    names.note("A", "B", D(1))
    assert names != other and other.newest("A") == ("A", D(1))
