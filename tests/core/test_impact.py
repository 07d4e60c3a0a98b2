"""Market impact: the square-root law, and what an order pays for its size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.impact import MOST, impact_share

NAN = float("nan")


@pytest.mark.parametrize(
    ("notional", "share"),
    [
        (100.0, 0.0004),  # 0.04 x sqrt(1e2 / 1e6) = 0.04 x 0.01
        (10_000.0, 0.004),  # a hundred times the size, ten times the impact
        (1_000_000.0, 0.04),  # a whole day's volume: one day's volatility
        (250.0, 0.000632),  # 0.04 x 0.0158114 = 0.00063246, to a hundredth of a basis point
    ],
)
def test_the_impact_is_the_volatility_times_the_root_of_the_share_of_volume(notional: float, share: float) -> None:
    assert impact_share(1.0, 0.04, notional, 1_000_000.0) == share
    assert impact_share(0.5, 0.08, notional, 1_000_000.0) == share


@pytest.mark.parametrize(("volatility", "volume"), [(NAN, 1e6), (0.04, NAN), (0.04, 0.0), (0.0, 1e6)])
def test_an_unknown_volume_or_volatility_has_no_impact(volatility: float, volume: float) -> None:
    assert impact_share(1.0, volatility, 1e5, volume) == 0.0


def test_a_coefficient_of_zero_leaves_it_out() -> None:
    assert impact_share(0.0, 0.04, 1e9, 1e6) == 0.0


def test_a_price_stays_above_zero() -> None:
    assert impact_share(10.0, 3.0, 1e12, 1.0) == MOST < 1


sizes = st.floats(1.0, 1e9)


@given(sizes, sizes, st.floats(0.001, 0.5), st.floats(1e3, 1e11))
def test_the_cost_of_a_unit_never_falls_with_size(one: float, other: float, volatility: float, volume: float) -> None:
    smaller, larger = sorted((one, other))
    assert impact_share(1.0, volatility, smaller, volume) <= impact_share(1.0, volatility, larger, volume)


@given(sizes, st.floats(0.001, 0.5), st.floats(1e3, 1e11))
def test_the_share_is_short_enough_for_decimals(notional: float, volatility: float, volume: float) -> None:
    share = impact_share(1.0, volatility, notional, volume)
    assert math.isclose(share * 1e6, round(share * 1e6), abs_tol=1e-6)
    assert len(repr(share).replace("e-", "").lstrip("0.")) <= 8
