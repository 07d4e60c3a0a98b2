"""Comparisons as decimals: products and differences of decimals that binary floats miss by their last digit."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from strategies.decimals import difference, is_above, is_at_least, is_at_most, is_below

NAN = float("nan")


def test_some_products_are_beside_their_decimal() -> None:
    """The positive control: without such products the tests below would prove little."""
    beside = [p for p in range(1, 2000) if float(Decimal(p) / 10 * Decimal("0.97")) != p / 10 * 0.97]
    assert len(beside) > 300


@pytest.mark.parametrize("share", [0.97, 0.93, 0.75, 0.9, 0.98])
def test_a_value_at_the_product_is_at_it_and_a_tenth_digit_off_is_not(share: float) -> None:
    for tenths in range(1, 40_000, 7):
        exact = Decimal(tenths) / 10 * Decimal(repr(share))
        value, limit = float(exact), tenths / 10 * share
        assert (is_above(value, limit), is_below(value, limit)) == (False, False)
        assert (is_at_least(value, limit), is_at_most(value, limit)) == (True, True)
        higher = float(exact * (1 + Decimal("1e-10")))
        assert (is_above(higher, limit), is_below(higher, limit), is_at_most(higher, limit)) == (True, False, False)


def test_a_missing_number_compares_as_false() -> None:
    for compare in (is_above, is_below, is_at_least, is_at_most):
        assert not compare(NAN, 1.0)
        assert not compare(1.0, NAN)
        assert compare(np.array([NAN, 1.0]), np.array([1.0, NAN])).tolist() == [False, False]


def test_arrays_are_compared_row_by_row() -> None:
    values, limits = np.array([0.1 + 0.2, 0.3, 0.4]), np.array([0.3, 0.1 * 3, 0.3])
    assert is_above(values, limits).tolist() == [False, False, True]
    assert is_at_most(values, 0.3).tolist() == [True, True, False]


def test_a_difference_is_the_decimal_that_it_stands_for() -> None:
    a, b = np.array([4.10, 6_100_000.3, NAN]), np.array([3.35, 6_100_000.1, 1.0])
    assert difference(a, b)[:2].tolist() == [0.75, 0.2]
    assert np.isnan(difference(a, b)[2])
