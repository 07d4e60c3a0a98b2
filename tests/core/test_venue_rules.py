"""Venue rules: a quantity above the venue's largest order is split into whole steps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.instrument import MAX_PARTS, Instrument, VenueRules

D = Decimal


def rules(most: str | None, step: str = "0.01") -> VenueRules:
    """ETH/USDT with a step and a largest market order."""
    return VenueRules("ETH", "binance", "ETH/USDT", D(step), D("0.01"), None, True, D(step), most and D(most))


@pytest.mark.parametrize(
    ("most", "quantity", "parts"),
    [
        (None, "7", ["7"]),
        ("2", "2", ["2"]),
        ("2", "2.01", ["1.01", "1.00"]),
        ("2.009", "6", ["2.00", "2.00", "2.00"]),
        ("97.09521512", "250", ["83.34", "83.33", "83.33"]),
    ],
)
def test_a_quantity_above_the_largest_order_is_split_evenly(most: str | None, quantity: str, parts: list[str]) -> None:
    assert rules(most).parts(D(quantity)) == [D(part) for part in parts]


def test_a_quantity_of_too_many_parts_is_cut_to_the_most_parts() -> None:
    assert rules("0.5").parts(D(100)) == [D("0.5")] * MAX_PARTS


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_parts_are_whole_steps_within_the_bounds(lots: int, most: int) -> None:
    found = rules(str(D(most) / 100)).parts(D(lots) / 100)
    assert all(0 < part <= D(most) / 100 and part % D("0.01") == 0 for part in found)
    assert max(found) - min(found) <= D("0.01")
    assert sum(found) == D(lots) / 100 or (len(found) == MAX_PARTS and sum(found) < D(lots) / 100)


def test_an_instrument_with_a_negative_smallest_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="min_quantity of ETH must be zero or above"):
        Instrument("ETH", D("0.01"), D("0.01"), D(5), D(0), D(0), D(-1))
